/* FULLY_CONNECTED on int8: a matrix of weights [units, depth] times input vectors [batches, depth].
 *
 * The output may lie over input that is read already (codegen/ops/access_order.py). */
#ifndef TFK_FULLY_CONNECTED_H
#define TFK_FULLY_CONNECTED_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t batches, depth, units;
    int32_t output_zero_point;              /* -128 .. 127 */
    int32_t activation_min, activation_max; /* within -128 .. 127 */
    int32_t multiplier, shift;              /* of all units, right shift - 1; 0 where each has its own */
} tfk_fully_connected_params;

/* bias + vector . weights. vector, weights: int8 [depth]. */
static inline int32_t tfk_fully_connected_sum(const int8_t *vector, const int8_t *weights, int32_t depth,
                                              int32_t bias)
{
    int32_t sum = bias;
    for (int32_t i = 0; i < depth; i++) {
        sum += vector[i] * weights[i];
    }
    return sum;
}

/* One multiplier for all units.
 * bias: int32 [units], minus input zero point times the sum of the unit's weights.
 * output: int8 [batches, units]. */
static inline void tfk_fully_connected_s8(const tfk_fully_connected_params *p, const int8_t *input,
                                          const int8_t *weights, const int32_t *bias, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++, input += p->depth) {
        for (int32_t u = 0; u < p->units; u++) {
            const int32_t sum = tfk_fully_connected_sum(input, weights + u * p->depth, p->depth, bias[u]);
            *output++ = tfk_output_s8(sum, p->multiplier, p->shift, p->output_zero_point, p->activation_min,
                                      p->activation_max);
        }
    }
}

/* One multiplier a unit. multiplier: int32, shift: int8 [units], right shift - 1; the rest as above. */
static inline void tfk_fully_connected_per_unit_s8(const tfk_fully_connected_params *p, const int8_t *input,
                                                   const int8_t *weights, const int32_t *bias,
                                                   const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++, input += p->depth) {
        for (int32_t u = 0; u < p->units; u++) {
            const int32_t sum = tfk_fully_connected_sum(input, weights + u * p->depth, p->depth, bias[u]);
            *output++ = tfk_output_s8(sum, multiplier[u], shift[u], p->output_zero_point, p->activation_min,
                                      p->activation_max);
        }
    }
}

/* The plain kernel: one multiplier a unit, any shift (see tfk_requantize). */
static inline void tfk_fully_connected_reference_s8(const tfk_fully_connected_params *p, const int8_t *input,
                                                    const int8_t *weights, const int32_t *bias,
                                                    const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++, input += p->depth) {
        for (int32_t u = 0; u < p->units; u++) {
            const int32_t sum = tfk_fully_connected_sum(input, weights + u * p->depth, p->depth, bias[u]);
            *output++ = tfk_output_any_s8(sum, multiplier[u], shift[u], p->output_zero_point, p->activation_min,
                                          p->activation_max);
        }
    }
}

#endif
