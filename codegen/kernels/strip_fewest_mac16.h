/* Rows of up to three groups of four values for tfk_strip_channel of strip_products.h: the whole filter stays in
 * registers, so that one pointer walks along the pixels and nothing of it is set again between them.
 *
 * In open form the first product starts the sum: an output costs its products and 11 instructions, or 8 where the slope
 * is whole. In turned form, which has room for two groups, it costs 12. Loads run ahead by 3. */
#ifndef TFK_STRIP_FEWEST_MAC16_H
#define TFK_STRIP_FEWEST_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "mac16.h"
#include "requantize.h"

enum { TFK_FEWEST_OPEN = 3, TFK_FEWEST_TURNED = 2 /* groups at most */ };

/* Products of a pixel with one, two and three groups; of m0, m1 with the words of the next two in turn. */
#define TFK_FEWEST_FIRST(start)                   \
    start ".dd.ll m0, m2\n"                       \
    "mula.dd.hh.ldinc m0, %[x], m0, m2\n"         \
    "mula.dd.ll m1, m3\n"                         \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"
#define TFK_FEWEST_MORE(one, two)                 \
    "mula.da.ll m0, " one "\n"                    \
    "mula.da.hh.ldinc m0, %[x], m0, " one "\n"    \
    "mula.da.ll m1, " two "\n"                    \
    "mula.da.hh.ldinc m1, %[x], m1, " two "\n"
#define TFK_FEWEST_1(start) TFK_FEWEST_FIRST(start)
#define TFK_FEWEST_2(start) TFK_FEWEST_1(start) TFK_FEWEST_MORE("%[k45]", "%[k67]")
#define TFK_FEWEST_3(start) TFK_FEWEST_2(start) TFK_FEWEST_MORE("%[k89]", "%[k1011]")

/* The words of the filter at %[t], the first two pairs of them to m2 and m3. */
#define TFK_FEWEST_WEIGHTS_1      \
    "addi %[t], %[t], -4\n"       \
    "ldinc m2, %[t]\n"            \
    "ldinc m3, %[t]\n"
#define TFK_FEWEST_WEIGHTS_2      \
    TFK_FEWEST_WEIGHTS_1          \
    "l32i %[k45], %[t], 4\n"      \
    "l32i %[k67], %[t], 8\n"
#define TFK_FEWEST_WEIGHTS_3      \
    TFK_FEWEST_WEIGHTS_2          \
    "l32i %[k89], %[t], 12\n"     \
    "l32i %[k1011], %[t], 16\n"
#define TFK_FEWEST_NAMES_1
#define TFK_FEWEST_NAMES_2 , k45, k67
#define TFK_FEWEST_NAMES_3 , k45, k67, k89, k1011
#define TFK_FEWEST_REGISTERS_1
#define TFK_FEWEST_REGISTERS_2 , [k45] "=&r"(k45), [k67] "=&r"(k67)
#define TFK_FEWEST_REGISTERS_3 TFK_FEWEST_REGISTERS_2, [k89] "=&r"(k89), [k1011] "=&r"(k1011)

/* The numbers of the row; %[plus] holds its address before. */
#define TFK_FEWEST_OPEN_NUMBERS   \
    "l32i %[least], %[plus], 0\n" \
    "l32i %[most], %[plus], 4\n"  \
    "l32i %[high], %[plus], 8\n"  \
    "l32i %[low], %[plus], 12\n"  \
    "l32i %[plus], %[plus], 16\n"

/* Before: %[x] one word before the strip, %[y] the first output, %[a] pixels, %[t] the filter. */
#define TFK_FEWEST_ROWS(numbers, weights, before, products, output) \
    numbers weights                                                 \
    "sub %[y], %[y], %[step]\n"                                     \
    "ldinc m0, %[x]\n"                                              \
    "ldinc m1, %[x]\n"                                              \
    "loop %[a], 1f\n" before products                               \
    "rsr %[a], acclo\n" output                                      \
    "1:\n"

