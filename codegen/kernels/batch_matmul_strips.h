/* BATCH_MATMUL on int8 by strips: rows of one matrix are the filters that meet the columns of the other.
 *
 * Both are expanded to halfwords from which the zero points are taken, in their own order; the rest of a depth that is
 * no multiple of 4 is zero on both sides, and adds nothing. A strip of columns is expanded once and meets all rows
 * (strip_products.h). */
#ifndef TFK_BATCH_MATMUL_STRIPS_H
#define TFK_BATCH_MATMUL_STRIPS_H

#include <stdint.h>

#include "batch_matmul.h"
#include "strip_products.h"

typedef struct {
    TFK_MATRICES;
    int32_t row;   /* TFK_OPEN_ROW or TFK_TURNED_ROW */
    int32_t strip; /* columns expanded at a time, at least 1 */
} tfk_batch_matmul_strips_params;

/* Bytes of scratch. */
static inline int32_t tfk_batch_matmul_strips_s8_scratch_bytes(const tfk_batch_matmul_strips_params *p)
{
    return tfk_strip_bytes(p->depth, p->strip);
}

/* One row or column. values: int8, `count` of them, one each `step` bytes; x: int16 [count rounded up to a multiple
 * of 4]. Returns what follows. */
static inline int16_t *tfk_batch_matmul_expand(const int8_t *values, int32_t step, int32_t zero_point, int32_t count,
                                               int16_t *x)
{
    for (int32_t i = count; i > 0; i--, values += step) {
        *x++ = (int16_t)(*values - zero_point);
    }
    for (; (count & 3) != 0; count++) {
        *x++ = 0;
    }
    return x;
}

/* One matrix: output int8 [rows, columns]. filter, strip: parts of the scratch. */
static inline void tfk_batch_matmul_strips_one(const tfk_batch_matmul_strips_params *p, const int8_t *a,
                                               const int8_t *b, const int32_t *rows, int16_t *filter,
                                               int16_t *strip, int8_t *output)
{
    const int32_t groups = tfk_strip_depth(p->depth) >> 2;
    int32_t left = p->columns;
    for (; left > 0; left -= p->strip, output += p->strip) {
        const int32_t columns = left < p->strip ? left : p->strip;
        int16_t *x = strip;
        for (int32_t i = 0; i < columns; i++, b += p->b_column) {
            x = tfk_batch_matmul_expand(b, p->b_step, p->b_zero_point, p->depth, x);
        }
        uint32_t *const behind = (uint32_t *)(void *)x;
        behind[0] = behind[1] = behind[2] = behind[3] = 0; /* loaded, not used */
        const int8_t *row = a;
        int8_t *y = output;
        for (int32_t i = p->rows; i > 0; i--, row += p->a_row, y += p->columns) {
            int16_t *const end = tfk_batch_matmul_expand(row, p->a_step, p->a_zero_point, p->depth, filter);
            end[0] = filter[0];
            end[1] = filter[1];
            tfk_strip_channel(strip, columns, filter, groups, rows, p->row, y, 1);
        }
    }
}

/* a, b: int8 matrices as the strides say; rows: int32 [1, row], one for all outputs;
 * scratch: uint8 [tfk_batch_matmul_strips_s8_scratch_bytes], at any address;
 * output: int8 [batch, rows, columns], neither a nor b. */
static inline void tfk_batch_matmul_strips_s8(const tfk_batch_matmul_strips_params *p, const int8_t *a,
                                              const int8_t *b, const int32_t *rows, uint8_t *scratch,
                                              int8_t *output)
{
    int16_t *const filter = tfk_strip_aligned(scratch), *const strip = filter + tfk_strip_depth(p->depth) + 2;
    for (int32_t i = 0; i < p->batch[0]; i++) {
        for (int32_t j = 0; j < p->batch[1]; j++) {
            for (int32_t k = 0; k < p->batch[2]; k++) {
                tfk_batch_matmul_strips_one(p, a + i * p->a_batch[0] + j * p->a_batch[1] + k * p->a_batch[2],
                                            b + i * p->b_batch[0] + j * p->b_batch[1] + k * p->b_batch[2], rows,
                                            filter, strip, output);
                output += p->rows * p->columns;
            }
        }
    }
}

/* The same where a is the constant: the activation b comes first. */
static inline void tfk_batch_matmul_left_strips_s8(const tfk_batch_matmul_strips_params *p, const int8_t *b,
                                                   const int8_t *a, const int32_t *rows, uint8_t *scratch,
                                                   int8_t *output)
{
    tfk_batch_matmul_strips_s8(p, a, b, rows, scratch, output);
}

#endif
