/* Constants of mini_pfld: 4,840 bytes. Written by tinyface. */
#ifndef TINYFACE_MINI_PFLD_DATA_H_INCLUDED
#define TINYFACE_MINI_PFLD_DATA_H_INCLUDED

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const uint8_t mini_pfld_00_weights[96];
extern const int32_t mini_pfld_00_rows[40];
extern const uint8_t mini_pfld_01_weights[128];
extern const int32_t mini_pfld_01_rows[80];
extern const int8_t mini_pfld_02_weights[144];
extern const int32_t mini_pfld_02_rows[80];
extern const uint8_t mini_pfld_03_weights[128];
extern const int32_t mini_pfld_03_rows[24];
extern const uint8_t mini_pfld_05_weights[128];
extern const int32_t mini_pfld_05_rows[80];
extern const int8_t mini_pfld_06_weights[144];
extern const int32_t mini_pfld_06_rows[80];
extern const uint8_t mini_pfld_07_weights[128];
extern const int32_t mini_pfld_07_rows[24];
extern const uint8_t mini_pfld_08_weights[576];
extern const int32_t mini_pfld_08_rows[24];
extern const uint8_t mini_pfld_09_weights[720];
extern const int32_t mini_pfld_09_rows[30];
extern const uint8_t mini_pfld_16_weights[560];
extern const int32_t mini_pfld_16_rows[60];

#ifdef __cplusplus
}
#endif
#endif
