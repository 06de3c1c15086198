/* tfk_band_channel of depthwise_conv_2d_bands.h by MAC16: same arguments, same layouts, same bytes.
 *
 * One asm statement makes the outputs of a pair of columns (stride 1) or of one column (stride 2), from top to bottom.
 * Products read the plane from m0 (left word) and m1 (right word). Of the nine weights k0 to k8, m2 holds k0 and k1, m3
 * k2 and k3, and address registers the others: %[k45], %[k67], %[k8].
 * An output costs 9 products and 15 (table form) or 18 (signed form) instructions besides. Loads run ahead by 2 or 3
 * instructions, as the lines below say. */
#ifndef TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#define TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "mac16.h"
#include "requantize.h"

/* The right one of two outputs, downwards: it sees the upper half of left words and both of right ones.
 * Before: m0, m1 = words of the first line, %[left], %[right] their addresses. After: those of the third line. */
#define TFK_RIGHT_OUTPUT                                \
    "mula.dd.hl.ldinc m0, %[left], m0, m2\n"  /* k0 */  \
    "mula.dd.lh m1, m2\n"                     /* k1 */  \
    "mula.dd.hl.ldinc m1, %[right], m1, m3\n" /* k2 */  \
    "mula.dd.hh.ldinc m0, %[left], m0, m3\n"  /* k3 */  \
    "mula.da.ll m1, %[k45]\n"                 /* k4 */  \
    "mula.da.hh.ldinc m1, %[right], m1, %[k45]\n"       \
    "mula.da.hl m0, %[k67]\n"                 /* k6 */  \
    "mula.da.lh m1, %[k67]\n"                 /* k7 */  \
    "mula.da.hl m1, %[k8]\n"                  /* k8 */

/* The left one, upwards: both halves of left words and the lower half of right ones.
 * Before: as the right one left it. After: m0, m1 = words of the next outputs' first line. */
#define TFK_LEFT_OUTPUT                                 \
    "mula.da.ll m0, %[k67]\n"                 /* k6 */  \
    "mula.da.hh.lddec m0, %[left], m0, %[k67]\n"        \
    "mula.da.ll.lddec m1, %[right], m1, %[k8]\n"        \
    "mula.dd.lh m0, m3\n"                     /* k3 */  \
    "mula.da.hl.lddec m0, %[left], m0, %[k45]\n"        \
    "mula.da.lh.lddec m1, %[right], m1, %[k45]\n"       \
    "mula.dd.ll m0, m2\n"                     /* k0 */  \
    "mula.dd.hh.ldinc m0, %[left], m0, m2\n"  /* k1 */  \
    "mula.dd.ll.ldinc m1, %[right], m1, m3\n" /* k2 */

/* Stride 2, downwards: the third line of an output is the first one of the next. */
#define TFK_SINGLE_OUTPUT                               \
    "mula.dd.ll m0, m2\n"                     /* k0 */  \
    "mula.dd.hh.ldinc m0, %[left], m0, m2\n"  /* k1 */  \
    "mula.dd.ll.ldinc m1, %[right], m1, m3\n" /* k2 */  \
    "mula.dd.lh m0, m3\n"                     /* k3 */  \
    "mula.da.hl.ldinc m0, %[left], m0, %[k45]\n"        \
    "mula.da.lh.ldinc m1, %[right], m1, %[k45]\n"       \
    "mula.da.ll m0, %[k67]\n"                 /* k6 */  \
    "mula.da.hh m0, %[k67]\n"                 /* k7 */  \
    "mula.da.ll m1, %[k8]\n"                  /* k8 */

#define TFK_BAND_BIAS "l32i %[t], %[row], 0\n wsr %[t], acclo\n"

/* As in mac16.h, with what does not fit the registers from memory; the byte is left in %[t]. */
#define TFK_BAND_TABLE_BYTE       \
    "rsr %[a], acclo\n"           \
    "movi %[t], 0\n"              \
    "max %[a], %[a], %[t]\n"      \
    "min %[a], %[a], %[most]\n"   \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[a], %[a], %[high]\n"  \
    "srli %[t], %[t], 12\n"       \
    "add %[a], %[a], %[t]\n"      \
    "l32i %[t], %[row], 16\n"     \
    "add %[a], %[a], %[t]\n"      \
    "extui %[a], %[a], 24, 8\n"
#define TFK_BAND_SIGNED_BYTE      \
    "rsr %[a], acclo\n"           \
    "l32i %[t], %[row], 4\n"      \
    "max %[a], %[a], %[t]\n"      \
    "l32i %[t], %[row], 8\n"      \
    "min %[a], %[a], %[t]\n"      \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[u], %[a], %[high]\n"  \
    "srai %[t], %[t], 11\n"       \
    "add %[t], %[t], %[u]\n"      \
    "extui %[a], %[a], 31, 1\n"   \
    "addx4 %[a], %[a], %[row]\n"  \
    "l32i %[a], %[a], 20\n"       \
    "add %[a], %[a], %[t]\n"      \
    "extui %[a], %[a], 24, 8\n"

