/* Constants of mini_pfld: 3,924 bytes. Written by tinyface. */
#ifndef TINYFACE_MODEL_DATA_H
#define TINYFACE_MODEL_DATA_H

#include <stdint.h>

extern const int8_t mini_pfld_00_weights[72];
extern const int32_t mini_pfld_00_bias[8];
extern const int32_t mini_pfld_00_multiplier[8];
extern const int8_t mini_pfld_00_shift[8];
extern const int8_t mini_pfld_01_weights[128];
extern const int32_t mini_pfld_01_bias[16];
extern const int32_t mini_pfld_01_multiplier[16];
extern const int8_t mini_pfld_01_shift[16];
extern const int8_t mini_pfld_02_weights[144];
extern const int32_t mini_pfld_02_bias[16];
extern const int32_t mini_pfld_02_multiplier[16];
extern const int8_t mini_pfld_02_shift[16];
extern const int8_t mini_pfld_03_weights[128];
extern const int32_t mini_pfld_03_bias[8];
extern const int32_t mini_pfld_03_multiplier[8];
extern const int8_t mini_pfld_03_shift[8];
extern const int8_t mini_pfld_05_weights[128];
extern const int32_t mini_pfld_05_bias[16];
extern const int32_t mini_pfld_05_multiplier[16];
extern const int8_t mini_pfld_05_shift[16];
extern const int8_t mini_pfld_06_weights[144];
extern const int32_t mini_pfld_06_bias[16];
extern const int32_t mini_pfld_06_multiplier[16];
extern const int8_t mini_pfld_06_shift[16];
extern const int8_t mini_pfld_07_weights[128];
extern const int32_t mini_pfld_07_bias[8];
extern const int32_t mini_pfld_07_multiplier[8];
extern const int8_t mini_pfld_07_shift[8];
extern const int8_t mini_pfld_08_weights[576];
extern const int32_t mini_pfld_08_bias[8];
extern const int32_t mini_pfld_08_multiplier[8];
extern const int8_t mini_pfld_08_shift[8];
extern const int8_t mini_pfld_09_weights[864];
extern const int32_t mini_pfld_09_bias[12];
extern const int32_t mini_pfld_09_multiplier[12];
extern const int8_t mini_pfld_09_shift[12];
extern const int8_t mini_pfld_16_weights[560];
extern const int32_t mini_pfld_16_bias[20];

#endif
