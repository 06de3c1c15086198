/* tfk_band_channel and tfk_band_words of depthwise_conv_2d_bands.h by MAC16: same arguments, same layouts, same bytes.
 *
 * One asm statement makes all outputs of a filter, line by line. Two pointers walk along the two lines of words that an
 * output sees; the first product starts the sum, and the others load the words that are needed two or three products
 * later. An output costs 9 products and 11 (open form), 8 (open form, whole slope) or 17 (signed form) instructions
 * besides.
 *
 * Of the nine weights k0 to k8, column by column, m2 holds k0 and k1, m3 k2 and k3, and address registers the others:
 * %[k45], %[k67], %[k8]. m0 holds words of the upper pair (%[p]), m1 those of the lower one (%[q]). */
#ifndef TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#define TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

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

/* The start of a line of outputs; the one after it is noted, and that it starts at `next` in the plane.
 * Before: %[t] = the walk. After: m0, m1 = the first words. */
#define TFK_BAND_LINE(next)            \
    "l32i %[p], %[t], 40\n"            \
    "l32i %[q], %[t], 16\n"            \
    "l32i %[y], %[t], 4\n"             \
    "l32i %[a], %[t], 8\n"             \
    "add %[q], %[p], %[q]\n"           \
    "add %[a], %[a], %[y]\n"           \
    "s32i " next ", %[t], 40\n"        \
    "s32i %[a], %[t], 4\n"             \
    "ldinc m0, %[p]\n"                 \
    "ldinc m1, %[q]\n"                 \
    "sub %[y], %[y], %[step]\n"
/* Leaves for label 9 behind the last line. */
#define TFK_BAND_END                   \
    "l32i %[t], %[kept]\n"             \
    "l32i %[a], %[t], 12\n"            \
    "addi %[a], %[a], -1\n"            \
    "s32i %[a], %[t], 12\n"            \
    "beqz %[a], 9f\n"

/* Stride 1. Where outputs are odd, `start` is two words further on, and the first output is one from right to left:
 * %[t] tells of it. */
#define TFK_BAND_TURNS(output, right, left, skip, end)      \
    "l32i %[t], %[t], 24\n"                                 \
    "beqz %[t], " skip "f\n" output(left)                   \
    skip ": l32i %[t], %[kept]\n"                           \
    "l32i %[a], %[t], 20\n"                                 \
    "loopgtz %[a], " end "f\n" output(right) output(left) \
    end ":\n"
#define TFK_BAND_BY_ONE(numbers, output)                                                \
    TFK_BAND_WEIGHTS numbers                                                            \
    "1:\n" TFK_BAND_LINE("%[p]")                                                        \
    TFK_BAND_TURNS(output, TFK_BAND_UPPER_RIGHT, TFK_BAND_UPPER_LEFT, "2", "3")         \
    TFK_BAND_END TFK_BAND_LINE("%[q]")                                                  \
    TFK_BAND_TURNS(output, TFK_BAND_LOWER_RIGHT, TFK_BAND_LOWER_LEFT, "4", "5")         \
    TFK_BAND_END                                                                        \
    "j 1b\n"                                                                            \
    "9:\n"
#define TFK_BAND_BY_TWO(numbers, output)                                                \
    TFK_BAND_WEIGHTS numbers                                                            \
    "1:\n" TFK_BAND_LINE("%[q]")                                                        \
    "l32i %[a], %[t], 20\n"                                                             \
    "loop %[a], 3f\n" output(TFK_BAND_UPPER_TWO)                                        \
    "3:\n" TFK_BAND_END                                                                 \
    "j 1b\n"                                                                            \
    "9:\n"

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
#define TFK_BAND_OPEN_WALK(name, walk, output) \
    TFK_BAND_WALK(name, walk, TFK_BAND_OPEN_NUMBERS, output, TFK_BAND_OPEN_MORE, least, plus)
