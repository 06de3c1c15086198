/* tfk_band_channel and tfk_band_words of depthwise_conv_2d_bands.h by MAC16: same arguments, same layouts, same bytes.
 *
 * One asm statement makes all outputs of a filter, line by line. Two pointers walk along the two lines of words that an
 * output sees; the first product starts the sum, and the others load the words that are needed two or three products
 * later. An output costs 9 products and 11 (open form), 8 (whole slope) or 17 (signed form) instructions besides; at
 * stride 2 10, where the slope's lower part is a power of two: four outputs in a loop are too much code for that.
 *
 * Of the nine weights k0 to k8, column by column, m2 holds k0 and k1, m3 k2 and k3, and address registers the others:
 * %[k45], %[k67], %[k8]. m0 holds words of the upper pair (%[p]), m1 those of the lower one (%[q]). */
#ifndef TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#define TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "line_pairs_mac16.h"
#include "mac16.h"
#include "requantize.h"

/* Products of an output whose upper line stands in the lower halves: both halves of the upper pair, the lower halves of
 * the other one. By columns from left to right.
 * Before: m0, m1 = the first column's words. After: the third one's. */
#define TFK_BAND_UPPER                            \
    "mul.dd.ll m0, m2\n"                          \
    "mula.dd.hh.ldinc m0, %[p], m0, m2\n"         \
    "mula.dd.ll.ldinc m1, %[q], m1, m3\n"         \
    "mula.dd.lh m0, m3\n"                         \
    "mula.da.hl.ldinc m0, %[p], m0, %[k45]\n"     \
    "mula.da.lh.ldinc m1, %[q], m1, %[k45]\n"     \
    "mula.da.ll m0, %[k67]\n"
/* Stride 2: the third column is the first one of the next output. */
#define TFK_BAND_UPPER_TWO                        \
    TFK_BAND_UPPER                                \
    "mula.da.hh m0, %[k67]\n"                     \
    "mula.da.ll m1, %[k8]\n"
/* Stride 1. After: the column behind the third one, which is the last one of the next output. */
#define TFK_BAND_UPPER_RIGHT                      \
    TFK_BAND_UPPER                                \
    "mula.da.hh.ldinc m0, %[p], m0, %[k67]\n"     \
    "mula.da.ll.ldinc m1, %[q], m1, %[k8]\n"
/* The next output by columns from right to left. After: its second column, which is the first one of the next. */
#define TFK_BAND_UPPER_LEFT                       \
    "mul.da.ll m0, %[k67]\n"                      \
    "mula.da.hh.lddec m0, %[p], m0, %[k67]\n"     \
    "mula.da.ll.lddec m1, %[q], m1, %[k8]\n"      \
    "mula.dd.lh m0, m3\n"                         \
    "mula.da.hl.lddec m0, %[p], m0, %[k45]\n"     \
    "mula.da.lh.lddec m1, %[q], m1, %[k45]\n"     \
    "mula.dd.ll m0, m2\n"                         \
    "mula.dd.hh.ldinc m0, %[p], m0, m2\n"         \
    "mula.dd.ll.ldinc m1, %[q], m1, m3\n"

/* The same two for an output whose upper line stands in the upper halves. */
#define TFK_BAND_LOWER_RIGHT                      \
    "mul.dd.lh m1, m2\n"                          \
    "mula.dd.hl.ldinc m0, %[p], m0, m2\n"         \
    "mula.dd.hl.ldinc m1, %[q], m1, m3\n"         \
    "mula.dd.hh.ldinc m0, %[p], m0, m3\n"         \
    "mula.da.ll m1, %[k45]\n"                     \
    "mula.da.hh.ldinc m1, %[q], m1, %[k45]\n"     \
    "mula.da.hl.ldinc m0, %[p], m0, %[k67]\n"     \
    "mula.da.lh m1, %[k67]\n"                     \
    "mula.da.hl.ldinc m1, %[q], m1, %[k8]\n"
#define TFK_BAND_LOWER_LEFT                       \
    "mul.da.lh m1, %[k67]\n"                      \
    "mula.da.hl.lddec m0, %[p], m0, %[k67]\n"     \
    "mula.da.hl.lddec m1, %[q], m1, %[k8]\n"      \
    "mula.dd.hh.lddec m0, %[p], m0, m3\n"         \
    "mula.da.ll m1, %[k45]\n"                     \
    "mula.da.hh.lddec m1, %[q], m1, %[k45]\n"     \
    "mula.dd.hl.ldinc m0, %[p], m0, m2\n"         \
    "mula.dd.lh m1, m2\n"                         \
    "mula.dd.hl.ldinc m1, %[q], m1, m3\n"

/* An output: its products, its byte from the forms of requantize.h, its place. In signed form the numbers stay in
 * memory, but for the slope and the larger limit; its own first number is added to the products. */
#define TFK_BAND_OPEN(products) products "rsr %[a], acclo\n" TFK_OPEN_OUTPUT
#define TFK_BAND_SHIFTED(products) products "rsr %[a], acclo\n" TFK_SHIFTED_OUTPUT
#define TFK_BAND_WHOLE(products) products "rsr %[a], acclo\n" TFK_WHOLE_OUTPUT
#define TFK_BAND_SIGNED(products) products TFK_SIGNED_OUTPUT_OF_SUM

