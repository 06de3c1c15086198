/* FULLY_CONNECTED and 1x1 CONV_2D on int8 by halfwords: a vector is expanded once and meets all units.
 *
 * Vectors are expanded as pixels are in strip_products.h, X = x + 128 in groups of four in the order 0, 2, 1, 3. A
 * weight meets one vector at a time, so it is not expanded in memory: bytes W = w + 128 of a word become halfwords in
 * registers by two masks, and
 *     sum of (x - zero point) * w = sum of X * W - 128 * sum of X - (128 + zero point) * sum of w,
 * where the second sum belongs to the vector and the third to the unit, in whose bias it is.
 *
 * Order of access: a vector is read whole before its first output is written. */
#ifndef TFK_FULLY_CONNECTED_HALFWORDS_H
#define TFK_FULLY_CONNECTED_HALFWORDS_H

#include <stdint.h>
#include <string.h>

#include "strip_products.h"

typedef struct {
    int32_t batches, depth, units;
    int32_t output_zero_point;              /* -128 .. 127 */
    int32_t activation_min, activation_max; /* within -128 .. 127; both in the rows, too */
    int32_t row;    /* TFK_TABLE_ROW or TFK_SIGNED_ROW */
    int32_t scaled; /* 1: some signed rows are scaled, see tfk_output_signed_s8 */
} tfk_fully_connected_halfwords_params;

/* Bytes of scratch: a vector, and words behind it that are loaded and not used. */
static inline int32_t tfk_fully_connected_halfwords_s8_scratch_bytes(const tfk_fully_connected_halfwords_params *p)
{
    return 3 + 2 * (tfk_strip_depth(p->depth) + 4);
}

#if defined(TINYFACE_MAC16)
#include "fully_connected_halfwords_mac16.h"
#else
/* start + sum of X * w. x: int16 [4 * groups]; w: int32 [groups], filters as in strip_products.h. */
static inline int32_t tfk_vector_filter(const int16_t *x, const int32_t *w, int32_t groups, int32_t start)
{
    const uint32_t mask = 0x00ff00ffu, bias = 0x007f007fu;
    for (; groups > 0; groups--, x += 4) {
        const uint32_t word = (uint32_t)*w++;
        const uint32_t first = (word & mask) - bias, second = ((word >> 8) & mask) - bias;
        start += x[0] * (int16_t)(first & 0xffffu) + x[1] * (int16_t)(first >> 16);
        start += x[2] * (int16_t)(second & 0xffffu) + x[3] * (int16_t)(second >> 16);
    }
    return start;
}

/* start + sum of X * W. x: int16 [4 * groups]; w: uint32 [groups], a byte a weight. */
static inline int32_t tfk_vector_product(const int16_t *x, const uint32_t *w, int32_t groups, int32_t start)
{
    for (; groups > 0; groups--, x += 4) {
        const uint32_t word = *w++;
        start += x[0] * (int32_t)(word & 0xffu) + x[1] * (int32_t)(word >> 16 & 0xffu);
        start += x[2] * (int32_t)(word >> 8 & 0xffu) + x[3] * (int32_t)(word >> 24);
    }
    return start;
}

/* Sum of X. x: int16 [4 * groups]. */
static inline int32_t tfk_vector_sum(const int16_t *x, int32_t groups)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < 4 * groups; i++) {
        sum += x[i];
    }
    return sum;
}
#endif

/* A vector to halfwords, with zeros up to the next group and four more. input: int8 [depth]. */
static inline void tfk_fully_connected_expand(const tfk_fully_connected_halfwords_params *p, const int8_t *input,
                                              int16_t *x)
{
    const int32_t whole = p->depth >> 2, groups = tfk_strip_depth(p->depth) >> 2, rest = p->depth & 3;
    int16_t *const last = x + 4 * whole;
    uint32_t *const behind = (uint32_t *)(void *)(x + 4 * groups);
    tfk_expand_groups(input, whole, x);
    behind[0] = behind[1] = 0;
    if (rest != 0) {
        behind[-1] = behind[-2] = 0;
    }
    for (int32_t i = 0; i < rest; i++) {
        last[i == 1 ? 2 : i == 2 ? 1 : 0] = (int16_t)((uint8_t)input[4 * whole + i] ^ 0x80);
    }
}