#define TFK_BAND_OPEN_MORE [least] "=&r"(least), [plus] "=&r"(plus)
#define TFK_BAND_SIGNED_WALK(name, walk) \
    TFK_BAND_WALK(name, walk, TFK_BAND_SIGNED_NUMBERS, TFK_BAND_SIGNED, TFK_BAND_SIGNED_MORE, u, row)
#define TFK_BAND_SIGNED_MORE [u] "=&r"(u), [row] "=&r"(row)

TFK_BAND_OPEN_WALK(tfk_band_one_open, TFK_BAND_BY_ONE, TFK_BAND_OPEN)
TFK_BAND_OPEN_WALK(tfk_band_two_open, TFK_BAND_BY_TWO, TFK_BAND_OPEN)
TFK_BAND_OPEN_WALK(tfk_band_one_whole, TFK_BAND_BY_ONE, TFK_BAND_WHOLE)
TFK_BAND_OPEN_WALK(tfk_band_two_whole, TFK_BAND_BY_TWO, TFK_BAND_WHOLE)
TFK_BAND_SIGNED_WALK(tfk_band_one_signed, TFK_BAND_BY_ONE)
TFK_BAND_SIGNED_WALK(tfk_band_two_signed, TFK_BAND_BY_TWO)

/* See depthwise_conv_2d_bands.h: four values of two lines to eight halves. */
static TFK_APART void tfk_band_words(const tfk_band_fills *q, const int8_t *from, uint8_t *x)
{
    const int8_t *below = from + q->input_line;
    uint8_t *b = x + q->across, *c = b + q->across, *d = c + q->across;
    int32_t t, u, v;
    __asm__ volatile("loop %[words], 1f\n"
                     "l32i %[t], %[from], 0\n"
                     "l32i %[u], %[below], 0\n"
                     "add %[from], %[from], %[taken]\n"
                     "add %[below], %[below], %[taken]\n"
                     "xor %[t], %[t], %[sign]\n"
                     "xor %[u], %[u], %[sign]\n"
                     "extui %[v], %[t], 0, 8\n"
                     "s16i %[v], %[a], 0\n"
                     "extui %[v], %[t], 8, 8\n"
                     "s16i %[v], %[b], 0\n"
                     "extui %[v], %[t], 16, 8\n"
                     "s16i %[v], %[c], 0\n"
                     "extui %[v], %[t], 24, 8\n"
                     "s16i %[v], %[d], 0\n"
                     "extui %[v], %[u], 0, 8\n"
                     "s16i %[v], %[a], 2\n"
                     "extui %[v], %[u], 8, 8\n"
                     "s16i %[v], %[b], 2\n"
                     "extui %[v], %[u], 16, 8\n"
                     "s16i %[v], %[c], 2\n"
                     "extui %[v], %[u], 24, 8\n"
                     "s16i %[v], %[d], 2\n"
                     "add %[a], %[a], %[next]\n"
                     "add %[b], %[b], %[next]\n"
                     "add %[c], %[c], %[next]\n"
                     "add %[d], %[d], %[next]\n"
                     "1:\n"
                     : [from] "+&r"(from), [below] "+&r"(below), [a] "+&r"(x), [b] "+&r"(b), [c] "+&r"(c),
                       [d] "+&r"(d), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)
                     : [words] "r"(q->words), [taken] "r"(q->taken), [next] "r"(q->next), [sign] "r"(0x80808080u)
                     : "memory");
}

static TFK_APART void tfk_band_plain(const tfk_band *b, int32_t stride, int32_t form)
{
    tfk_band_channel_plain(b, stride, form);
}

/* See depthwise_conv_2d_bands.h. */
static inline void tfk_band_channel(tfk_band *b, int32_t stride, int32_t form)
{
    b->start = (int32_t)(uintptr_t)b->word + (stride == 1 && b->odd != 0 ? 4 : -4);
    if (form == TFK_OPEN_ROW) {
        if (b->row[3] != 0) {
            if (stride == 1) {
                tfk_band_one_open(b);
            } else {
                tfk_band_two_open(b);
            }
        } else if (stride == 1) {
            tfk_band_one_whole(b);
        } else {
            tfk_band_two_whole(b);
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
