/* MUL on int8: the product of the steps from the zero points, scaled to the output. */
#ifndef TFK_MUL_H
#define TFK_MUL_H

#include <stdint.h>

#include "broadcast.h"
#include "requantize.h"

typedef struct {
    int32_t a_zero_point, b_zero_point, output_zero_point; /* -128 .. 127 */
    int32_t multiplier, shift;                             /* see tfk_requantize */
    int32_t activation_min, activation_max;                /* within -128 .. 127 */
    TFK_BROADCAST_AXES;
} tfk_mul_params;

static inline int8_t tfk_mul_element(const tfk_mul_params *p, int32_t a, int32_t b)
{
    const int32_t product = (a - p->a_zero_point) * (b - p->b_zero_point);
    return tfk_output_any_s8(product, p->multiplier, p->shift, p->output_zero_point, p->activation_min,
                             p->activation_max);
}

/* a, b, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_mul)

#endif
