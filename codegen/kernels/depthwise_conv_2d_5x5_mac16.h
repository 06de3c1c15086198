/* tfk_5x5_channel of depthwise_conv_2d_5x5.h by MAC16: same arguments, same layouts, same bytes.
 *
 * One asm statement makes all outputs of a filter, strip by strip. One pointer walks over the fifteen words of a window,
 * another one over ten words of the filter, whose other five numbers stay in registers: 25 loads for 25 products, of
 * which the first one starts the sum and carries none. An output costs 39 (open form), 38 (the slope's lower part is
 * a power of two), 36 (whole slope) or 46 (signed form) instructions. Loads run ahead by 2 and 3, and by 4 in places. */
#ifndef TFK_DEPTHWISE_CONV_2D_5X5_MAC16_H
#define TFK_DEPTHWISE_CONV_2D_5X5_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "line_pairs_mac16.h"
#include "strip_products.h"

/* The products of one output with the upper five lines of a strip.
 * Before: m0, m1 = the window's first words, %[x] at the second one; m2 = the filter's first word, %[w] there.
 * back: bytes from the window's last word to the one before the next window. After: the same of the next one. */
#define TFK_5X5_UPPER(back)                                \
    "ldinc m3, %[w]\n"                                     \
    "mul.da.ll m0, %[k05]\n"                               \
    "mula.dd.hl.ldinc m0, %[x], m0, m2\n"                  \
    "mula.dd.lh.ldinc m2, %[w], m1, m2\n"                  \
    "mula.dd.hl.ldinc m1, %[x], m1, m3\n"                  \
    "mula.dd.lh.ldinc m0, %[x], m0, m3\n"                  \
    "mula.da.lh.ldinc m3, %[w], m1, %[k05]\n"              \
    "mula.dd.hl.ldinc m1, %[x], m1, m2\n"                  \
    "mula.dd.lh.ldinc m2, %[w], m0, m2\n"                  \
    "mula.dd.hl.ldinc m0, %[x], m0, m3\n"                  \
    "mula.dd.lh.ldinc m1, %[x], m1, m3\n"                  \
    "mula.da.ll.ldinc m3, %[w], m0, %[k1015]\n"            \
    "mula.dd.hl.ldinc m0, %[x], m0, m2\n"                  \
    "mula.dd.lh.ldinc m2, %[w], m1, m2\n"                  \
    "mula.dd.hl.ldinc m1, %[x], m1, m3\n"                  \
    "mula.dd.lh.ldinc m0, %[x], m0, m3\n"                  \
    "mula.da.lh.ldinc m3, %[w], m1, %[k1015]\n"            \
    "mula.dd.hl.ldinc m1, %[x], m1, m2\n"                  \
    "mula.dd.lh.ldinc m2, %[w], m0, m2\n"                  \
    "mula.dd.hl.ldinc m0, %[x], m0, m3\n"                  \
    "mula.dd.lh.ldinc m1, %[x], m1, m3\n"                  \
    "mula.dd.ll.ldinc m3, %[w], m0, m2\n"                  \
    "addi %[w], %[w], -40\n"                               \
    "mula.dd.lh.ldinc m2, %[w], m1, m2\n"                  \
    "mula.dd.hl.ldinc m1, %[x], m1, m3\n"                  \
    "addi %[x], %[x], -" back "\n"                         \
    "mula.da.hl.ldinc m0, %[x], m0, %[k21]\n"              \
    "mula.dd.lh.ldinc m1, %[x], m1, m3\n"                 

/* The same with the lower five of six lines. */
#define TFK_5X5_LOWER(back)                                \
    "mul.da.hl m0, %[k05]\n"                               \
    "ldinc m0, %[x]\n"                                     \
    "mula.dd.ll.ldinc m3, %[w], m1, m2\n"                  \
    "mula.dd.hh.ldinc m1, %[x], m1, m2\n"                  \
    "mula.dd.ll.ldinc m2, %[w], m0, m3\n"                  \
    "mula.dd.hh.ldinc m0, %[x], m0, m3\n"                  \
    "mula.da.hh.ldinc m1, %[x], m1, %[k05]\n"              \
    "mula.dd.ll.ldinc m3, %[w], m0, m2\n"                  \
    "mula.dd.hh.ldinc m0, %[x], m0, m2\n"                  \
    "mula.dd.ll.ldinc m2, %[w], m1, m3\n"                  \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"                  \
    "mula.da.hl.ldinc m0, %[x], m0, %[k1015]\n"            \
    "mula.dd.ll.ldinc m3, %[w], m1, m2\n"                  \
    "mula.dd.hh.ldinc m1, %[x], m1, m2\n"                  \
    "mula.dd.ll.ldinc m2, %[w], m0, m3\n"                  \
    "mula.dd.hh.ldinc m0, %[x], m0, m3\n"                  \
    "mula.da.hh.ldinc m1, %[x], m1, %[k1015]\n"            \
    "mula.dd.ll.ldinc m3, %[w], m0, m2\n"                  \
    "mula.dd.hh.ldinc m0, %[x], m0, m2\n"                  \
    "mula.dd.ll.ldinc m2, %[w], m1, m3\n"                  \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"                  \
    "mula.dd.hl.ldinc m3, %[w], m0, m2\n"                  \
    "addi %[w], %[w], -40\n"                               \
    "mula.dd.hh.ldinc m2, %[w], m1, m2\n"                  \
    "mula.da.ll.ldinc m1, %[x], m1, %[k21]\n"              \
    "addi %[x], %[x], -" back "\n"                         \
    "mula.dd.ll.ldinc m0, %[x], m1, m3\n"                  \
    "mula.dd.hh.ldinc m1, %[x], m1, m3\n"                 

