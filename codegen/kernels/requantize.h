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

/* The same for |x| < 2^29.
 *
 * Cores without an instruction for the upper half of a product call a library for it, which costs 70 to 110
 * instructions; there four products of halves, each below 2^31, make it. Of the Xtensa cores those that ESP-IDF calls
 * with windows (ESP32, S2, S3) have such an instruction: there the upper half of one product is rounded by the highest
 * bit of the lower one. */
#if defined(__XTENSA__) && !defined(TFK_HALF_PRODUCTS) && !defined(TFK_HIGH_PRODUCT)
#if defined(ESP_PLATFORM) && defined(__XTENSA_WINDOWED_ABI__)
#define TFK_HIGH_PRODUCT 1
#else
#define TFK_HALF_PRODUCTS 1
#endif
#endif
static inline int32_t tfk_doubling_high_mul_29(int32_t x, int32_t multiplier)
{
#if defined(TFK_HIGH_PRODUCT)
    const int64_t product = (int64_t)(2 * x) * multiplier;
    return (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
#elif defined(TFK_HALF_PRODUCTS)
    const int32_t x_high = x >> 15, x_low = x & 0x7fff;
    const int32_t high = multiplier >> 16, low = multiplier & 0xffff;
    const int32_t rest = (x_high * low + ((x_low * low) >> 15) + ((int32_t)1 << 15)) >> 1;
    return x_high * high + ((x_low * high + rest) >> 15);
#else
    return tfk_doubling_high_mul(x, multiplier);
#endif
}

/* round(x / 2^exponent), ties away from zero. exponent: 0 .. 31. */
static inline int32_t tfk_rounding_shift_right(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1u);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* The same for |x| < 2^30: "half up" of x - 1, where x is negative, rounds ties away from zero. */
static inline int32_t tfk_rounding_shift_right_30(int32_t x, int32_t exponent)
{
    if (exponent == 0) {
        return x;
    }
    return (x + (x >> 31) + ((int32_t)1 << (exponent - 1))) >> exponent;
}

/* x * multiplier / 2^31 * 2^shift with two roundings.
 * multiplier: 0 .. 2^31 - 1; shift: -31 .. 30, x * 2^shift fits 32 bits. */
static inline int32_t tfk_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return tfk_rounding_shift_right(tfk_doubling_high_mul(x * ((int32_t)1 << left), multiplier), right);
}

/* The same for |x| < 2^29 and a right shift of at least one bit, without a branch.
 * right_minus_1: right shift - 1, 0 .. 30. */
static inline int32_t tfk_requantize_down(int32_t x, int32_t multiplier, int32_t right_minus_1)
{
    const int32_t high = tfk_doubling_high_mul_29(x, multiplier);
    /* high - 1 where it is negative: then "half up" rounds ties away from zero. */
    return (((high + (high >> 31)) >> right_minus_1) + 1) >> 1;
}

