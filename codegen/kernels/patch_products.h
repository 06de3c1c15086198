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
#include <string.h>

#include "requantize.h"

#if defined(TINYFACE_ARM_DSP)
/* The same products by instructions that multiply twice, on an Arm core with the DSP extension. */
#include <arm_acle.h>
enum { TFK_STEPS = 4 };
#elif defined(__XTENSA__)
/* One step is the whole body of a hardware loop; more of them at once do not fit the registers. */
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

/* Weights of a filter as it is packed. */
static inline int32_t tfk_packed_depth(int32_t depth)
{
    return (depth + 3) & ~3;
}

/* Packs one patch of a pair: returns -128 * sum of X.
 * patch: int8 [depth]; packed: uint8, the pair's bytes from this patch's first one on. */
static inline int32_t tfk_pack_patch(const int8_t *patch, int32_t depth, uint8_t *packed)
{
    int32_t sum = 0;
    int32_t i = 0;
    for (; i < depth; i++) {
        const int32_t value = (uint8_t)patch[i] ^ 0x80;
        packed[2 * i] = (uint8_t)value;
        sum += value;
    }
    for (; (i & 3) != 0; i++) {
        packed[2 * i] = 0;
    }
    return -128 * sum;
}

#if defined(TINYFACE_ARM_DSP)
/* Four bytes as they lie. */
static inline uint32_t tfk_load_word(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}
#endif

/* Two packed patches times all filters.
 * offset: int32 [2], what tfk_pack_patch returned; rows: int32 [channels, p->row], with biases as above; output:
 * int8 [2, channels]. */
static inline void tfk_two_patches(const tfk_patch_products *p, const uint8_t *patches, const int32_t offset[2],
                                   const uint8_t *weights, const int32_t *rows, int8_t *output)
{
    const int32_t left_offset = offset[0], right_offset = offset[1];
    int8_t *right_output = output + p->channels;
    for (int32_t c = p->channels; c > 0; c -= 2) {
        const int32_t *const even_row = rows;
        const int32_t *const odd_row = c > 1 ? rows + p->row : rows;
        int32_t left_even = even_row[0] + left_offset, left_odd = odd_row[0] + left_offset;
        int32_t right_even = even_row[0] + right_offset, right_odd = odd_row[0] + right_offset;
        const uint8_t *x = patches;
        for (int32_t i = p->depth; i > 0; i -= TFK_STEPS) {
#if defined(TINYFACE_ARM_DSP)
#define TFK_TWO_STEPS(step)                                                                                       \
    do {                                                                                                          \
        const uint32_t pixels = tfk_load_word(x + 2 * (step)), pair = tfk_load_word(weights + 2 * (step));        \
        const int16x2_t left = (int16x2_t)__uxtb16(pixels), even = (int16x2_t)__uxtb16(pair);                     \
        const int16x2_t right = (int16x2_t)__uxtb16(__ror(pixels, 8)), odd = (int16x2_t)__uxtb16(__ror(pair, 8)); \
        left_even = __smlad(left, even, left_even);                                                               \
        left_odd = __smlad(left, odd, left_odd);                                                                  \
        right_even = __smlad(right, even, right_even);                                                            \
        right_odd = __smlad(right, odd, right_odd);                                                               \
    } while (0)
            TFK_TWO_STEPS(0);
            TFK_TWO_STEPS(2);
#undef TFK_TWO_STEPS
#else
#define TFK_STEP(step)                                                                 \
    do {                                                                               \
        const int32_t left = x[2 * (step)], right = x[2 * (step) + 1];                 \
        const int32_t even = weights[2 * (step)], odd = weights[2 * (step) + 1];       \
        left_even += left * even;                                                      \
        left_odd += left * odd;                                                        \
        right_even += right * even;                                                    \
        right_odd += right * odd;                                                      \
    } while (0)
            TFK_STEP(0);
            if (TFK_STEPS > 1) {
                TFK_STEP(1);
                TFK_STEP(2);
                TFK_STEP(3);
            }
#undef TFK_STEP
#endif
            x += 2 * TFK_STEPS;
            weights += 2 * TFK_STEPS;
        }
        int8_t even_output, right_even_output, odd_output, right_odd_output;
        if (p->row == TFK_TABLE_ROW) {
            even_output = tfk_output_table_s8(left_even, even_row);
            right_even_output = tfk_output_table_s8(right_even, even_row);
            odd_output = tfk_output_table_s8(left_odd, odd_row);
            right_odd_output = tfk_output_table_s8(right_odd, odd_row);
        } else {
            even_output = tfk_output_scaled_s8(left_even, even_row, p->zero_point, p->low, p->high);
            right_even_output = tfk_output_scaled_s8(right_even, even_row, p->zero_point, p->low, p->high);
            odd_output = tfk_output_scaled_s8(left_odd, odd_row, p->zero_point, p->low, p->high);
            right_odd_output = tfk_output_scaled_s8(right_odd, odd_row, p->zero_point, p->low, p->high);
        }
        output[0] = even_output;
        right_output[0] = right_even_output;
        if (c > 1) {
            output[1] = odd_output;
            right_output[1] = right_odd_output;
        }
        output += 2;
        right_output += 2;
        rows += 2 * p->row;
    }
}

static inline int8_t tfk_patch_output(const tfk_patch_products *p, int32_t accumulator, const int32_t *row)
{
    return p->row == TFK_TABLE_ROW ? tfk_output_table_s8(accumulator, row)
                                   : tfk_output_scaled_s8(accumulator, row, p->zero_point, p->low, p->high);
}

/* The first of two packed patches times all filters, where no second one is left; arguments as above. */
static inline void tfk_one_patch(const tfk_patch_products *p, const uint8_t *patch, int32_t offset,
                                 const uint8_t *weights, const int32_t *rows, int8_t *output)
{
    for (int32_t c = p->channels; c > 0; c -= 2) {
        const int32_t *const odd_row = c > 1 ? rows + p->row : rows;
        int32_t even_sum = rows[0] + offset, odd_sum = odd_row[0] + offset;
        const uint8_t *x = patch;
        for (int32_t i = p->depth; i > 0; i--) {
            const int32_t pixel = *x;
            even_sum += pixel * weights[0];
            odd_sum += pixel * weights[1];
            x += 2;
            weights += 2;
        }
        output[0] = tfk_patch_output(p, even_sum, rows);
        if (c > 1) {
            output[1] = tfk_patch_output(p, odd_sum, odd_row);
        }
        output += 2;
        rows += 2 * p->row;
    }
}

#endif