/* An output: its products, its byte from the forms of requantize.h, its place. In signed form the numbers stay in
 * memory, but for the slope and the larger limit; its own first number is added to the products. */
#define TFK_5X5_OPEN(products) products "rsr %[a], acclo\n" TFK_OPEN_OUTPUT
#define TFK_5X5_SHIFTED(products) products "rsr %[a], acclo\n" TFK_SHIFTED_OUTPUT
#define TFK_5X5_WHOLE(products) products "rsr %[a], acclo\n" TFK_WHOLE_OUTPUT
#define TFK_5X5_SIGNED(products) products TFK_SIGNED_OUTPUT_OF_SUM

/* The numbers of the row to registers, and the weights that stay there. Before: %[t] = the walk. */
#define TFK_5X5_WEIGHTS           \
    "s32i %[t], %[kept]\n"        \
    "l32i %[w], %[t], 28\n"       \
    "l32i %[step], %[t], 24\n"    \
    "l32i %[a], %[t], 32\n"       \
    "l32i %[k05], %[w], 40\n"     \
    "l32i %[k1015], %[w], 44\n"   \
    "l32i %[k21], %[w], 48\n"
#define TFK_5X5_OPEN_NUMBERS      \
    "l32i %[least], %[a], 0\n"    \
    "l32i %[most], %[a], 4\n"     \
    "l32i %[high], %[a], 8\n"    \
    "l32i %[low], %[a], 12\n"     \
    "l32i %[plus], %[a], 16\n"
#define TFK_5X5_SIGNED_NUMBERS    \
    "l32i %[most], %[a], 8\n"     \
    "l32i %[high], %[a], 12\n"    \
    "l32i %[low], %[a], 16\n"     \
    "mov %[row], %[a]\n"

/* Where the first output stands, one step behind %[y], and the filter's first word. Outputs of all lines follow one
 * another, and the filter ends where it starts. Before: %[t] = the walk. */
#define TFK_5X5_FIRST             \
    "l32i %[y], %[t], 4\n"        \
    "addi %[w], %[w], -4\n"       \
    "ldinc m2, %[w]\n"            \
    "sub %[y], %[y], %[step]\n"

/* The start of a line of outputs. */
#define TFK_5X5_LINE              \
    "l32i %[t], %[kept]\n"        \
    "l32i %[x], %[t], 0\n"        \
    "l32i %[a], %[t], 20\n"       \
    "addi %[x], %[x], -4\n"       \
    "ldinc m0, %[x]\n"            \
    "ldinc m1, %[x]\n"

/* The next strip is noted; %[a]: how many are left. */
#define TFK_5X5_NEXT              \
    "l32i %[t], %[kept]\n"        \
    "l32i %[x], %[t], 0\n"        \
    "l32i %[a], %[t], 16\n"       \
    "add %[x], %[x], %[a]\n"      \
    "l32i %[a], %[t], 12\n"       \
    "s32i %[x], %[t], 0\n"        \
    "addi %[a], %[a], -1\n"       \
    "s32i %[a], %[t], 12\n"

/* Stride 1: two lines of outputs from a strip, but for the last one where `single` says so. */
#define TFK_5X5_BY_ONE(numbers, output)                    \
    TFK_5X5_WEIGHTS numbers TFK_5X5_FIRST                  \
    "1:\n" TFK_5X5_LINE                                    \
    "loop %[a], 2f\n" output(TFK_5X5_UPPER("48"))          \
    "2: l32i %[t], %[kept]\n"                              \
    "l32i %[a], %[t], 12\n"                                \
    "l32i %[t], %[t], 36\n"                                \
    "beq %[a], %[t], 4f\n"                                 \
    TFK_5X5_LINE                                           \
    "loop %[a], 3f\n" output(TFK_5X5_LOWER("48"))          \
    "3:\n" TFK_5X5_NEXT                                    \
    "bnez %[a], 1b\n"                                      \
    "4:\n"

