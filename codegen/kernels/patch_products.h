/* Patches times filters: the inner loops of CONV_2D and FULLY_CONNECTED.
 *
 * A patch is what one output pixel sees: `depth` int8 values in the order of a filter. It is packed first, so that
 * the inner loop needs no sign extension, which costs an instruction a byte on cores without signed byte loads:
 * both factors are stored with 128 added, X = x + 128 and W = w + 128, and
 *     sum of (x - zero point) * w = sum of X * W - 128 * sum of X - (128 + zero point) * sum of w.
 * The second sum belongs to the patch and is made while packing, the third to the filter and is in its bias.
 *
 * Packed weights: uint8 [ceil(channels / 2), depth, 2 channels]; packed patches: uint8 [depth, 2 patches]. The
 * depth is rounded up to a multiple of 4, with weights of 128 and patches of 0, and an odd number of channels to an
 * even one. Two patches meet two channels at a time, so that each byte loaded is used twice. */
#ifndef TFK_PATCH_PRODUCTS_H
#define TFK_PATCH_PRODUCTS_H

#include <stdint.h>

#include "requantize.h"

/* Two patches times two filters. */
typedef struct {
    int32_t left_even, left_odd, right_even, right_odd;
} tfk_four_sums;

#if defined(TINYFACE_ARM_DSP)
#include "patch_products_dsp.h"
#endif

#if defined(__XTENSA__)
/* One step is the whole body of a hardware loop; more of them at once do not fit the registers. A loop that is known to
 * run has its count at once. */
enum { TFK_STEPS = 1 };
#else
enum { TFK_STEPS = 4 };
#endif

/* What all outputs share. */
typedef struct {
    int32_t depth;    /* rounded up to a multiple of 4 */
    int32_t channels; /* output channels */
    int32_t row;      /* TFK_TABLE_ROW or TFK_SCALED_ROW; the rest serves the scaled form */
    int32_t zero_point, low, high;
} tfk_patch_products;

/* One output. row: of its channel. */
static inline int8_t tfk_patch_output(const tfk_patch_products *p, int32_t accumulator, const int32_t *row)
{
    return p->row == TFK_TABLE_ROW ? tfk_output_table_s8(accumulator, row)
                                   : tfk_output_scaled_s8(accumulator, row, p->zero_point, p->low, p->high);
}

/* Weights of a filter as it is packed. */
static inline int32_t tfk_packed_depth(int32_t depth)
{
    return (depth + 3) & ~3;
}

/* Packs values of one patch of a pair: returns the sum of X.
 * values: int8 [count]; packed: uint8, every second byte from here on. */
static inline int32_t tfk_pack(const int8_t *values, int32_t count, uint8_t *packed)
{
    int32_t sum = 0;
#if defined(__XTENSA__)
    if ((((uintptr_t)values | (uint32_t)count) & 3u) == 0) {
        for (; count > 0; count -= 4, values += 4, packed += 8) { /* a word saves half of the instructions */
            const uint32_t four = *(const uint32_t *)(const void *)values ^ 0x80808080u;
            const uint32_t first = four & 0xffu, second = four >> 8 & 0xffu, third = four >> 16 & 0xffu;
            packed[0] = (uint8_t)first;
            packed[2] = (uint8_t)second;
            packed[4] = (uint8_t)third;
            packed[6] = (uint8_t)(four >> 24);
            sum += (int32_t)(first + second + third + (four >> 24));
        }
        return sum;
    }
#endif
    for (int32_t i = count; i > 0; i--) {
        const int32_t value = (uint8_t)*values++ ^ 0x80;
        *packed = (uint8_t)value;
        packed += 2;
        sum += value;
    }
    return sum;
}

/* The same for one value that repeats. value: -128 .. 127. */
static inline int32_t tfk_pack_same(int32_t value, int32_t count, uint8_t *packed)
{
    for (int32_t i = 0; i < count; i++) {
        packed[2 * i] = (uint8_t)(value + 128);
    }
    return count * (value + 128);
}

/* Fills a patch behind its end, where its depth is no multiple of 4. packed: of the patch's first value. */
static inline void tfk_pack_end(int32_t depth, uint8_t *packed)
{
    for (int32_t i = depth; (i & 3) != 0; i++) {
        packed[2 * i] = 0;
    }
}

/* A patch whose values lie together: returns -128 * sum of X. patch: int8 [depth]. */
static inline int32_t tfk_pack_patch(const int8_t *patch, int32_t depth, uint8_t *packed)
{
    tfk_pack_end(depth, packed);
    return -128 * tfk_pack(patch, depth, packed);
}

#if !defined(TINYFACE_ARM_DSP)
/* Adds the products of two packed patches and two packed filters.
 * x: uint8 [depth, 2], weights: uint8 [depth, 2], depth a multiple of 4 and not 0. */
