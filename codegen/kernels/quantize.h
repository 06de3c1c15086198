/* QUANTIZE: int8 of one scale to int8 or int16 of another, element by element. */
#ifndef TFK_QUANTIZE_H
#define TFK_QUANTIZE_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t elements;
    int32_t input_zero_point;  /* -128 .. 127 */
    int32_t output_zero_point; /* within the output's type */
    int32_t multiplier, shift; /* see tfk_requantize */
} tfk_quantize_params;

static inline int32_t tfk_quantize_value(const tfk_quantize_params *p, int32_t value)
{
    return tfk_requantize(value - p->input_zero_point, p->multiplier, p->shift) + p->output_zero_point;
}

/* input, output: int8 [elements]; output may be the input. */
static inline void tfk_quantize_s8_s8(const tfk_quantize_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = (int8_t)tfk_clamp(tfk_quantize_value(p, input[i]), -128, 127);
    }
}

/* input: int8, output: int16 [elements]. */
static inline void tfk_quantize_s8_s16(const tfk_quantize_params *p, const int8_t *input, int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = (int16_t)tfk_clamp(tfk_quantize_value(p, input[i]), -32768, 32767);
    }
}

#endif
