/* SQUARED_DIFFERENCE on int8: both inputs on one finer scale, subtracted, squared, scaled to the output. */
#ifndef TFK_SQUARED_DIFFERENCE_H
#define TFK_SQUARED_DIFFERENCE_H

#include <stdint.h>

#include "broadcast.h"
#include "requantize.h"

typedef struct {
    int32_t a_zero_point, a_multiplier, a_shift; /* shift goes right, 0 .. 31 */
    int32_t b_zero_point, b_multiplier, b_shift; /* the same */
    int32_t output_zero_point;
    int32_t output_multiplier, output_shift; /* see tfk_requantize */
    TFK_BROADCAST_AXES;
} tfk_squared_difference_params;

/* An input on the fine scale, 7 bits up. */
static inline int32_t tfk_squared_difference_term(int32_t value, int32_t zero_point, int32_t multiplier,
                                                  int32_t shift)
{
    const int32_t fine = (value - zero_point) * ((int32_t)1 << 7);
    return tfk_rounding_shift_right(tfk_doubling_high_mul(fine, multiplier), shift);
}

static inline int8_t tfk_squared_difference_element(const tfk_squared_difference_params *p, int32_t a, int32_t b)
{
    const int32_t fine_a = tfk_squared_difference_term(a, p->a_zero_point, p->a_multiplier, p->a_shift);
    const int32_t fine_b = tfk_squared_difference_term(b, p->b_zero_point, p->b_multiplier, p->b_shift);
    const int32_t difference = fine_a - fine_b;
    return tfk_output_any_s8(difference * difference, p->output_multiplier, p->output_shift, p->output_zero_point,
                             -128, 127);
}

/* a, b, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_squared_difference)

#endif