#define TFK_FEWEST_FUNCTION(name, count, output)                                                                    \
    static __attribute__((noinline, noclone, unused)) void name(const int16_t *x, int32_t pixels, const int16_t *w, \
                                                                const int32_t *row, int8_t *y, int32_t step)        \
    {                                                                                                               \
        int32_t least, most, high, low TFK_FEWEST_NAMES_##count;                                                    \
        __asm__ volatile(TFK_FEWEST_ROWS(TFK_FEWEST_OPEN_NUMBERS, TFK_FEWEST_WEIGHTS_##count, "",                   \
                                         TFK_FEWEST_##count("mul"), output)                                         \
                         : [x] "+&r"(x), [y] "+&r"(y), [a] "+&r"(pixels), [t] "+&r"(w), [plus] "+&r"(row),          \
                           [least] "=&r"(least), [most] "=&r"(most), [high] "=&r"(high),                            \
                           [low] "=&r"(low)TFK_FEWEST_REGISTERS_##count                                             \
                         : [step] "r"(step)                                                                         \
                         : "memory", "acc");                                                                        \
    }

TFK_FEWEST_FUNCTION(tfk_fewest_open_1, 1, TFK_OPEN_OUTPUT)
TFK_FEWEST_FUNCTION(tfk_fewest_open_2, 2, TFK_OPEN_OUTPUT)
TFK_FEWEST_FUNCTION(tfk_fewest_open_3, 3, TFK_OPEN_OUTPUT)
TFK_FEWEST_FUNCTION(tfk_fewest_whole_1, 1, TFK_WHOLE_OUTPUT)
TFK_FEWEST_FUNCTION(tfk_fewest_whole_2, 2, TFK_WHOLE_OUTPUT)
TFK_FEWEST_FUNCTION(tfk_fewest_whole_3, 3, TFK_WHOLE_OUTPUT)

#define TFK_FEWEST_TURNED_FUNCTION(name, count)                                                                     \
    static __attribute__((noinline, noclone, unused)) void name(const int16_t *x, int32_t pixels, const int16_t *w, \
                                                                const int32_t *row, int8_t *y, int32_t step)        \
    {                                                                                                               \
        int32_t bias, least, most, high, low TFK_FEWEST_NAMES_##count;                                              \
        __asm__ volatile(TFK_FEWEST_ROWS(TFK_TURNED_NUMBERS, TFK_FEWEST_WEIGHTS_##count, "wsr %[bias], acclo\n",    \
                                         TFK_FEWEST_##count("mula"), TFK_TURNED_OUTPUT)                             \
                         : [x] "+&r"(x), [y] "+&r"(y), [a] "+&r"(pixels), [t] "+&r"(w), [plus] "+&r"(row),          \
                           [bias] "=&r"(bias), [least] "=&r"(least), [most] "=&r"(most), [high] "=&r"(high),        \
                           [low] "=&r"(low)TFK_FEWEST_REGISTERS_##count                                             \
                         : [step] "r"(step)                                                                         \
                         : "memory", "acc");                                                                        \
    }

TFK_FEWEST_TURNED_FUNCTION(tfk_fewest_turned_1, 1)
TFK_FEWEST_TURNED_FUNCTION(tfk_fewest_turned_2, 2)

/* Open form, up to TFK_FEWEST_OPEN groups. */
static inline void tfk_fewest_open(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                   const int32_t *row, int8_t *y, int32_t step)
{
    const int whole = row[3] == 0;
    if (groups == 1) {
        (whole ? tfk_fewest_whole_1 : tfk_fewest_open_1)(x, pixels, w, row, y, step);
    } else if (groups == 2) {
        (whole ? tfk_fewest_whole_2 : tfk_fewest_open_2)(x, pixels, w, row, y, step);
    } else {
        (whole ? tfk_fewest_whole_3 : tfk_fewest_open_3)(x, pixels, w, row, y, step);
    }
}

/* Turned form, up to TFK_FEWEST_TURNED groups. */
static inline void tfk_fewest_turned(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                     const int32_t *row, int8_t *y, int32_t step)
{
    (groups == 1 ? tfk_fewest_turned_1 : tfk_fewest_turned_2)(x, pixels, w, row, y, step);
}

#endif
#endif