/* An output byte of each unit: x: int16 [4 * groups] and four more; offset: what the vector adds to its biases. */
static inline void tfk_vector_units_plain(const tfk_fully_connected_halfwords_params *p, const int16_t *x,
                                          const uint32_t *w, const int32_t *row, int32_t offset, int8_t *output)
{
    const int32_t groups = tfk_strip_depth(p->depth) >> 2;
    for (int32_t u = p->units; u > 0; u--, w += groups, row += p->row) {
        const int32_t sum = tfk_vector_product(x, w, groups, row[0] + offset);
        *output++ = p->row == TFK_TABLE_ROW ? tfk_output_table_s8(sum, row) : tfk_output_signed_s8(sum, row);
    }
}

#if defined(TINYFACE_MAC16)
#include "vector_units_mac16.h"
#else
static inline void tfk_vector_units(const tfk_fully_connected_halfwords_params *p, const int16_t *x,
                                    const uint32_t *w, const int32_t *row, int32_t offset, int8_t *output)
{
    tfk_vector_units_plain(p, x, w, row, offset, output);
}
#endif

/* input: int8 [batches, depth];
 * weights: int32 [units, depth rounded up to a multiple of 4, / 4], a byte a weight with 128 added, 128 for none;
 * rows: int32 [units, row], biases minus (128 + input zero point) times the sum of the unit's weights;
 * scratch: uint8 [tfk_fully_connected_halfwords_s8_scratch_bytes], at any address; output: int8 [batches, units]. */
static inline void tfk_fully_connected_halfwords_s8(const tfk_fully_connected_halfwords_params *p,
                                                    const int8_t *input, const int32_t *weights, const int32_t *rows,
                                                    uint8_t *scratch, int8_t *output)
{
    const int32_t groups = tfk_strip_depth(p->depth) >> 2;
    int16_t *const x = tfk_strip_aligned(scratch);
    for (int32_t b = 0; b < p->batches; b++, input += p->depth, output += p->units) {
        tfk_fully_connected_expand(p, input, x);
        tfk_vector_units(p, x, (const uint32_t *)(const void *)weights, rows, -128 * tfk_vector_sum(x, groups), output);
    }
}

/* The same without the sum of a vector, which a few units do not make up for: their weights become halfwords with
 * their signs.
 * weights: int32 [units, depth rounded up to a multiple of 4, / 4], filters as in strip_products.h, in the order of
 * groups; other arguments as above. */
static inline void tfk_fully_connected_few_s8(const tfk_fully_connected_halfwords_params *p, const int8_t *input,
                                              const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                              int8_t *output)
{
    const int32_t groups = tfk_strip_depth(p->depth) >> 2;
    int16_t *const x = tfk_strip_aligned(scratch);
    for (int32_t b = 0; b < p->batches; b++, input += p->depth) {
        tfk_fully_connected_expand(p, input, x);
        for (int32_t u = 0; u < p->units; u++) {
            const int32_t *const row = rows + u * p->row;
            const int32_t sum = tfk_vector_filter(x, weights + u * groups, groups, row[0]);
            *output++ =
                p->row == TFK_TABLE_ROW ? tfk_output_table_s8(sum, row) : tfk_output_signed_s8(sum, row);
        }
    }
}

/* CONV_2D of 1x1 windows: pixels are vectors. It pays where there are few of them: strips expand a filter for all
 * pixels, and this one for each. Arguments as above. */
static inline void tfk_conv_2d_1x1_halfwords_s8(const tfk_fully_connected_halfwords_params *p, const int8_t *input,
                                                const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                                int8_t *output)
{
    tfk_fully_connected_halfwords_s8(p, input, weights, rows, scratch, output);
}

#endif
