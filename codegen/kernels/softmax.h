/* SOFTMAX over rows of int8, in the fixed-point arithmetic of gemmlowp.
 *
 * A difference to the row's largest value is one of at most 256 numbers: the generator has computed
 * their exponentials. */
#ifndef TFK_SOFTMAX_H
#define TFK_SOFTMAX_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t rows, classes;
    int32_t differences; /* entries of the table, 1 .. 256; larger differences count as nothing */
} tfk_softmax_params;

enum {
    TFK_SOFTMAX_SUM_BITS = 12, /* the sum of the exponentials is Q12.19 */
    TFK_SOFTMAX_S8_BITS = 8 /* a sum of 2^9 or more leaves no probability above half of 1/256 */
};

static inline int32_t tfk_softmax_largest(const int8_t *row, int32_t classes)
{
    int32_t largest = row[0];
    for (int32_t i = 1; i < classes; i++) {
        largest = row[i] > largest ? row[i] : largest;
    }
    return largest;
}

/* Sum of exp(x - largest) over a row, Q12.19, at least 2^19. exponential: int32 Q0.31 [differences]. */
static inline uint32_t tfk_softmax_sum(const tfk_softmax_params *p, const int8_t *row, int32_t largest,
                                       const int32_t *exponential)
{
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->classes; i++) {
        const int32_t difference = largest - row[i];
        if (difference < p->differences) {
            sum += (uint32_t)tfk_rounding_shift_right(exponential[difference], TFK_SOFTMAX_SUM_BITS);
        }
    }
    return sum;
}

/* value * 2^exponent, held at the limits of 32 bits. exponent: 1 or 2. */
static inline int32_t tfk_softmax_saturating_shift(int32_t value, int32_t exponent)
{
    const int32_t limit = INT32_MAX >> exponent;
    if (value > limit) {
        return INT32_MAX;
    }
    return value < -limit - 1 ? INT32_MIN : value * ((int32_t)1 << exponent);
}

/* 1 / sum: a Q0.31 mantissa by three Newton-Raphson steps; *bits: places that sum lies above one. */
static inline int32_t tfk_softmax_reciprocal(uint32_t sum, int32_t *bits)
{
    int32_t headroom = 0;
    while ((sum & 0x80000000u) == 0u) {
        sum <<= 1;
        headroom++;
    }
    *bits = TFK_SOFTMAX_SUM_BITS - headroom;
    /* sum is 1 + f with f in Q0.31; half of it in Q0.31 is below one. */
    const int32_t fraction = (int32_t)(sum & 0x7fffffffu);
    const int32_t half_denominator = (int32_t)(((int64_t)fraction + INT32_MAX + 1) >> 1);
    int32_t x = 1515870810 + tfk_doubling_high_mul(-1010580540, half_denominator); /* 48/17 - 32/17 d, Q2.29 */
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = ((int32_t)1 << 29) - tfk_doubling_high_mul(x, half_denominator);
        x += tfk_softmax_saturating_shift(tfk_doubling_high_mul(x, error), 2);
    }
    return tfk_softmax_saturating_shift(x, 1);
}

/* Probability of one class, 0 .. 2^(31 - exponent). */
static inline int32_t tfk_softmax_class(const tfk_softmax_params *p, int32_t difference, const int32_t *exponential,
                                        int32_t scale, int32_t exponent)
{
    if (difference >= p->differences) {
        return 0;
    }
    return tfk_rounding_shift_right(tfk_doubling_high_mul(exponential[difference], scale), exponent);
}

/* input, output: int8 [rows, classes], scale 1/256 and zero point -128; output may be the input.
 * Where a row's exponentials sum to 512 or more, which needs as many classes, all its probabilities are 0. */
static inline void tfk_softmax_s8_s8(const tfk_softmax_params *p, const int8_t *input, const int32_t *exponential,
                                     int8_t *output)
{
    for (int32_t r = 0; r < p->rows; r++, input += p->classes, output += p->classes) {
        const int32_t largest = tfk_softmax_largest(input, p->classes);
        int32_t bits;
        int32_t scale = tfk_softmax_reciprocal(tfk_softmax_sum(p, input, largest, exponential), &bits);
        if (bits > TFK_SOFTMAX_S8_BITS) {
            scale = 0;
            bits = TFK_SOFTMAX_S8_BITS;
        }
        for (int32_t i = 0; i < p->classes; i++) {
            const int32_t value = tfk_softmax_class(p, largest - input[i], exponential, scale, bits + 31 - 8);
            output[i] = (int8_t)tfk_clamp(value - 128, -128, 127);
        }
    }
}

/* input: int8, output: int16 [rows, classes], scale 1/65536 and zero point -32768. */
static inline void tfk_softmax_s8_s16(const tfk_softmax_params *p, const int8_t *input, const int32_t *exponential,
                                      int16_t *output)
{
    for (int32_t r = 0; r < p->rows; r++, input += p->classes, output += p->classes) {
        const int32_t largest = tfk_softmax_largest(input, p->classes);
        int32_t bits;
        const int32_t scale = tfk_softmax_reciprocal(tfk_softmax_sum(p, input, largest, exponential), &bits);
        for (int32_t i = 0; i < p->classes; i++) {
            const int32_t value = tfk_softmax_class(p, largest - input[i], exponential, scale, bits + 31 - 16);
            output[i] = (int16_t)tfk_clamp(value - 32768, -32768, 32767);
        }
    }
}

#endif