/* The numbers of the row to registers. Before: %[t] = the walk. */
#define TFK_BAND_OPEN_NUMBERS     \
    "l32i %[a], %[t], 36\n"       \
    "l32i %[step], %[t], 28\n"    \
    "l32i %[least], %[a], 0\n"    \
    "l32i %[most], %[a], 4\n"     \
    "l32i %[high], %[a], 8\n"    \
    "l32i %[low], %[a], 12\n"     \
    "l32i %[plus], %[a], 16\n"
#define TFK_BAND_SIGNED_NUMBERS   \
    "l32i %[row], %[t], 36\n"     \
    "l32i %[step], %[t], 28\n"    \
    "l32i %[most], %[row], 8\n"   \
    "l32i %[high], %[row], 12\n"  \
    "l32i %[low], %[row], 16\n"

/* Bytes to halfwords as tfk_expand_filter does it. Before: %[t] = the walk, which is kept; after: the same. */
#define TFK_BAND_PAIR(to, from) "and " to ", " from ", %[p]\n sub " to ", " to ", %[q]\n"
#define TFK_BAND_WEIGHTS               \
    "s32i %[t], %[kept]\n"             \
    "l32i %[t], %[t], 32\n"            \
    "movi %[p], 0x00ff00ff\n"          \
    "movi %[q], 0x007f007f\n"          \
    "l32i %[k45], %[t], 0\n"           \
    "l32i %[k67], %[t], 4\n"           \
    "l32i %[k8], %[t], 8\n"            \
    TFK_BAND_PAIR("%[t]", "%[k45]")    \
    "wsr %[t], m2\n"                   \
    "srli %[t], %[k45], 8\n"           \
    TFK_BAND_PAIR("%[t]", "%[t]")      \
    "wsr %[t], m3\n"                   \
    TFK_BAND_PAIR("%[k45]", "%[k67]")  \
    "srli %[k67], %[k67], 8\n"         \
    TFK_BAND_PAIR("%[k67]", "%[k67]")  \
    TFK_BAND_PAIR("%[k8]", "%[k8]")    \
    "l32i %[t], %[kept]\n"

/* Where the first output stands: one step behind %[y]. Those of all lines follow one another. */
#define TFK_BAND_FIRST                 \
    "l32i %[y], %[t], 4\n"             \
    "sub %[y], %[y], %[step]\n"

/* The start of a line of outputs at stride 1; it is noted that the one after it starts at `next` in the plane.
 * Before: %[t] = the walk. After: m0, m1 = the first words. */
#define TFK_BAND_LINE(next)            \
    "l32i %[p], %[t], 40\n"            \
    "l32i %[q], %[t], 16\n"            \
    "add %[q], %[p], %[q]\n"           \
    "s32i " next ", %[t], 40\n"        \
    "ldinc m0, %[p]\n"                 \
    "ldinc m1, %[q]\n"
/* Counts lines down: %[a]. */
#define TFK_BAND_DOWN                  \
    "l32i %[t], %[kept]\n"             \
    "l32i %[a], %[t], 12\n"            \
    "addi %[a], %[a], -1\n"            \
    "s32i %[a], %[t], 12\n"
/* Leaves for label 9 behind the last line. */
#define TFK_BAND_END TFK_BAND_DOWN "beqz %[a], 9f\n"

/* Stride 1: outputs in pairs. Where outputs are odd, `start` is two words further on, and the loop starts in its middle
 * with one from right to left: its registers are set as LOOP would do it. Before: %[t] = the walk. */
#define TFK_BAND_TURNS(output, right, left)     \
    "l32i %[a], %[t], 20\n"                     \
    "l32i %[t], %[t], 24\n"                     \
    "beqz %[t], 2f\n"                           \
    "movi %[t], 3f\n"                           \
    "wsr %[t], lbeg\n"                          \
    "movi %[t], 5f\n"                           \
    "wsr %[t], lend\n"                          \
    "wsr %[a], lcount\n"                        \
    "isync\n"                                   \
    "j 4f\n"                                    \
    "2: loopgtz %[a], 5f\n"                     \
    "3:\n" output(right)                        \
    "4:\n" output(left)                         \
    "5:\n"
#define TFK_BAND_BY_ONE(numbers, output)                                                \
    TFK_BAND_WEIGHTS numbers TFK_BAND_FIRST                                             \
    "1:\n" TFK_BAND_LINE("%[p]")                                                        \
    TFK_BAND_TURNS(output, TFK_BAND_UPPER_RIGHT, TFK_BAND_UPPER_LEFT)                   \
    TFK_BAND_END TFK_BAND_LINE("%[q]")                                                  \
    TFK_BAND_TURNS(output, TFK_BAND_LOWER_RIGHT, TFK_BAND_LOWER_LEFT)                   \
    TFK_BAND_END                                                                        \
    "j 1b\n"                                                                            \
    "9:\n"
