/* tfk_band_filters of depthwise_conv_2d_bands.h by MAC16: same arguments, same layouts, same bytes.
 *
 * One asm statement makes all outputs of a filter, line by line. Three pointers walk along the lines that an output
 * sees; each product loads the word that is needed two products later, so an output costs 9
 * products and 15 (table form) or 18 (signed form) instructions besides. Loads run ahead by 2: every word is used once,
 * and words are factors from m0 and m1 alone.
 *
 * Of the nine weights k0 to k8, column by column, m2 holds k0 and k1, m3 k2 and k3, and address registers the others:
 * %[k45], %[k67], %[k8]. `half` is "l" or "h": that of the words in which the channel stands. */
#ifndef TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#define TFK_DEPTHWISE_CONV_2D_BANDS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "mac16.h"
#include "requantize.h"

/* An output by columns from left to right.
 * Before: m0, m1 = the first column's words at %[p0], %[p1]; %[p2] one word before it. After: %[p2] at the third
 * column, the others one further, in m0 and m1. */
#define TFK_BAND_RIGHT(half)                                      \
    "mula.dd." half "l.ldinc m0, %[p2], m0, m2\n"    /* k0 */    \
    "mula.dd." half "h.ldinc m1, %[p0], m1, m2\n"    /* k1 */    \
    "mula.dd." half "l.ldinc m0, %[p1], m0, m3\n"    /* k2 */    \
    "mula.dd." half "h.ldinc m1, %[p2], m1, m3\n"    /* k3 */    \
    "mula.da." half "l.ldinc m0, %[p0], m0, %[k45]\n"            \
    "mula.da." half "h.ldinc m1, %[p1], m1, %[k45]\n"            \
    "mula.da." half "l.ldinc m0, %[p2], m0, %[k67]\n"            \
    "mula.da." half "h.ldinc m1, %[p1], m1, %[k67]\n"            \
    "mula.da." half "l.ldinc m0, %[p0], m0, %[k8]\n"

/* The next one with stride 1 by columns from right to left: as TFK_BAND_RIGHT left it, so that it finds its third one.
 * After: %[p2] at its first column, the others one further to the right, which is the first one of the next output. */
#define TFK_BAND_LEFT(half)                                        \
    "mula.da." half "l.ldinc m0, %[p2], m0, %[k67]\n" /* k6 */   \
    "mula.da." half "h.lddec m1, %[p0], m1, %[k67]\n" /* k7 */   \
    "mula.da." half "l.lddec m0, %[p1], m0, %[k8]\n"             \
    "mula.dd." half "h.lddec m1, %[p2], m1, m3\n"     /* k3 */   \
    "mula.da." half "l.lddec m0, %[p0], m0, %[k45]\n"            \
    "mula.da." half "h.lddec m1, %[p1], m1, %[k45]\n"            \
    "mula.dd." half "l.lddec m0, %[p2], m0, m2\n"     /* k0 */   \
    "mula.dd." half "h.ldinc m1, %[p1], m1, m2\n"     /* k1 */   \
    "mula.dd." half "l.ldinc m0, %[p0], m0, m3\n"     /* k2 */

/* Around the products of an output: its bias, its byte from the forms of requantize.h, its place. Numbers that do not
 * fit the registers stand in `own`. */
#define TFK_BAND_BIAS "l32i %[t], %[b], 40\n wsr %[t], acclo\n"
#define TFK_BAND_STORE(byte) \
    "s8i " byte ", %[y], 0\n"   \
    "add %[y], %[y], %[pixel]\n"
#define TFK_BAND_TABLE(products)  \
    TFK_BAND_BIAS products        \
    "rsr %[a], acclo\n"           \
    "movi %[t], 0\n"              \
    "max %[a], %[a], %[t]\n"      \
    "min %[a], %[a], %[u]\n"      \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[a], %[a], %[high]\n"  \
    "srli %[t], %[t], 12\n"       \
    "add %[a], %[a], %[t]\n"      \
    "l32i %[t], %[b], 44\n"       \
    "add %[a], %[a], %[t]\n"      \
    "extui %[a], %[a], 24, 8\n" TFK_BAND_STORE("%[a]")
#define TFK_BAND_SIGNED(products) \
    TFK_BAND_BIAS products        \
    "rsr %[a], acclo\n"           \
    "l32i %[t], %[b], 52\n"       \
    "max %[a], %[a], %[t]\n"      \
    "l32i %[t], %[b], 56\n"       \
    "min %[a], %[a], %[t]\n"      \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[u], %[a], %[high]\n"  \
    "extui %[a], %[a], 31, 1\n"   \
    "addx4 %[a], %[a], %[b]\n"    \
    "l32i %[a], %[a], 44\n"       \
    "srai %[t], %[t], 11\n"       \
    "add %[t], %[t], %[u]\n"      \
    "add %[t], %[t], %[a]\n"      \
    "extui %[t], %[t], 24, 8\n" TFK_BAND_STORE("%[t]")

