/* Rows of halfwords times one filter: the inner loops of strips of pixels.
 *
 * Bytes are expanded to halfwords once, so that the products need no sign extension. A strip holds several pixels
 * (or windows) of `depth` values each, a multiple of 4, with 128 added: X = x + 128. A filter is expanded for a whole
 * strip and meets all its pixels before the next filter follows:
 *     sum of (x - zero point) * w = sum of X * w - (128 + zero point) * sum of w,
 * where the second sum belongs to the filter and is in its bias.
 *
 * Order in a group of four: halfwords 0, 1, 2, 3 hold bytes 0, 2, 1, 3 of a word, for two masks make two words. Filters
 * lie in int32 words whose bytes hold w + 127; the values that become upper halves are one larger where the lower
 * half is negative, for the subtraction that makes them signed borrows there (codegen/numerics/halfword_filters.py). */
#ifndef TFK_STRIP_PRODUCTS_H
#define TFK_STRIP_PRODUCTS_H

#include <stdint.h>
#include <string.h>

#include "mac16.h"
#include "requantize.h"

/* Values of a pixel or filter as they are expanded. */
static inline int32_t tfk_strip_depth(int32_t depth)
{
    return (depth + 3) & ~3;
}

/* Bytes of scratch for a filter and a strip of pixels: both are followed by words that are loaded and not used. */
static inline int32_t tfk_strip_bytes(int32_t depth, int32_t pixels)
{
    const int32_t filter = tfk_strip_depth(depth) + 2, strip = pixels * tfk_strip_depth(depth) + 8;
    return 3 + 2 * filter + 2 * strip; /* 3: the scratch starts at any address */
}

/* Scratch from its first multiple of 4 on. */
static inline int16_t *tfk_strip_aligned(uint8_t *scratch)
{
    return (int16_t *)(void *)(scratch + (-(uintptr_t)scratch & 3u));
}

#if defined(TINYFACE_MAC16)
#include "strip_expand_mac16.h"
#else
/* Four bytes of each word with 128 added. word: int8 [4] each as they lie in it; halves: 2 words each. */
static inline void tfk_expand_aligned(const uint32_t *word, int32_t groups, uint32_t *halves)
{
    for (; groups > 0; groups--, halves += 2) {
        const uint32_t shifted = *word++ ^ 0x80808080u;
        halves[0] = shifted & 0x00ff00ffu;
        halves[1] = (shifted >> 8) & 0x00ff00ffu;
    }
}
#endif

/* Groups of four at an address that is no multiple of 4; the rest as below. */
static TFK_APART void tfk_expand_apart(const int8_t *values, int32_t groups, int16_t *x)
{
    for (; groups > 0; groups--, values += 4, x += 4) {
        x[0] = (int16_t)((uint8_t)values[0] ^ 0x80);
        x[1] = (int16_t)((uint8_t)values[2] ^ 0x80);
        x[2] = (int16_t)((uint8_t)values[1] ^ 0x80);
        x[3] = (int16_t)((uint8_t)values[3] ^ 0x80);
    }
}

/* values: int8 [4 * groups] at any address; x: int16 [4 * groups], in the order of groups. */
static inline void tfk_expand_groups(const int8_t *values, int32_t groups, int16_t *x)
{
    if (((uintptr_t)values & 3u) == 0) {
        tfk_expand_aligned((const uint32_t *)(const void *)values, groups, (uint32_t *)(void *)x);
    } else {
        tfk_expand_apart(values, groups, x);
    }
}

/* The same for any number of values, in their own order. */
static inline void tfk_expand_values(const int8_t *values, int32_t count, int16_t *x)
{
    for (; count > 0; count--) {
        *x++ = (int16_t)((uint8_t)*values++ ^ 0x80);
    }
}

/* One value many times. value: -128 .. 127. */
static inline void tfk_expand_same(int32_t value, int32_t count, int16_t *x)
{
    for (; count > 0; count--) {
        *x++ = (int16_t)(value + 128);
    }
}

/* One filter meets the pixels of a strip in plain C: an output byte of each.
 * x: int16 [pixels, 4 * groups] and 4 words; w: int16 [4 * groups] and its first two again; row: TFK_OPEN_ROW or
 * TFK_TURNED_ROW numbers; y: int8, one each `step` bytes. pixels, groups: at least 1. */
static inline void tfk_strip_channel_plain(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                           const int32_t *row, int32_t form, int8_t *y, int32_t step)
{
    for (; pixels > 0; pixels--, y += step) {
        const int16_t *k = w;
        int32_t sum = tfk_start_of_row(row, form);
        for (int32_t i = groups; i > 0; i--, x += 4, k += 4) {
            sum += x[0] * k[0] + x[1] * k[1] + x[2] * k[2] + x[3] * k[3];
        }
        *y = tfk_output_row_s8(sum, row, form);
    }
}

#if defined(TINYFACE_MAC16)
#include "strip_products_mac16.h"
#else
/* A filter's words to halfwords, and its first two again behind them.
 * packed: int32 [groups]; w: int16 [4 * groups + 2]. */
static inline void tfk_expand_filter(const int32_t *packed, int32_t groups, int16_t *w)
{
    const uint32_t mask = 0x00ff00ffu, bias = 0x007f007fu;
    uint32_t *halves = (uint32_t *)(void *)w;
    for (int32_t i = groups; i > 0; i--, halves += 2) {
        const uint32_t word = (uint32_t)*packed++;
        halves[0] = (word & mask) - bias;
        halves[1] = ((word >> 8) & mask) - bias;
    }
    halves[0] = *(const uint32_t *)(const void *)w;
}

/* What a window sees of several lines times a filter. x: int16, the first line; below: halfwords from one line to the
 * next; w: int16 [4 * groups] a line. */
static inline int32_t tfk_lines_sum(const int16_t *x, int32_t below, const int16_t *w, int32_t groups, int32_t lines,
                                    int32_t start)
{
    for (; lines > 0; lines--, x += below) {
        for (int32_t i = 0; i < 4 * groups; i++) {
            start += x[i] * *w++;
        }
    }
    return start;
}

/* Arguments as above. */
static inline void tfk_strip_channel(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                     const int32_t *row, int32_t form, int8_t *y, int32_t step)
{
    tfk_strip_channel_plain(x, pixels, w, groups, row, form, y, step);
}
#endif

#endif
