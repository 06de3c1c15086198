/* FULLY_CONNECTED on int8: a matrix of weights [units, depth] times input vectors [batches, depth].
 *
 * The output may lie over input that is read already (codegen/kernels/fully_connected.py). */
#ifndef TFK_FULLY_CONNECTED_H
#define TFK_FULLY_CONNECTED_H

#include <stdint.h>

#include "patch_products.h"
#include "requantize.h"

typedef struct {
    int32_t batches, depth, units;
    int32_t output_zero_point;              /* -128 .. 127 */
    int32_t activation_min, activation_max; /* within -128 .. 127 */
    int32_t row; /* TFK_TABLE_ROW or TFK_SCALED_ROW; the plain kernel has tables of its own */
} tfk_fully_connected_params;

/* Two units at a time share the loads of the vector.
 * input: int8 [batches, depth]; weights: uint8, packed as in patch_products.h: 128 is added to each, and
 *     sum of (x - zero point) * w = sum of x * W - 128 * sum of x - zero point * sum of w;
 * rows: int32 [units, row], biases minus zero point * sum of w; output: int8 [batches, units]. */
static inline void tfk_fully_connected_s8(const tfk_fully_connected_params *p, const int8_t *input,
                                          const uint8_t *weights, const int32_t *rows, int8_t *output)
{
    const tfk_patch_products products = {p->depth, p->units, p->row, p->output_zero_point, p->activation_min,
                                         p->activation_max};
    const int32_t gap = 2 * (tfk_packed_depth(p->depth) - p->depth);
    for (int32_t b = 0; b < p->batches; b++, input += p->depth) {
        const uint8_t *pair = weights;
        const int32_t *row = rows;
        int32_t offset = 0;
        for (int32_t i = 0; i < p->depth; i++) {
            offset -= 128 * input[i];
        }
        for (int32_t u = p->units; u > 0; u -= 2, row += 2 * p->row) {
            const int32_t *const odd_row = u > 1 ? row + p->row : row;
            const int8_t *x = input;
            int32_t even = row[0] + offset, odd = odd_row[0] + offset;
            int32_t i = p->depth;
            if (TFK_STEPS == 4) {
                for (; i > 3; i -= 4, x += 4, pair += 8) {
                    even += x[0] * pair[0];
                    odd += x[0] * pair[1];
                    even += x[1] * pair[2];
                    odd += x[1] * pair[3];
                    even += x[2] * pair[4];
                    odd += x[2] * pair[5];
                    even += x[3] * pair[6];
                    odd += x[3] * pair[7];
                }
            }
            for (; i > 0; i--, x++, pair += 2) {
                even += *x * pair[0];
                odd += *x * pair[1];
            }
            pair += gap;
            *output++ = tfk_patch_output(&products, even, row);
            if (u > 1) {
                *output++ = tfk_patch_output(&products, odd, odd_row);
            }
        }
    }
}

/* The plain kernel: one multiplier a unit, any shift (see tfk_requantize).
 * weights: int8 [units, depth]; bias: int32 [units], minus input zero point times the sum of the unit's weights. */
static inline void tfk_fully_connected_reference_s8(const tfk_fully_connected_params *p, const int8_t *input,
                                                    const int8_t *weights, const int32_t *bias,
                                                    const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++, input += p->depth) {
        for (int32_t u = 0; u < p->units; u++) {
            int32_t sum = bias[u];
            for (int32_t i = 0; i < p->depth; i++) {
                sum += input[i] * weights[u * p->depth + i];
            }
            *output++ = tfk_output_any_s8(sum, multiplier[u], shift[u], p->output_zero_point, p->activation_min,
                                          p->activation_max);
        }
    }
}

#endif
