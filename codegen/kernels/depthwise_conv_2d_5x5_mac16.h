/* tfk_5x5_channel of depthwise_conv_2d_5x5.h by MAC16: same arguments, same layouts, same bytes.
 *
 * One asm statement makes all outputs of a filter, strip by strip. One pointer walks over the fifteen words of a window,
 * another one over the thirteen of the filter: 28 loads for 25 products, of which products carry 24. An output costs 43
 * (table form) or 47 (signed form) instructions. Loads run ahead by 2 and 3, and in four places further: a word that
 * gives one half alone leaves its register earlier, or makes the next one hurry. No order of the products that are by
 * columns has fewer instructions, and none as short waits at fewer places: all of them were tried. */
#ifndef TFK_DEPTHWISE_CONV_2D_5X5_MAC16_H
#define TFK_DEPTHWISE_CONV_2D_5X5_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "strip_products.h"

/* The products of one output with the upper five lines of a strip.
 * Before: m0, m1 = the window's first words, %[x] at the second one; m2 = the filter's first word, %[w] there.
 * back: bytes from the window's last word to the one before the next window. After: the same of the next one. */
#define TFK_5X5_UPPER(back)                   \
    "mula.dd.ll.ldinc m3, %[w], m0, m2\n"     \
    "mula.dd.hh.ldinc m0, %[x], m0, m2\n"     \
    "mula.dd.ll.ldinc m2, %[w], m1, m3\n"     \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"     \
    "ldinc m3, %[w]\n"                        \
    "mula.dd.ll.ldinc m0, %[x], m0, m2\n"     \
    "mula.dd.lh.ldinc m2, %[w], m1, m2\n"     \
    "mula.dd.hl.ldinc m1, %[x], m1, m3\n"     \
    "mula.dd.lh.ldinc m3, %[w], m0, m3\n"     \
    "mula.dd.hl.ldinc m0, %[x], m0, m2\n"     \
    "mula.dd.lh.ldinc m1, %[x], m1, m2\n"     \
    "mula.dd.ll.ldinc m2, %[w], m0, m3\n"     \
    "mula.dd.hh.ldinc m0, %[x], m0, m3\n"     \
    "mula.dd.ll.ldinc m3, %[w], m1, m2\n"     \
    "mula.dd.hh.ldinc m1, %[x], m1, m2\n"     \
    "ldinc m2, %[w]\n"                        \
    "mula.dd.ll.ldinc m0, %[x], m0, m3\n"     \
    "mula.dd.lh.ldinc m3, %[w], m1, m3\n"     \
    "mula.dd.hl.ldinc m1, %[x], m1, m2\n"     \
    "mula.dd.lh.ldinc m2, %[w], m0, m2\n"     \
    "mula.dd.hl.ldinc m0, %[x], m0, m3\n"     \
    "mula.dd.lh.ldinc m1, %[x], m1, m3\n"     \
    "mula.dd.ll.ldinc m3, %[w], m0, m2\n"     \
    "mula.dd.hh.ldinc m0, %[x], m0, m2\n"     \
    "addi %[x], %[x], -" back "\n"            \
    "mula.dd.ll.ldinc m2, %[w], m1, m3\n"     \
    "addi %[w], %[w], -52\n"                  \
    "mula.dd.hh m1, m3\n"                     \
    "mula.dd.ll.ldinc m0, %[x], m0, m2\n"     \
    "ldinc m2, %[w]\n"                        \
    "ldinc m1, %[x]\n"

