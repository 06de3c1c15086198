/* SUB on int8: both inputs are brought to one fine scale, subtracted, and scaled to the output. */
#ifndef TFK_SUB_H
#define TFK_SUB_H

#include <stdint.h>

#include "broadcast.h"
#include "requantize.h"

/* Shifts go right, 0 .. 31. */
typedef struct {
    int32_t a_zero_point, a_multiplier, a_shift;
    int32_t b_zero_point, b_multiplier, b_shift;
    int32_t output_zero_point, output_multiplier, output_shift;
    int32_t activation_min, activation_max; /* within -128 .. 127 */
    int32_t sign;                           /* 1: a - b; -1: b - a */
    TFK_BROADCAST_AXES;
} tfk_sub_params;

/* An input on the fine scale, 20 bits up. One of the two has the larger scale, and half of it is exact. */
static inline int32_t tfk_sub_term(int32_t value, int32_t zero_point, int32_t multiplier, int32_t shift)
{
    if (multiplier == (int32_t)1 << 30 && shift == 0) {
        return (value - zero_point) * ((int32_t)1 << 19);
    }
    const int32_t fine = (value - zero_point) * ((int32_t)1 << 20);
    return tfk_rounding_shift_right_30(tfk_doubling_high_mul_29(fine, multiplier), shift);
}

static inline int8_t tfk_sub_element(const tfk_sub_params *p, int32_t a, int32_t b)
{
    const int32_t fine_a = tfk_sub_term(a, p->a_zero_point, p->a_multiplier, p->a_shift);
    const int32_t fine_b = tfk_sub_term(b, p->b_zero_point, p->b_multiplier, p->b_shift);
    const int32_t difference = (fine_a - fine_b) * p->sign;
    const int32_t scaled =
        tfk_rounding_shift_right_30(tfk_doubling_high_mul_29(difference, p->output_multiplier), p->output_shift);
    return (int8_t)tfk_clamp(scaled + p->output_zero_point, p->activation_min, p->activation_max);
}

/* a, b, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_sub)

#endif