/* Two columns. The right output is stored first: where there is no right column, %[pixel] is 0 and the left output
 * takes its place. */
#define TFK_BAND_PAIR(byte)                                               \
    "loop %[a], 1f\n" TFK_BAND_BIAS TFK_RIGHT_OUTPUT byte                 \
    "add %[t], %[y], %[pixel]\n"                                          \
    "s8i %[a], %[t], 0\n" TFK_BAND_BIAS TFK_LEFT_OUTPUT byte              \
    "s8i %[a], %[y], 0\n"                                                 \
    "add %[y], %[y], %[line]\n"                                           \
    "1:\n"
#define TFK_BAND_SINGLE(byte)                                             \
    "loop %[a], 1f\n" TFK_BAND_BIAS TFK_SINGLE_OUTPUT byte                \
    "s8i %[a], %[y], 0\n"                                                 \
    "add %[y], %[y], %[line]\n"                                           \
    "1:\n"

/* %[k8] holds the filter's address before, %[a] the outputs, %[left] and %[right] the words' addresses less 4. */
#define TFK_BAND_WEIGHTS          \
    "addi %[t], %[k8], -4\n"      \
    "ldinc m2, %[t]\n"            \
    "ldinc m3, %[t]\n"            \
    "l32i %[k45], %[k8], 8\n"     \
    "l32i %[k67], %[k8], 12\n"    \
    "l32i %[k8], %[k8], 16\n"     \
    "ldinc m0, %[left]\n"         \
    "ldinc m1, %[right]\n"

#define TFK_BAND_TABLE(walk)                                                                                       \
    __asm__ volatile(TFK_BAND_WEIGHTS walk(TFK_BAND_TABLE_BYTE)                                                    \
                     : [left] "+&r"(left), [right] "+&r"(right), [a] "+&r"(a), [k8] "+&r"(k8), [y] "+&r"(to),           \
                       [t] "=&r"(t), [k45] "=&r"(k45), [k67] "=&r"(k67)                                            \
                     : [row] "r"(row), [most] "r"(row[1]), [high] "r"(row[2]), [low] "r"(row[3]),                  \
                       [pixel] "r"(pixel), [line] "r"(b->line)                                                     \
                     : "memory", "acc")
#define TFK_BAND_SIGNED(walk)                                                                                      \
    __asm__ volatile(TFK_BAND_WEIGHTS walk(TFK_BAND_SIGNED_BYTE)                                                   \
                     : [left] "+&r"(left), [right] "+&r"(right), [a] "+&r"(a), [k8] "+&r"(k8), [y] "+&r"(to),           \
                       [t] "=&r"(t), [u] "=&r"(u), [k45] "=&r"(k45), [k67] "=&r"(k67)                              \
                     : [row] "r"(row), [high] "r"(row[3]), [low] "r"(row[4]), [pixel] "r"(pixel),                  \
                       [line] "r"(b->line)                                                                         \
                     : "memory", "acc")

/* One column or a pair of columns after the other; see depthwise_conv_2d_bands.h. */
static __attribute__((noinline, noclone, unused)) void tfk_band_channel_mac16(const tfk_band *b, int32_t stride,
                                                                              const int16_t *w, const int32_t *row,
                                                                              int32_t form, int8_t *y)
{
    const int16_t *word = b->plane;
    for (int32_t columns = b->columns; columns > 0; columns -= 3 - stride) {
        const int16_t *left = word - 2, *right = left + 2 * b->lines, *k8 = w;
        int32_t a = b->outputs, pixel = columns > 1 ? b->pixel : 0, t, u, k45, k67;
        int8_t *to = y;
        if (form == TFK_TABLE_ROW) {
            if (stride == 1) {
                TFK_BAND_TABLE(TFK_BAND_PAIR);
            } else {
                TFK_BAND_TABLE(TFK_BAND_SINGLE);
            }
        } else if (stride == 1) {
            TFK_BAND_SIGNED(TFK_BAND_PAIR);
        } else {
            TFK_BAND_SIGNED(TFK_BAND_SINGLE);
        }
        word += 2 * b->lines;
        y += (3 - stride) * pixel;
    }
}

static inline void tfk_band_channel(const tfk_band *b, int32_t stride, const int16_t *w, const int32_t *row,
                                    int32_t form, int8_t *y)
{
    if (form == TFK_SIGNED_ROW && row[1] > row[2]) {
        tfk_band_channel_plain(b, stride, w, row, form, y);
    } else {
        tfk_band_channel_mac16(b, stride, w, row, form, y);
    }
}

#endif
#endif