/* The same with the lower five of six lines. */
#define TFK_5X5_LOWER(back)                   \
    "mula.dd.hl.ldinc m3, %[w], m0, m2\n"     \
    "mula.dd.lh.ldinc m0, %[x], m1, m2\n"     \
    "mula.dd.hl.ldinc m2, %[w], m1, m3\n"     \
    "ldinc m1, %[x]\n"                        \
    "mula.dd.lh.ldinc m3, %[w], m0, m3\n"     \
    "mula.dd.hl.ldinc m0, %[x], m0, m2\n"     \
    "mula.dd.hh.ldinc m1, %[x], m1, m2\n"     \
    "mula.dd.ll.ldinc m2, %[w], m0, m3\n"     \
    "mula.dd.hh.ldinc m0, %[x], m0, m3\n"     \
    "mula.dd.ll.ldinc m3, %[w], m1, m2\n"     \
    "mula.dd.hh.ldinc m1, %[x], m1, m2\n"     \
    "ldinc m2, %[w]\n"                        \
    "mula.dd.hl.ldinc m0, %[x], m0, m3\n"     \
    "mula.dd.lh.ldinc m3, %[w], m1, m3\n"     \
    "mula.dd.hl.ldinc m1, %[x], m1, m2\n"     \
    "mula.dd.lh.ldinc m2, %[w], m0, m2\n"     \
    "mula.dd.hl.ldinc m0, %[x], m0, m3\n"     \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"     \
    "mula.dd.ll.ldinc m3, %[w], m0, m2\n"     \
    "mula.dd.hh.ldinc m0, %[x], m0, m2\n"     \
    "mula.dd.ll.ldinc m2, %[w], m1, m3\n"     \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"     \
    "mula.dd.hl.ldinc m3, %[w], m0, m2\n"     \
    "mula.dd.lh.ldinc m0, %[x], m1, m2\n"     \
    "addi %[x], %[x], -" back "\n"            \
    "mula.dd.hl.ldinc m2, %[w], m1, m3\n"     \
    "addi %[w], %[w], -52\n"                  \
    "mula.dd.lh m0, m3\n"                     \
    "mula.dd.hl.ldinc m0, %[x], m0, m2\n"     \
    "ldinc m2, %[w]\n"                        \
    "ldinc m1, %[x]\n"

/* Around the products of an output: its bias, its byte from the forms of requantize.h, its place. */
#define TFK_5X5_TABLE(products)   \
    "wsr %[bias], acclo\n"        \
    products                      \
    "rsr %[a], acclo\n"           \
    TFK_TABLE_OUTPUT              \
    "add %[y], %[y], %[pixel]\n"
#define TFK_5X5_SIGNED(products)  \
    "l32i %[t], %[row], 0\n"      \
    "wsr %[t], acclo\n"           \
    products                      \
    "rsr %[a], acclo\n"           \
    TFK_SIGNED_OUTPUT_FROM_ROW    \
    "add %[y], %[y], %[pixel]\n"

/* The numbers of the row to registers. */
#define TFK_5X5_TABLE_NUMBERS     \
    "l32i %[t], %[b], 32\n"       \
    "l32i %[pixel], %[b], 24\n"   \
    "movi %[least], 0\n"          \
    "l32i %[bias], %[t], 0\n"     \
    "l32i %[most], %[t], 4\n"     \
    "l32i %[high], %[t], 8\n"     \
    "l32i %[low], %[t], 12\n"     \
    "l32i %[plus], %[t], 16\n"
#define TFK_5X5_SIGNED_NUMBERS    \
    "l32i %[row], %[b], 32\n"     \
    "l32i %[pixel], %[b], 24\n"   \
    "l32i %[least], %[row], 4\n"  \
    "l32i %[most], %[row], 8\n"   \
    "l32i %[high], %[row], 12\n"  \
    "l32i %[low], %[row], 16\n"

/* The start of a line of outputs; the line after it is noted. */
#define TFK_5X5_LINE              \
    "l32i %[x], %[b], 0\n"        \
    "l32i %[y], %[b], 4\n"        \
    "l32i %[t], %[b], 8\n"        \
    "l32i %[w], %[b], 28\n"       \
    "l32i %[a], %[b], 20\n"       \
    "add %[t], %[t], %[y]\n"      \
    "s32i %[t], %[b], 4\n"        \
    "addi %[x], %[x], -4\n"       \
    "addi %[w], %[w], -4\n"       \
    "ldinc m0, %[x]\n"            \
    "ldinc m2, %[w]\n"            \
    "ldinc m1, %[x]\n"

/* The next strip is noted; %[a]: how many are left. */
#define TFK_5X5_NEXT              \
    "l32i %[t], %[b], 0\n"        \
    "l32i %[a], %[b], 16\n"       \
    "add %[t], %[t], %[a]\n"      \
    "l32i %[a], %[b], 12\n"       \
    "s32i %[t], %[b], 0\n"        \
    "addi %[a], %[a], -1\n"       \
    "s32i %[a], %[b], 12\n"

