/* ADD on int8: both inputs are brought to one fine scale, added, and scaled to the output. */
#ifndef TFK_ADD_H
#define TFK_ADD_H

#include <stdint.h>

#include "requantize.h"

/* What both kernels know about the numbers. Shifts go right, 0 .. 31. */
#define TFK_ADD_SCALES                                        \
    int32_t a_zero_point, a_multiplier, a_shift;              \
    int32_t b_zero_point, b_multiplier, b_shift;              \
    int32_t output_zero_point, output_multiplier, output_shift; \
    int32_t activation_min, activation_max

typedef struct {
    TFK_ADD_SCALES;
    int32_t elements;
} tfk_add_params;

typedef struct {
    TFK_ADD_SCALES;
    int32_t size[4];                  /* nested loops, outermost first */
    int32_t a_stride[4], b_stride[4]; /* elements from one step of a loop to the next, 0 repeats */
} tfk_add_broadcast_params;

enum { TFK_ADD_LEFT_SHIFT = 20 };

/* An input on the fine scale, below 2^28. One of the two has the larger scale, and half of it is exact. */
static inline int32_t tfk_add_term(int32_t value, int32_t zero_point, int32_t multiplier, int32_t shift)
{
    if (multiplier == (int32_t)1 << 30 && shift == 0) {
        return (value - zero_point) * ((int32_t)1 << (TFK_ADD_LEFT_SHIFT - 1));
    }
    const int32_t fine = (value - zero_point) * ((int32_t)1 << TFK_ADD_LEFT_SHIFT);
    return tfk_rounding_shift_right_30(tfk_doubling_high_mul_29(fine, multiplier), shift);
}

/* a, b, output: int8 [elements]; output may be a or b. */
static inline void tfk_add_s8(const tfk_add_params *p, const int8_t *a, const int8_t *b, int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        const int32_t sum = tfk_add_term(a[i], p->a_zero_point, p->a_multiplier, p->a_shift) +
                            tfk_add_term(b[i], p->b_zero_point, p->b_multiplier, p->b_shift);
        const int32_t scaled =
            tfk_rounding_shift_right_30(tfk_doubling_high_mul_29(sum, p->output_multiplier), p->output_shift);
        output[i] = (int8_t)tfk_clamp(scaled + p->output_zero_point, p->activation_min, p->activation_max);
    }
}

/* output: int8 [size]; a and b have the elements that their strides reach. */
static inline void tfk_add_broadcast_s8(const tfk_add_broadcast_params *p, const int8_t *a, const int8_t *b,
                                        int8_t *output)
{
    for (int32_t i = 0; i < p->size[0]; i++) {
        for (int32_t j = 0; j < p->size[1]; j++) {
            for (int32_t k = 0; k < p->size[2]; k++) {
                const int8_t *from_a = a + i * p->a_stride[0] + j * p->a_stride[1] + k * p->a_stride[2];
                const int8_t *from_b = b + i * p->b_stride[0] + j * p->b_stride[1] + k * p->b_stride[2];
                for (int32_t l = 0; l < p->size[3]; l++) {
                    const int32_t sum = tfk_add_term(from_a[l * p->a_stride[3]], p->a_zero_point, p->a_multiplier,
                                                     p->a_shift) +
                                        tfk_add_term(from_b[l * p->b_stride[3]], p->b_zero_point, p->b_multiplier,
                                                     p->b_shift);
                    const int32_t scaled =
                        tfk_rounding_shift_right_30(tfk_doubling_high_mul_29(sum, p->output_multiplier), p->output_shift);
                    *output++ = (int8_t)tfk_clamp(scaled + p->output_zero_point, p->activation_min,
                                                  p->activation_max);
                }
            }
        }
    }
}

#endif
