/* mini_pfld: sizes that are known when your program is compiled. The model itself is
 * `tinyface_mini_pfld_model` (tinyface/engine.h). */
#if defined TINYFACE_MINI_PFLD_MODEL_H_INCLUDED && !defined TINYFACE_MINI_PFLD_IS_1d3d1e86c2f6b5d7
#error "two different models are named tinyface_mini_pfld: rename the .tflite file of one and generate it again"
#endif
#ifndef TINYFACE_MINI_PFLD_MODEL_H_INCLUDED
#define TINYFACE_MINI_PFLD_MODEL_H_INCLUDED
#define TINYFACE_MINI_PFLD_IS_1d3d1e86c2f6b5d7

#include "tinyface/engine.h"

#define TINYFACE_MINI_PFLD_ARENA_BYTES 4000u
#define TINYFACE_MINI_PFLD_INPUTS 1
#define TINYFACE_MINI_PFLD_OUTPUTS 1
#define TINYFACE_MINI_PFLD_INPUT_0_BYTES 576u /* int8_t [1, 24, 24, 1] tensor_0 */
#define TINYFACE_MINI_PFLD_OUTPUT_0_BYTES 20u /* int8_t [1, 20] tensor_42 */

#ifdef __cplusplus
extern "C" {
#endif

extern const tinyface_model tinyface_mini_pfld_model;

#ifdef __cplusplus
}
#endif
#endif
