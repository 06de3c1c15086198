/* BATCH_MATMUL on int8: products of matrices, both of which may be activations; batches broadcast. */
#ifndef TFK_BATCH_MATMUL_H
#define TFK_BATCH_MATMUL_H

#include <stdint.h>

#include "requantize.h"

/* Fields that a struct of products of matrices begins with. */
#define TFK_MATRICES \
    int32_t batch[3];               /* nested loops over matrices, outermost first; 1 where there are fewer */ \
    int32_t a_batch[3], b_batch[3]; /* elements from one matrix to the next, 0 repeats it */ \
    int32_t rows, columns, depth; \
    int32_t a_row, a_step;          /* elements from row to row of a, and along the depth */ \
    int32_t b_column, b_step;       /* elements from column to column of b, and along the depth */ \
    int32_t a_zero_point, b_zero_point, output_zero_point /* -128 .. 127 */

typedef struct {
    TFK_MATRICES;
    int32_t multiplier, shift;      /* any shift (see tfk_requantize) */
} tfk_batch_matmul_params;

/* One matrix: output int8 [rows, columns]. */
static inline void tfk_batch_matmul_one(const tfk_batch_matmul_params *p, const int8_t *a, const int8_t *b,
                                        int8_t *output)
{
    for (int32_t row = 0; row < p->rows; row++) {
        for (int32_t column = 0; column < p->columns; column++) {
            const int8_t *left = a + row * p->a_row;
            const int8_t *right = b + column * p->b_column;
            int32_t sum = 0;
            for (int32_t i = 0; i < p->depth; i++) {
                sum += (left[i * p->a_step] - p->a_zero_point) * (right[i * p->b_step] - p->b_zero_point);
            }
            *output++ = tfk_output_any_s8(sum, p->multiplier, p->shift, p->output_zero_point, -128, 127);
        }
    }
}

/* a, b: int8 matrices as the strides say; output: int8 [batch, rows, columns], neither of them. */
static inline void tfk_batch_matmul_s8(const tfk_batch_matmul_params *p, const int8_t *a, const int8_t *b,
                                       int8_t *output)
{
    for (int32_t i = 0; i < p->batch[0]; i++) {
        for (int32_t j = 0; j < p->batch[1]; j++) {
            for (int32_t k = 0; k < p->batch[2]; k++) {
                tfk_batch_matmul_one(p, a + i * p->a_batch[0] + j * p->a_batch[1] + k * p->a_batch[2],
                                     b + i * p->b_batch[0] + j * p->b_batch[1] + k * p->b_batch[2], output);
                output += p->rows * p->columns;
            }
        }
    }
}

/* The same where a is the constant: the activation b comes first. */
static inline void tfk_batch_matmul_left_s8(const tfk_batch_matmul_params *p, const int8_t *b,
                                            const int8_t *a, int8_t *output)
{
    tfk_batch_matmul_s8(p, a, b, output);
}

#endif