/* The numbers of the row to registers and to `own`: bias, constant; in signed form also the other one, least, most. */
#define TFK_BAND_COPY(from, to) "l32i %[a], %[t], " from "\n s32i %[a], %[b], " to "\n"
#define TFK_BAND_TABLE_NUMBERS   \
    "l32i %[t], %[b], 36\n"      \
    "l32i %[pixel], %[b], 28\n"  \
    TFK_BAND_COPY("0", "40")     \
    TFK_BAND_COPY("16", "44")    \
    "l32i %[u], %[t], 4\n"       \
    "l32i %[high], %[t], 8\n"    \
    "l32i %[low], %[t], 12\n"
#define TFK_BAND_SIGNED_NUMBERS  \
    "l32i %[t], %[b], 36\n"      \
    "l32i %[pixel], %[b], 28\n"  \
    TFK_BAND_COPY("0", "40")     \
    TFK_BAND_COPY("20", "44")    \
    TFK_BAND_COPY("24", "48")    \
    TFK_BAND_COPY("4", "52")     \
    TFK_BAND_COPY("8", "56")     \
    "l32i %[high], %[t], 12\n"   \
    "l32i %[low], %[t], 16\n"

/* Bytes to halfwords as tfk_expand_filter does it. */
#define TFK_BAND_PAIR(to, from) "and " to ", " from ", %[y]\n sub " to ", " to ", %[a]\n"
#define TFK_BAND_WEIGHTS               \
    "l32i %[t], %[b], 32\n"            \
    "movi %[y], 0x00ff00ff\n"          \
    "movi %[a], 0x007f007f\n"          \
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
    TFK_BAND_PAIR("%[k8]", "%[k8]")

/* The start of a line; `next` points to where the one after it starts. */
#define TFK_BAND_LINE(next)          \
    "1: l32i %[p0], %[b], 0\n"         \
    "l32i %[t], %[b], 16\n"            \
    "l32i %[y], %[b], 4\n"             \
    "l32i %[a], %[b], 8\n"             \
    "add %[p1], %[p0], %[t]\n"         \
    "add %[p2], %[p1], %[t]\n"         \
    "add %[a], %[a], %[y]\n"           \
    "s32i %[a], %[b], 4\n"             \
    "s32i " next ", %[b], 0\n"         \
    "ldinc m0, %[p0]\n"                \
    "ldinc m1, %[p1]\n"
#define TFK_BAND_END                   \
    "l32i %[t], %[b], 12\n"            \
    "addi %[t], %[t], -1\n"            \
    "s32i %[t], %[b], 12\n"            \
    "bnez %[t], 1b\n"

/* Where outputs are odd, %[p0] starts two words further on, and the first output is one from right to left. */
#define TFK_BAND_BY_TWO(numbers, output, half)                                       \
    TFK_BAND_WEIGHTS numbers TFK_BAND_LINE("%[p1]")                                \
    "l32i %[t], %[b], 24\n"                                                          \
    "beqz %[t], 2f\n" output(TFK_BAND_LEFT(half))                                      \
    "2: l32i %[a], %[b], 20\n"                                                       \
    "loopgtz %[a], 3f\n" output(TFK_BAND_RIGHT(half)) output(TFK_BAND_LEFT(half))       \
    "3:\n" TFK_BAND_END
#define TFK_BAND_BY_ONE(numbers, output, half)                                       \
    TFK_BAND_WEIGHTS numbers TFK_BAND_LINE("%[p2]")                                \
    "l32i %[a], %[b], 20\n"                                                          \
    "loop %[a], 3f\n" output(TFK_BAND_RIGHT(half))                                    \
    "3:\n" TFK_BAND_END