/* Stride 2: both pointers end one word before the next line's words. */
#define TFK_BAND_BY_TWO(numbers, output)                                                \
    TFK_BAND_WEIGHTS numbers TFK_BAND_FIRST                                             \
    "l32i %[p], %[t], 40\n"                                                             \
    "l32i %[q], %[t], 16\n"                                                             \
    "add %[q], %[p], %[q]\n"                                                            \
    "1: l32i %[a], %[t], 20\n"                                                          \
    "ldinc m0, %[p]\n"                                                                  \
    "ldinc m1, %[q]\n"                                                                  \
    "loop %[a], 3f\n" output(TFK_BAND_UPPER_TWO)                                        \
    "3:\n" TFK_BAND_DOWN                                                                \
    "bnez %[a], 1b\n"

/* Functions of one argument each, so that all registers but one are free; that one is kept on the stack. Those of the
 * shapes that a model has stay. */
#define TFK_BAND_WALK(name, walk, numbers, output, more, ...)                                                       \
    static __attribute__((noinline, noclone, unused)) void name(tfk_band *b)                                       \
    {                                                                                                              \
        int32_t p, q, y, a, k45, k67, k8, most, high, low, step, kept, __VA_ARGS__;                                \
        __asm__ volatile(walk(numbers, output)                                                                     \
                         : [t] "+&r"(b), [p] "=&r"(p), [q] "=&r"(q), [y] "=&r"(y), [a] "=&r"(a), [k45] "=&r"(k45), \
                           [k67] "=&r"(k67), [k8] "=&r"(k8), [most] "=&r"(most), [high] "=&r"(high),               \
                           [low] "=&r"(low), [step] "=&r"(step), more, [kept] "=m"(kept)                           \
                         :                                                                                         \
                         : "memory", "acc");                                                                       \
    }
#define TFK_BAND_OPEN_WALK(name, walk, shift, output) \
    TFK_BAND_WALK(name, walk, TFK_BAND_OPEN_NUMBERS shift, output, TFK_BAND_OPEN_MORE, least, plus)
#define TFK_BAND_OPEN_MORE [least] "=&r"(least), [plus] "=&r"(plus)
#define TFK_BAND_SIGNED_WALK(name, walk) \
    TFK_BAND_WALK(name, walk, TFK_BAND_SIGNED_NUMBERS, TFK_BAND_SIGNED, TFK_BAND_SIGNED_MORE, u, row)
#define TFK_BAND_SIGNED_MORE [u] "=&r"(u), [row] "=&r"(row)

TFK_BAND_OPEN_WALK(tfk_band_one_open, TFK_BAND_BY_ONE, "", TFK_BAND_OPEN)
TFK_BAND_OPEN_WALK(tfk_band_two_open, TFK_BAND_BY_TWO, "", TFK_BAND_OPEN)
TFK_BAND_OPEN_WALK(tfk_band_one_whole, TFK_BAND_BY_ONE, "", TFK_BAND_WHOLE)
TFK_BAND_OPEN_WALK(tfk_band_two_shifted, TFK_BAND_BY_TWO, TFK_SHIFT_OF_SLOPE, TFK_BAND_SHIFTED)
TFK_BAND_OPEN_WALK(tfk_band_two_whole, TFK_BAND_BY_TWO, "", TFK_BAND_WHOLE)
TFK_BAND_SIGNED_WALK(tfk_band_one_signed, TFK_BAND_BY_ONE)
TFK_BAND_SIGNED_WALK(tfk_band_two_signed, TFK_BAND_BY_TWO)

TFK_PAIRS_OF_PLANES(tfk_band_planes, "4", "8", "12", "16")

/* See depthwise_conv_2d_bands.h. */
static inline void tfk_band_words(const tfk_band_fills *q, const int8_t *from, uint8_t *x)
{
    if (q->planes == 1) {
        tfk_pairs_of_line(from, from + q->input_line, q->words, x);
    } else {
        tfk_band_planes(from, from + q->input_line, q->words, q->taken, x, q->across);
    }
}

static TFK_SELDOM void tfk_band_plain(const tfk_band *b, int32_t stride, int32_t form)
{
    tfk_band_channel_plain(b, stride, form);
}

/* See depthwise_conv_2d_bands.h. */
static inline void tfk_band_channel(tfk_band *b, int32_t stride, int32_t form)
{
    b->start = (int32_t)(uintptr_t)b->word + (stride == 1 && b->odd != 0 ? 4 : -4);
    if (form == TFK_OPEN_ROW) {
        const int slope = tfk_slope_of_row(b->row);
        if (slope == TFK_WHOLE_SLOPE) {
            (stride == 1 ? tfk_band_one_whole : tfk_band_two_whole)(b);
        } else if (stride == 1) {
            tfk_band_one_open(b);
        } else {
            (slope == TFK_SHIFTED_SLOPE ? tfk_band_two_shifted : tfk_band_two_open)(b);
        }
    } else if (b->row[1] > b->row[2]) {
        tfk_band_plain(b, stride, form);
    } else if (stride == 1) {
        tfk_band_one_signed(b);
    } else {
        tfk_band_two_signed(b);
    }
}

#endif
#endif
