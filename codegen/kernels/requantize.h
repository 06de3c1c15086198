/* Fixed-point requantization: TFLite-Micro's double rounding, bit for bit.
 *
 * Assumes that >> of a negative integer shifts arithmetically, as every compiler for the supported
 * targets does. Nothing here overflows: the generator refuses layers whose numbers could. */
#ifndef TFK_REQUANTIZE_H
#define TFK_REQUANTIZE_H

#include <stdint.h>

/* round(x * multiplier / 2^31), ties towards plus infinity.
 * x: any; multiplier: 0 .. 2^31 - 1. */
static inline int32_t tfk_doubling_high_mul(int32_t x, int32_t multiplier)
{
    return (int32_t)(((int64_t)x * multiplier + ((int64_t)1 << 30)) >> 31);
}

/* round(x / 2^exponent), ties away from zero. exponent: 0 .. 31. */
static inline int32_t tfk_rounding_shift_right(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1u);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * multiplier / 2^31 * 2^shift with two roundings.
 * multiplier: 0 .. 2^31 - 1; shift: -31 .. 30, x * 2^shift fits 32 bits. */
static inline int32_t tfk_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return tfk_rounding_shift_right(tfk_doubling_high_mul(x * ((int32_t)1 << left), multiplier), right);
}

/* The same for a right shift of at least one bit, without a branch.
 * right_minus_1: right shift - 1, 0 .. 30. */
static inline int32_t tfk_requantize_down(int32_t x, int32_t multiplier, int32_t right_minus_1)
{
    const int32_t high = tfk_doubling_high_mul(x, multiplier);
    /* high - 1 where it is negative: then "half up" rounds ties away from zero. */
    return (((high + (high >> 31)) >> right_minus_1) + 1) >> 1;
}

/* value limited to low .. high. */
static inline int32_t tfk_clamp(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* An accumulator to its int8 output where the shift goes right by at least one bit (nearly always).
 * right_minus_1: see tfk_requantize_down; low, high: activation range within -128 .. 127. */
static inline int8_t tfk_output_s8(int32_t accumulator, int32_t multiplier, int32_t right_minus_1,
                                   int32_t zero_point, int32_t low, int32_t high)
{
    return (int8_t)tfk_clamp(tfk_requantize_down(accumulator, multiplier, right_minus_1) + zero_point, low, high);
}

/* The same for any shift: see tfk_requantize. */
static inline int8_t tfk_output_any_s8(int32_t accumulator, int32_t multiplier, int32_t shift, int32_t zero_point,
                                       int32_t low, int32_t high)
{
    return (int8_t)tfk_clamp(tfk_requantize(accumulator, multiplier, shift) + zero_point, low, high);
}

#endif
