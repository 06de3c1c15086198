/* mini_pfld: sizes that are known when your program is compiled. The model itself is
 * `tinyface_model_main` (tinyface/engine.h). */
#ifndef TINYFACE_MODEL_H
#define TINYFACE_MODEL_H

#include "tinyface/engine.h"

/* Starts an array at a multiple of 16 bytes, as the arena and the constants need it. */
#if defined(__GNUC__)
#define TINYFACE_ALIGN16 __attribute__((aligned(16)))
#elif defined(_MSC_VER)
#define TINYFACE_ALIGN16 __declspec(align(16))
#elif defined(__cplusplus)
#define TINYFACE_ALIGN16 alignas(16)
#else
#define TINYFACE_ALIGN16 _Alignas(16)
#endif

#define TINYFACE_MODEL_ARENA_BYTES 4000u
#define TINYFACE_MODEL_INPUTS 1
#define TINYFACE_MODEL_OUTPUTS 1
#define TINYFACE_MODEL_INPUT_0_BYTES 576u /* int8_t [1, 24, 24, 1] tensor_0 */
#define TINYFACE_MODEL_OUTPUT_0_BYTES 20u /* int8_t [1, 20] tensor_42 */

#endif