/* Stride 1: two lines of outputs from a strip, but for the last one where `single` says so. */
#define TFK_5X5_BY_ONE(numbers, output)                    \
    numbers                                                \
    "1:\n" TFK_5X5_LINE                                    \
    "loop %[a], 2f\n" output(TFK_5X5_UPPER("48"))          \
    "2: l32i %[a], %[b], 12\n"                             \
    "l32i %[t], %[b], 36\n"                                \
    "beq %[a], %[t], 4f\n"                                 \
    TFK_5X5_LINE                                           \
    "loop %[a], 3f\n" output(TFK_5X5_LOWER("48"))          \
    "3:\n" TFK_5X5_NEXT                                    \
    "bnez %[a], 1b\n"                                      \
    "4:\n"

/* Stride 2. */
#define TFK_5X5_BY_TWO(numbers, output)                    \
    numbers                                                \
    "1:\n" TFK_5X5_LINE                                    \
    "loop %[a], 3f\n" output(TFK_5X5_UPPER("36"))          \
    "3:\n" TFK_5X5_NEXT                                    \
    "bnez %[a], 1b\n"

/* Functions of one argument each, so that all registers are free: those of the shapes that a model has stay. */
#define TFK_5X5_WALK_TABLE(name, walk)                                                                              \
    static __attribute__((noinline, noclone, unused)) void name(tfk_5x5_walk *b)                                    \
    {                                                                                                               \
        int32_t x, w, y, a, t, least, most, high, low, plus, bias, pixel;                                           \
        __asm__ volatile(walk(TFK_5X5_TABLE_NUMBERS, TFK_5X5_TABLE)                                                 \
                         : [x] "=&r"(x), [w] "=&r"(w), [y] "=&r"(y), [a] "=&r"(a), [t] "=&r"(t),                    \
                           [least] "=&r"(least), [most] "=&r"(most), [high] "=&r"(high), [low] "=&r"(low),          \
                           [plus] "=&r"(plus), [bias] "=&r"(bias), [pixel] "=&r"(pixel)                             \
                         : [b] "r"(b)                                                                               \
                         : "memory", "acc");                                                                        \
    }
#define TFK_5X5_WALK_SIGNED(name, walk)                                                                             \
    static __attribute__((noinline, noclone, unused)) void name(tfk_5x5_walk *b)                                    \
    {                                                                                                               \
        int32_t x, w, y, a, t, u, least, most, high, low, row, pixel;                                               \
        __asm__ volatile(walk(TFK_5X5_SIGNED_NUMBERS, TFK_5X5_SIGNED)                                               \
                         : [x] "=&r"(x), [w] "=&r"(w), [y] "=&r"(y), [a] "=&r"(a), [t] "=&r"(t), [u] "=&r"(u),      \
                           [least] "=&r"(least), [most] "=&r"(most), [high] "=&r"(high), [low] "=&r"(low),          \
                           [row] "=&r"(row), [pixel] "=&r"(pixel)                                                   \
                         : [b] "r"(b)                                                                               \
                         : "memory", "acc");                                                                        \
    }

TFK_5X5_WALK_TABLE(tfk_5x5_one_table, TFK_5X5_BY_ONE)
TFK_5X5_WALK_TABLE(tfk_5x5_two_table, TFK_5X5_BY_TWO)
TFK_5X5_WALK_SIGNED(tfk_5x5_one_signed, TFK_5X5_BY_ONE)
TFK_5X5_WALK_SIGNED(tfk_5x5_two_signed, TFK_5X5_BY_TWO)

static TFK_APART void tfk_5x5_plain(const tfk_5x5_walk *b, const int32_t *packed, int32_t stride, int32_t form)
{
    tfk_5x5_channel_plain(b, packed, stride, form);
}

/* See depthwise_conv_2d_5x5.h. */
static inline void tfk_5x5_channel(tfk_5x5_walk *b, const int32_t *packed, int16_t *filter, int32_t stride,
                                   int32_t form)
{
    if (form == TFK_SIGNED_ROW && b->row[1] > b->row[2]) {
        tfk_5x5_plain(b, packed, stride, form);
        return;
    }
    tfk_expand_filter(packed, TFK_5X5_GROUPS, filter);
    b->w = filter;
    if (form == TFK_TABLE_ROW) {
        if (stride == 1) {
            tfk_5x5_one_table(b);
        } else {
            tfk_5x5_two_table(b);
        }
    } else if (stride == 1) {
        tfk_5x5_one_signed(b);
    } else {
        tfk_5x5_two_signed(b);
    }
}

#endif
#endif
