/* MUL on int8 without wide products: the product of the steps becomes an output as tfk_output_signed_s8 does it. */
#ifndef TFK_MUL_SIGNED_H
#define TFK_MUL_SIGNED_H

#include <stdint.h>

#include "broadcast.h"
#include "requantize.h"

typedef struct {
    int32_t a_zero_point, b_zero_point;       /* -128 .. 127 */
    int32_t least, most;                      /* limits of the product, which has at most 17 bits */
    int32_t high, low;                        /* the slope: see codegen/numerics/signed_table_form.py */
    int32_t plus, minus;                      /* the constants from 0 on and below 0 */
    TFK_BROADCAST_AXES;
} tfk_mul_signed_params;

static inline int8_t tfk_mul_signed_element(const tfk_mul_signed_params *p, int32_t a, int32_t b)
{
    const int32_t product = tfk_clamp((a - p->a_zero_point) * (b - p->b_zero_point), p->least, p->most);
    const uint32_t sum = (uint32_t)product * (uint32_t)p->high + (uint32_t)((product * p->low) >> 11);
    return (int8_t)((int32_t)(sum + (uint32_t)(product < 0 ? p->minus : p->plus)) >> 24);
}

/* a, b, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_mul_signed)

#endif
