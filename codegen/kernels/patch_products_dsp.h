/* The products of patch_products.h by instructions that multiply twice, on an Arm core with the DSP extension.
 *
 * Included only where TINYFACE_ARM_DSP is defined: the one place outside plain C. Same layouts, same sums. */
#ifndef TFK_PATCH_PRODUCTS_DSP_H
#define TFK_PATCH_PRODUCTS_DSP_H
#if defined(TINYFACE_ARM_DSP)

#include <arm_acle.h>
#include <stdint.h>

/* Four bytes as they lie, at any address. */
static inline uint32_t tfk_load_word(const uint8_t *bytes)
{
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
}

/* Adds the products of two packed patches and two packed filters.
 * x: uint8 [depth, 2], weights: uint8 [depth, 2], depth a multiple of 4 and not 0.
 *
 * A word holds two steps of a pair; every second byte of it is a pair of 16-bit factors. */
static inline tfk_four_sums tfk_multiply(tfk_four_sums sums, const uint8_t *x, const uint8_t *weights, int32_t depth)
{
    /* In a register, so that shift and mask are one instruction. */
    static const volatile uint32_t every_second_byte = 0x00ff00ffu;
    const uint32_t mask = every_second_byte;
    int32_t left_even = sums.left_even, left_odd = sums.left_odd;
    int32_t right_even = sums.right_even, right_odd = sums.right_odd;
    for (int32_t i = depth; i > 0; i -= 4) {
#define TFK_TWO_STEPS(at)                                                                      \
    do {                                                                                       \
        const uint32_t pixels = tfk_load_word(x + (at)), pair = tfk_load_word(weights + (at)); \
        const int16x2_t left = (int16x2_t)(pixels & mask), even = (int16x2_t)(pair & mask);    \
        const int16x2_t right = (int16x2_t)(pixels >> 8 & mask);                               \
        const int16x2_t odd = (int16x2_t)(pair >> 8 & mask);                                   \
        left_even = __smlad(left, even, left_even);                                            \
        left_odd = __smlad(left, odd, left_odd);                                               \
        right_even = __smlad(right, even, right_even);                                         \
        right_odd = __smlad(right, odd, right_odd);                                            \
    } while (0)
        TFK_TWO_STEPS(0);
        TFK_TWO_STEPS(4);
#undef TFK_TWO_STEPS
        x += 8;
        weights += 8;
    }
    const tfk_four_sums result = {left_even, left_odd, right_even, right_odd};
    return result;
}

#endif
#endif