static inline tfk_four_sums tfk_multiply(tfk_four_sums sums, const uint8_t *x, const uint8_t *weights, int32_t depth)
{
    int32_t left_even = sums.left_even, left_odd = sums.left_odd;
    int32_t right_even = sums.right_even, right_odd = sums.right_odd;
#define TFK_STEP(step)                                                           \
    do {                                                                         \
        const int32_t left = x[2 * (step)], right = x[2 * (step) + 1];           \
        const int32_t even = weights[2 * (step)], odd = weights[2 * (step) + 1]; \
        left_even += left * even;                                                \
        left_odd += left * odd;                                                  \
        right_even += right * even;                                              \
        right_odd += right * odd;                                                \
    } while (0)
    int32_t i = depth;
#if defined(__XTENSA__)
    do {
        TFK_STEP(0);
        x += 2;
        weights += 2;
        i--;
    } while (i > 0);
#else
    for (; i > 0; i -= TFK_STEPS) {
        TFK_STEP(0);
        TFK_STEP(1);
        TFK_STEP(2);
        TFK_STEP(3);
        x += 2 * TFK_STEPS;
        weights += 2 * TFK_STEPS;
    }
#endif
#undef TFK_STEP
    const tfk_four_sums result = {left_even, left_odd, right_even, right_odd};
    return result;
}
#endif

/* One packed patch times the last filter of an odd number: its output. */
static inline int8_t tfk_last_channel(const tfk_patch_products *p, const uint8_t *patch, int32_t offset,
                                      const uint8_t *weights, const int32_t *row)
{
    int32_t sum = row[0] + offset;
    for (int32_t i = 0; i < 2 * p->depth; i += 2) {
        sum += patch[i] * weights[i];
    }
    return tfk_patch_output(p, sum, row);
}

/* Two packed patches times all filters.
 * offset: int32 [2], -128 * sum of X of each; rows: int32 [channels, p->row], with biases as above; output:
 * int8 [2, channels]. */
static inline void tfk_two_patches(const tfk_patch_products *p, const uint8_t *patches, const int32_t offset[2],
                                   const uint8_t *weights, const int32_t *rows, int8_t *output)
{
    const int32_t left = offset[0], right = offset[1];
    const int32_t depth = p->depth;
    int8_t *right_output = output + p->channels;
    int32_t pairs = p->channels >> 1;
    if (p->row == TFK_TABLE_ROW) {
        for (; pairs > 0; pairs--) {
            const int32_t *const odd_row = rows + TFK_TABLE_ROW;
            const tfk_four_sums biases = {rows[0] + left, odd_row[0] + left, rows[0] + right, odd_row[0] + right};
            const tfk_four_sums sums = tfk_multiply(biases, patches, weights, depth);
            const int32_t left_even = tfk_output_table_s8(sums.left_even, rows);
            const int32_t right_even = tfk_output_table_s8(sums.right_even, rows);
            const int32_t left_odd = tfk_output_table_s8(sums.left_odd, odd_row);
            const int32_t right_odd = tfk_output_table_s8(sums.right_odd, odd_row);
            *output++ = (int8_t)left_even;
            *output++ = (int8_t)left_odd;
            *right_output++ = (int8_t)right_even;
            *right_output++ = (int8_t)right_odd;
            weights += 2 * depth;
            rows += 2 * TFK_TABLE_ROW;
        }
    } else {
        for (; pairs > 0; pairs--) {
            const int32_t *const odd_row = rows + TFK_SCALED_ROW;
            const tfk_four_sums biases = {rows[0] + left, odd_row[0] + left, rows[0] + right, odd_row[0] + right};
            const tfk_four_sums sums = tfk_multiply(biases, patches, weights, depth);
            *output++ = tfk_output_scaled_s8(sums.left_even, rows, p->zero_point, p->low, p->high);
            *output++ = tfk_output_scaled_s8(sums.left_odd, odd_row, p->zero_point, p->low, p->high);
            *right_output++ = tfk_output_scaled_s8(sums.right_even, rows, p->zero_point, p->low, p->high);
            *right_output++ = tfk_output_scaled_s8(sums.right_odd, odd_row, p->zero_point, p->low, p->high);
            weights += 2 * depth;
            rows += 2 * TFK_SCALED_ROW;
        }
    }
    if ((p->channels & 1) != 0) {
        *output = tfk_last_channel(p, patches, left, weights, rows);
        *right_output = tfk_last_channel(p, patches + 1, right, weights, rows);
    }
}

/* The first of two packed patches times all filters, where no second one is left; arguments as above. */
static inline void tfk_one_patch(const tfk_patch_products *p, const uint8_t *patch, int32_t offset,
                                 const uint8_t *weights, const int32_t *rows, int8_t *output)
{
    for (int32_t pairs = p->channels >> 1; pairs > 0; pairs--) {
        const int32_t *const odd_row = rows + p->row;
        int32_t even_sum = rows[0] + offset, odd_sum = odd_row[0] + offset;
        const uint8_t *x = patch;
        for (int32_t i = p->depth; i > 0; i--) {
            const int32_t pixel = *x;
            even_sum += pixel * weights[0];
            odd_sum += pixel * weights[1];
            x += 2;
            weights += 2;
        }
        *output++ = tfk_patch_output(p, even_sum, rows);
        *output++ = tfk_patch_output(p, odd_sum, odd_row);
        rows += 2 * p->row;
    }
    if ((p->channels & 1) != 0) {
        *output = tfk_last_channel(p, patch, offset, weights, rows);
    }
}

#endif