/* Stride 2. */
#define TFK_5X5_BY_TWO(numbers, output)                    \
    TFK_5X5_WEIGHTS numbers TFK_5X5_FIRST                  \
    "1:\n" TFK_5X5_LINE                                    \
    "loop %[a], 3f\n" output(TFK_5X5_UPPER("36"))          \
    "3:\n" TFK_5X5_NEXT                                    \
    "bnez %[a], 1b\n"

/* Functions of one argument each, so that all registers but one are free; that one is kept on the stack. Those of the
 * shapes that a model has stay. */
#define TFK_5X5_WALK(name, walk, numbers, output, more, ...)                                                        \
    static __attribute__((noinline, noclone, unused)) void name(tfk_5x5_walk *b)                                    \
    {                                                                                                               \
        int32_t x, w, y, a, k05, k1015, k21, most, high, low, step, kept, __VA_ARGS__;                              \
        __asm__ volatile(walk(numbers, output)                                                                      \
                         : [t] "+&r"(b), [x] "=&r"(x), [w] "=&r"(w), [y] "=&r"(y), [a] "=&r"(a), [k05] "=&r"(k05),  \
                           [k1015] "=&r"(k1015), [k21] "=&r"(k21), [most] "=&r"(most), [high] "=&r"(high),          \
                           [low] "=&r"(low), [step] "=&r"(step), more, [kept] "=m"(kept)                            \
                         :                                                                                          \
                         : "memory", "acc");                                                                        \
    }
#define TFK_5X5_OPEN_WALK(name, walk, shift, output) \
    TFK_5X5_WALK(name, walk, TFK_5X5_OPEN_NUMBERS shift, output, TFK_5X5_OPEN_MORE, least, plus)
#define TFK_5X5_OPEN_MORE [least] "=&r"(least), [plus] "=&r"(plus)
#define TFK_5X5_SIGNED_WALK(name, walk) \
    TFK_5X5_WALK(name, walk, TFK_5X5_SIGNED_NUMBERS, TFK_5X5_SIGNED, TFK_5X5_SIGNED_MORE, u, row)
#define TFK_5X5_SIGNED_MORE [u] "=&r"(u), [row] "=&r"(row)

TFK_5X5_OPEN_WALK(tfk_5x5_one_open, TFK_5X5_BY_ONE, "", TFK_5X5_OPEN)
TFK_5X5_OPEN_WALK(tfk_5x5_two_open, TFK_5X5_BY_TWO, "", TFK_5X5_OPEN)
TFK_5X5_OPEN_WALK(tfk_5x5_one_shifted, TFK_5X5_BY_ONE, TFK_SHIFT_OF_SLOPE, TFK_5X5_SHIFTED)
TFK_5X5_OPEN_WALK(tfk_5x5_one_whole, TFK_5X5_BY_ONE, "", TFK_5X5_WHOLE)
TFK_5X5_OPEN_WALK(tfk_5x5_two_shifted, TFK_5X5_BY_TWO, TFK_SHIFT_OF_SLOPE, TFK_5X5_SHIFTED)
TFK_5X5_OPEN_WALK(tfk_5x5_two_whole, TFK_5X5_BY_TWO, "", TFK_5X5_WHOLE)
TFK_5X5_SIGNED_WALK(tfk_5x5_one_signed, TFK_5X5_BY_ONE)
TFK_5X5_SIGNED_WALK(tfk_5x5_two_signed, TFK_5X5_BY_TWO)

TFK_PAIRS_OF_PLANES(tfk_5x5_pairs, "12", "24", "36", "48") /* TFK_5X5_COLUMN */

static TFK_SELDOM void tfk_5x5_plain(const tfk_5x5_walk *b, const int32_t *packed, int32_t stride, int32_t form)
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
    if (form == TFK_OPEN_ROW) {
        const int slope = tfk_slope_of_row(b->row);
        if (slope == TFK_WHOLE_SLOPE) {
            (stride == 1 ? tfk_5x5_one_whole : tfk_5x5_two_whole)(b);
        } else if (slope == TFK_SHIFTED_SLOPE) {
            (stride == 1 ? tfk_5x5_one_shifted : tfk_5x5_two_shifted)(b);
        } else {
            (stride == 1 ? tfk_5x5_one_open : tfk_5x5_two_open)(b);
        }
    } else if (stride == 1) {
        tfk_5x5_one_signed(b);
    } else {
        tfk_5x5_two_signed(b);
    }
}

#endif
#endif