/* Functions of one argument each, so that all registers are free: those of the shapes that a model has stay. */
#define TFK_BAND_WALK(name, walk)                                                                                  \
    static __attribute__((noinline, noclone, unused)) void name(tfk_band *b)                                      \
    {                                                                                                              \
        int32_t p0, p1, p2, y, a, t, u, k45, k67, k8, high, low, pixel;                                             \
        __asm__ volatile(walk                                                                                      \
                         : [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [y] "=&r"(y), [a] "=&r"(a), [t] "=&r"(t), \
                           [u] "=&r"(u), [k45] "=&r"(k45), [k67] "=&r"(k67), [k8] "=&r"(k8), [high] "=&r"(high),   \
                           [low] "=&r"(low), [pixel] "=&r"(pixel)                                                    \
                         : [b] "r"(b)                                                                              \
                         : "memory", "acc");                                                                       \
    }

TFK_BAND_WALK(tfk_band_two_table_lower, TFK_BAND_BY_TWO(TFK_BAND_TABLE_NUMBERS, TFK_BAND_TABLE, "l"))
TFK_BAND_WALK(tfk_band_two_table_upper, TFK_BAND_BY_TWO(TFK_BAND_TABLE_NUMBERS, TFK_BAND_TABLE, "h"))
TFK_BAND_WALK(tfk_band_two_signed_lower, TFK_BAND_BY_TWO(TFK_BAND_SIGNED_NUMBERS, TFK_BAND_SIGNED, "l"))
TFK_BAND_WALK(tfk_band_two_signed_upper, TFK_BAND_BY_TWO(TFK_BAND_SIGNED_NUMBERS, TFK_BAND_SIGNED, "h"))
TFK_BAND_WALK(tfk_band_one_table_lower, TFK_BAND_BY_ONE(TFK_BAND_TABLE_NUMBERS, TFK_BAND_TABLE, "l"))
TFK_BAND_WALK(tfk_band_one_table_upper, TFK_BAND_BY_ONE(TFK_BAND_TABLE_NUMBERS, TFK_BAND_TABLE, "h"))
TFK_BAND_WALK(tfk_band_one_signed_lower, TFK_BAND_BY_ONE(TFK_BAND_SIGNED_NUMBERS, TFK_BAND_SIGNED, "l"))
TFK_BAND_WALK(tfk_band_one_signed_upper, TFK_BAND_BY_ONE(TFK_BAND_SIGNED_NUMBERS, TFK_BAND_SIGNED, "h"))

/* A line by two masks and two or four stores a pixel. */
#define TFK_BAND_SPLIT(again)                                      \
    __asm__ volatile("loopgtz %[pixels], 1f\n"                     \
                     "l32i %[t], %[pixel], 0\n"                    \
                     "add %[pixel], %[pixel], %[step]\n"           \
                     "xor %[t], %[t], %[sign]\n"                   \
                     "and %[u], %[t], %[mask]\n"                   \
                     "srli %[t], %[t], 8\n"                        \
                     "and %[t], %[t], %[mask]\n"                   \
                     "s32i %[u], %[y], 0\n" again("%[u]", "%[y]")  \
                     "s32i %[t], %[z], 0\n" again("%[t]", "%[z]")  \
                     "add %[y], %[y], %[next]\n"                   \
                     "add %[z], %[z], %[next]\n"                   \
                     "1:\n"                                        \
                     : [pixel] "+&r"(pixel), [y] "+&r"(y), [z] "+&r"(z), [t] "=&r"(t), [u] "=&r"(u)               \
                     : [pixels] "r"(pixels), [step] "r"(step), [next] "r"(next), [sign] "r"(0x80808080u),         \
                       [mask] "r"(0x00ff00ffu)                                                                    \
                     : "memory")
#define TFK_BAND_ONCE(word, place)
#define TFK_BAND_AGAIN(word, place) "s32i " word ", " place ", 4\n"

/* See depthwise_conv_2d_bands.h. */
static TFK_APART void tfk_band_words(const tfk_band_pixels *q, const int8_t *from, uint32_t *x)
{
    const int32_t pixels = q->pixels, step = q->step, next = 4 * q->next;
    for (int32_t line = q->lines; line > 0; line--, from += q->input_line, x += q->below) {
        const int8_t *pixel = from;
        uint32_t *y = x, *z = x + q->other, t, u;
        if (q->twice != 0) {
            TFK_BAND_SPLIT(TFK_BAND_AGAIN);
        } else {
            TFK_BAND_SPLIT(TFK_BAND_ONCE);
        }
    }
}

static TFK_APART void tfk_band_filter_plain(const tfk_band *b, int32_t stride, int32_t upper,
                                                                    int32_t form)
{
    tfk_band_channel_plain(b, stride, upper, form);
}

static inline void tfk_band_filter_table(tfk_band *b, int32_t stride, int32_t upper)
{
    if (stride == 1) {
        if (upper == 0) {
            tfk_band_two_table_lower(b);
        } else {
            tfk_band_two_table_upper(b);
        }
    } else if (upper == 0) {
        tfk_band_one_table_lower(b);
    } else {
        tfk_band_one_table_upper(b);
    }
}

static inline void tfk_band_filter_signed(tfk_band *b, int32_t stride, int32_t upper)
{
    if (stride == 1) {
        if (upper == 0) {
            tfk_band_two_signed_lower(b);
        } else {
            tfk_band_two_signed_upper(b);
        }
    } else if (upper == 0) {
        tfk_band_one_signed_lower(b);
    } else {
        tfk_band_one_signed_upper(b);
    }
}

/* See depthwise_conv_2d_bands.h. */
static TFK_APART void tfk_band_filters(tfk_band *b, const int16_t *word, int32_t lines, int32_t count, int32_t stride,
                                       int32_t upper, int32_t form)
{
    const int16_t *const start = word + (stride == 1 && b->odd != 0 ? 2 : -2);
    int8_t *y = b->y;
    for (; count > 0; count--, b->weights += 3, b->row += form) {
        b->y = y++;
        b->word = start;
        b->lines = lines;
        if (form == TFK_TABLE_ROW) {
            tfk_band_filter_table(b, stride, upper);
        } else if (b->row[1] > b->row[2]) {
            b->word = word;
            tfk_band_filter_plain(b, stride, upper, form);
        } else {
            tfk_band_filter_signed(b, stride, upper);
        }
    }
}

#endif
#endif
