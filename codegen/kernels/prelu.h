/* PRELU on int8: values below zero are multiplied with a slope. */
#ifndef TFK_PRELU_H
#define TFK_PRELU_H

#include <stdint.h>

#include "broadcast.h"
#include "requantize.h"

typedef struct {
    int32_t input_zero_point, slope_zero_point, output_zero_point; /* -128 .. 127 */
    int32_t multiplier, shift;                                     /* of values above zero, see tfk_requantize */
    int32_t slope_multiplier, slope_shift;                         /* of products with a slope */
    TFK_BROADCAST_AXES;
} tfk_prelu_params;

static inline int8_t tfk_prelu_element(const tfk_prelu_params *p, int32_t value, int32_t slope)
{
    const int32_t steps = value - p->input_zero_point;
    if (steps >= 0) {
        return tfk_output_any_s8(steps, p->multiplier, p->shift, p->output_zero_point, -128, 127);
    }
    return tfk_output_any_s8(steps * (slope - p->slope_zero_point), p->slope_multiplier, p->slope_shift,
                             p->output_zero_point, -128, 127);
}

/* input, slopes, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_prelu)

#endif