/* value limited to low .. high. */
static inline int32_t tfk_clamp(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* How the fast kernels turn accumulators into outputs: a row of numbers for each output channel, in one of two forms.
 * Both hold the bias, with which the accumulator starts. */
enum {
    TFK_SCALED_ROW = 3, /* bias, multiplier, right shift - 1; accumulators below 2^29, right shifts of 1 .. 31 */
    TFK_TABLE_ROW = 5,  /* bias, bound, high, low, constant: see codegen/numerics/table_form.py */
    TFK_SIGNED_ROW = 7, /* see tfk_output_signed_s8 */
    /* Two forms of as many numbers, which are for the kernels of MAC16 alone: */
    TFK_OPEN_ROW = TFK_TABLE_ROW,    /* see tfk_output_open_s8 */
    TFK_TURNED_ROW = TFK_SIGNED_ROW  /* see tfk_output_turned_s8 */
};

/* Scaled form. low, high: activation range within -128 .. 127. */
static inline int8_t tfk_output_scaled_s8(int32_t accumulator, const int32_t *row, int32_t zero_point, int32_t low,
                                          int32_t high)
{
    return (int8_t)tfk_clamp(tfk_requantize_down(accumulator, row[1], row[2]) + zero_point, low, high);
}

/* Table form: zero point and activation range are in the numbers, and no product has more than 32 bits. */
static inline int8_t tfk_output_table_s8(int32_t accumulator, const int32_t *row)
{
    const uint32_t a = (uint32_t)tfk_clamp(accumulator, 0, row[1]);
    const uint32_t sum = a * (uint32_t)row[2] + ((a * (uint32_t)row[3]) >> 12) + (uint32_t)row[4];
    return (int8_t)((int32_t)sum >> 24);
}

/* Open form: the table form of sums without a bias, for kernels whose sums start with their first product, see
 * codegen/numerics/open_form.py. row: least, most, high, low, constant. */
static inline int8_t tfk_output_open_s8(int32_t accumulator, const int32_t *row)
{
    const int32_t a = tfk_clamp(accumulator, row[0], row[1]);
    const uint32_t sum = (uint32_t)a * (uint32_t)row[2] + (uint32_t)((a * row[3]) >> 12) + (uint32_t)row[4];
    return (int8_t)((int32_t)sum >> 24);
}

/* Signed table form, for zero points inside the activation range: codegen/numerics/signed_table_form.py.
 * row: bias, least, most, high, low, constant from 0 on, constant below 0; or, where a channel has no such form, bias,
 * 1, 0 (no number lies between), multiplier, right shift - 1, zero point, 256 * activation max + (activation min & 255). */
static inline int8_t tfk_output_signed_s8(int32_t accumulator, const int32_t *row)
{
    if (row[1] > row[2]) {
        return tfk_output_scaled_s8(accumulator, row + 2, row[5], (int8_t)(row[6] & 0xff), row[6] >> 8);
    }
    const int32_t a = tfk_clamp(accumulator, row[1], row[2]);
    const uint32_t sum = (uint32_t)a * (uint32_t)row[3] + (uint32_t)((a * row[4]) >> 11);
    return (int8_t)((int32_t)(sum + (uint32_t)row[a < 0 ? 6 : 5]) >> 24);
}

/* Turned form: the signed one with one constant, see codegen/numerics/turned_form.py.
 * row: bias, least, most, high, low below 0, constant, shift; or, where a channel has no such form, the numbers of the
 * signed one, whose low is none below 0. */
static inline int8_t tfk_output_turned_s8(int32_t accumulator, const int32_t *row)
{
    if (row[4] >= 0) {
        return tfk_output_signed_s8(accumulator, row);
    }
    const uint32_t a = (uint32_t)tfk_clamp(accumulator, row[1], row[2]);
    const uint32_t sum = a * (uint32_t)row[3] + ((a * (uint32_t)row[4]) >> row[6]) + (uint32_t)row[5];
    return (int8_t)((int32_t)sum >> 24);
}

/* For kernels of MAC16: what an accumulator starts with, */
static inline int32_t tfk_start_of_row(const int32_t *row, int32_t form)
{
    return form == TFK_OPEN_ROW ? 0 : row[0];
}

/* and its output. */
static inline int8_t tfk_output_row_s8(int32_t accumulator, const int32_t *row, int32_t form)
{
    return form == TFK_OPEN_ROW ? tfk_output_open_s8(accumulator, row) : tfk_output_turned_s8(accumulator, row);
}

/* An accumulator to its int8 output, any shift: see tfk_requantize. */
static inline int8_t tfk_output_any_s8(int32_t accumulator, int32_t multiplier, int32_t shift, int32_t zero_point,
                                       int32_t low, int32_t high)
{
    return (int8_t)tfk_clamp(tfk_requantize(accumulator, multiplier, shift) + zero_point, low, high);
}

#endif
