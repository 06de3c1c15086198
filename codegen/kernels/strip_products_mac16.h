/* tfk_strip_channel of strip_products.h by MAC16: same arguments, same layouts, same bytes.
 *
 * Short rows (up to TFK_SHORT_GROUPS groups of four) are unrolled inside a hardware loop over the pixels; longer ones
 * are a hardware loop inside a plain one; those of very few groups stand in strip_fewest_mac16.h. An instruction a
 * product, and an output costs besides
 *     short: 12 (open form; 9 where the slope is whole), 13 (turned form) or 15 (signed form);
 *     long: 17 (open form), 19 (turned form) or 22 (signed form).
 * Loads run ahead by 2 and 3: see TFK_FOUR_PRODUCTS; in open form the words of the first group by up to 4.
 *
 * The numbers of a row are loaded into registers in the asm statements: 14 registers are all there are. */
#ifndef TFK_STRIP_PRODUCTS_MAC16_H
#define TFK_STRIP_PRODUCTS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "mac16.h"
#include "requantize.h"
#include "strip_fewest_mac16.h"

enum { TFK_SHORT_GROUPS = 32, TFK_GROUP_BYTES = 12 /* of code: four instructions */ };

/* The loop is not entered by LOOP: it starts `code_bytes` before label 1, so that one block of TFK_SHORT_GROUPS groups
 * serves all shorter rows (and LOOP could not span it). LBEG, LEND and LCOUNT are what LOOP would set; isync makes the
 * core see them. The block is aligned to 4 and a group has 12 bytes, so that the first instruction of the loop never
 * crosses a word, as the core demands.
 * Before: %[x] one word before the strip, %[w] the filter, %[a] pixels, %[t] code_bytes. numbers: loads the row. */
#define TFK_SHORT_LOOP                           \
    "movi %[u], 1f\n"                            \
    "sub %[t], %[u], %[t]\n"                     \
    "wsr %[t], lbeg\n"                           \
    "movi %[u], 2f\n"                            \
    "wsr %[u], lend\n"                           \
    "addi %[a], %[a], -1\n"                      \
    "wsr %[a], lcount\n"                         \
    "isync\n"
#define TFK_SHORT_ROWS(numbers, output)          \
    TFK_SHORT_LOOP numbers                       \
    "addi %[u], %[w], -4\n"                      \
    "ldinc m0, %[x]\n"                           \
    "ldinc m2, %[u]\n"                           \
    "ldinc m1, %[x]\n"                           \
    "wsr %[bias], acclo\n"                       \
    "jx %[t]\n"                                  \
    ".balign 4\n"                                \
    ".rept 32\n" /* TFK_SHORT_GROUPS */          \
    TFK_FOUR_PRODUCTS("%[x]", "%[u]")            \
    ".endr\n"                                    \
    "1: rsr %[a], acclo\n" output                \
    "add %[y], %[y], %[step]\n"                  \
    "mov %[u], %[w]\n"                           \
    "wsr %[bias], acclo\n"                       \
    "2:\n"

/* Open form: the first group of the filter stays in registers, and its products with the next pixel stand before the
 * output of this one, so that the first of them starts the sum without a load. The block has one group less. */
#define TFK_OPEN_GROUP                           \
    "mul.da.ll m0, %[one]\n"                     \
    "mula.da.hh.ldinc m0, %[x], m0, %[one]\n"    \
    "mula.da.ll.ldinc m2, %[u], m1, %[two]\n"    \
    "mula.da.hh.ldinc m1, %[x], m1, %[two]\n"
#define TFK_SHORT_OPEN_ROWS(output)              \
    TFK_SHORT_LOOP TFK_FEWEST_OPEN_NUMBERS       \
    "l32i %[one], %[w], 0\n"                     \
    "l32i %[two], %[w], 4\n"                     \
    "addi %[w], %[w], 4\n"                       \
    "sub %[y], %[y], %[step]\n"                  \
    "mov %[u], %[w]\n"                           \
    "ldinc m0, %[x]\n"                           \
    "ldinc m1, %[x]\n" TFK_OPEN_GROUP            \
    "jx %[t]\n"                                  \
    ".balign 4\n"                                \
    ".rept 31\n" /* TFK_SHORT_GROUPS - 1 */      \
    TFK_FOUR_PRODUCTS("%[x]", "%[u]")            \
    ".endr\n"                                    \
    "1: rsr %[a], acclo\n"                       \
    "mov %[u], %[w]\n" TFK_OPEN_GROUP output     \
    "2:\n"

/* Before: as above, with %[pixels] and %[groups]; bias and constants stay in memory at %[row]. */
#define TFK_LONG_ROWS(output)                    \
    "addi %[u], %[w], -4\n"                      \
    "ldinc m0, %[x]\n"                           \
    "ldinc m2, %[u]\n"                           \
    "ldinc m1, %[x]\n"                           \
    "1: l32i %[t], %[row], 0\n"                  \
    "mov %[u], %[w]\n"                           \
    "wsr %[t], acclo\n"                          \
    "loop %[groups], 2f\n"                       \
    TFK_FOUR_PRODUCTS("%[x]", "%[u]")            \
    "2: rsr %[a], acclo\n" output                \
    "addi %[pixels], %[pixels], -1\n"            \
    "add %[y], %[y], %[step]\n"                  \
    "bnez %[pixels], 1b\n"

/* Open form: nothing of the row stays in memory. */
#define TFK_LONG_OPEN_ROWS                       \
    "sub %[y], %[y], %[step]\n"                  \
    "addi %[u], %[w], -4\n"                      \
    "ldinc m0, %[x]\n"                           \
    "ldinc m2, %[u]\n"                           \
    "ldinc m1, %[x]\n"                           \
    "1: movi %[t], 0\n"                          \
    "mov %[u], %[w]\n"                           \
    "wsr %[t], acclo\n"                          \
    "loop %[groups], 2f\n"                       \
    TFK_FOUR_PRODUCTS("%[x]", "%[u]")            \
    "2: rsr %[a], acclo\n" TFK_OPEN_OUTPUT       \
    "addi %[pixels], %[pixels], -1\n"            \
    "bnez %[pixels], 1b\n"

/* The numbers of a row; %[plus] holds its address before. */
#define TFK_SIGNED_NUMBERS          \
    "l32i %[bias], %[plus], 0\n"    \
    "l32i %[least], %[plus], 4\n"   \
    "l32i %[most], %[plus], 8\n"    \
    "l32i %[high], %[plus], 12\n"   \
    "l32i %[low], %[plus], 16\n"    \
    "l32i %[minus], %[plus], 24\n"  \
    "l32i %[plus], %[plus], 20\n"

/* The outputs of mac16.h with the constants from memory. Signed: the constants lie side by side, and the sign of the
 * accumulator is the index. */
#define TFK_SIGNED_OUTPUT_FROM_ROW \
    "max %[a], %[a], %[least]\n"   \
    "min %[a], %[a], %[most]\n"    \
    "mull %[t], %[a], %[low]\n"    \
    "mull %[u], %[a], %[high]\n"   \
    "extui %[a], %[a], 31, 1\n"    \
    "addx4 %[a], %[a], %[row]\n"   \
    "l32i %[a], %[a], 20\n"        \
    "srai %[t], %[t], 11\n"        \
    "add %[t], %[t], %[u]\n"       \
    "add %[t], %[t], %[a]\n"       \
    "extui %[t], %[t], 24, 8\n"    \
    "s8i %[t], %[y], 0\n"

#define TFK_TURNED_OUTPUT_FROM_ROW \
    "max %[a], %[a], %[least]\n"   \
    "min %[a], %[a], %[most]\n"    \
    "mull %[t], %[a], %[low]\n"    \
    "mull %[a], %[a], %[high]\n"   \
    "srl %[t], %[t]\n"             \
    "add %[a], %[a], %[t]\n"       \
    "l32i %[t], %[row], 20\n"      \
    "add %[a], %[a], %[t]\n"       \
    "extui %[a], %[a], 24, 8\n"    \
    "s8i %[a], %[y], 0\n"

#define TFK_STRIP_FUNCTION static __attribute__((noinline, noclone, unused)) void

/* Short rows. code_bytes: TFK_GROUP_BYTES for each group of four products. */
TFK_STRIP_FUNCTION tfk_short_signed_rows(const int16_t *x, int32_t pixels, const int16_t *w, int32_t code_bytes,
                                         const int32_t *row, int8_t *y, int32_t step)
{
    int32_t u, bias, least, most, high, low, minus;
    __asm__ volatile(TFK_SHORT_ROWS(TFK_SIGNED_NUMBERS, TFK_SIGNED_OUTPUT)
                     : [x] "+&r"(x), [y] "+&r"(y), [a] "+&r"(pixels), [t] "+&r"(code_bytes), [plus] "+&r"(row),
                       [u] "=&r"(u), [bias] "=&r"(bias), [least] "=&r"(least), [most] "=&r"(most),
                       [high] "=&r"(high), [low] "=&r"(low), [minus] "=&r"(minus)
                     : [w] "r"(w), [step] "r"(step)
                     : "memory", "acc");
}

/* TFK_TURNED_OUTPUT where the step follows, as it does in TFK_SHORT_ROWS. */
#define TFK_SHORT_TURNED_OUTPUT   \
    "max %[a], %[a], %[least]\n"  \
    "min %[a], %[a], %[most]\n"   \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[a], %[a], %[high]\n"  \
    "srl %[t], %[t]\n"            \
    "add %[a], %[a], %[t]\n"      \
    TFK_OPEN_STORE

TFK_STRIP_FUNCTION tfk_short_turned_rows(const int16_t *x, int32_t pixels, const int16_t *w, int32_t code_bytes,
                                         const int32_t *row, int8_t *y, int32_t step)
{
    int32_t u, bias, least, most, high, low;
    __asm__ volatile(TFK_SHORT_ROWS(TFK_TURNED_NUMBERS, TFK_SHORT_TURNED_OUTPUT)
                     : [x] "+&r"(x), [y] "+&r"(y), [a] "+&r"(pixels), [t] "+&r"(code_bytes), [plus] "+&r"(row),
                       [u] "=&r"(u), [bias] "=&r"(bias), [least] "=&r"(least), [most] "=&r"(most),
                       [high] "=&r"(high), [low] "=&r"(low)
                     : [w] "r"(w), [step] "r"(step)
                     : "memory", "acc");
}

/* code_bytes: TFK_GROUP_BYTES for each group but the first. */
#define TFK_SHORT_OPEN_FUNCTION(name, output)                                                                        \
    TFK_STRIP_FUNCTION name(const int16_t *x, int32_t pixels, const int16_t *w, int32_t code_bytes,                  \
                            const int32_t *row, int8_t *y, int32_t step)                                             \
    {                                                                                                                \
        int32_t u, one, two, least, most, high, low;                                                                 \
        __asm__ volatile(TFK_SHORT_OPEN_ROWS(output)                                                                 \
                         : [x] "+&r"(x), [y] "+&r"(y), [a] "+&r"(pixels), [t] "+&r"(code_bytes), [plus] "+&r"(row),  \
                           [w] "+&r"(w), [u] "=&r"(u), [one] "=&r"(one), [two] "=&r"(two), [least] "=&r"(least),     \
                           [most] "=&r"(most), [high] "=&r"(high), [low] "=&r"(low)                                  \
                         : [step] "r"(step)                                                                          \
                         : "memory", "acc");                                                                         \
    }
TFK_SHORT_OPEN_FUNCTION(tfk_short_open_rows, TFK_OPEN_OUTPUT)
TFK_SHORT_OPEN_FUNCTION(tfk_short_whole_rows, TFK_WHOLE_OUTPUT)

/* Longer rows. groups: of four products. */
TFK_STRIP_FUNCTION tfk_long_open_rows(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                      const int32_t *row, int8_t *y, int32_t step)
{
    int32_t a, t, u;
    __asm__ volatile(TFK_LONG_OPEN_ROWS
                     : [x] "+&r"(x), [y] "+&r"(y), [pixels] "+&r"(pixels), [a] "=&r"(a), [t] "=&r"(t), [u] "=&r"(u)
                     : [w] "r"(w), [groups] "r"(groups), [least] "r"(row[0]), [most] "r"(row[1]),
                       [high] "r"(row[2]), [low] "r"(row[3]), [plus] "r"(row[4]), [step] "r"(step)
                     : "memory", "acc");
}

TFK_STRIP_FUNCTION tfk_long_turned_rows(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                        const int32_t *row, int8_t *y, int32_t step)
{
    int32_t a, t = row[6], u;
    __asm__ volatile("ssr %[t]\n" TFK_LONG_ROWS(TFK_TURNED_OUTPUT_FROM_ROW)
                     : [x] "+&r"(x), [y] "+&r"(y), [pixels] "+&r"(pixels), [a] "=&r"(a), [t] "+&r"(t), [u] "=&r"(u)
                     : [w] "r"(w), [groups] "r"(groups), [row] "r"(row), [least] "r"(row[1]), [most] "r"(row[2]),
                       [high] "r"(row[3]), [low] "r"(row[4]), [step] "r"(step)
                     : "memory", "acc");
}

TFK_STRIP_FUNCTION tfk_long_signed_rows(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                        const int32_t *row, int8_t *y, int32_t step)
{
    int32_t a, t, u;
    __asm__ volatile(TFK_LONG_ROWS(TFK_SIGNED_OUTPUT_FROM_ROW)
                     : [x] "+&r"(x), [y] "+&r"(y), [pixels] "+&r"(pixels), [a] "=&r"(a), [t] "=&r"(t), [u] "=&r"(u)
                     : [w] "r"(w), [groups] "r"(groups), [row] "r"(row), [least] "r"(row[1]), [most] "r"(row[2]),
                       [high] "r"(row[3]), [low] "r"(row[4]), [step] "r"(step)
                     : "memory", "acc");
}

/* A filter's words to halfwords, and its first two again behind them: see strip_products.h. */
static inline void tfk_expand_filter(const int32_t *packed, int32_t groups, int16_t *w)
{
    int32_t a, b;
    int16_t *to = w;
    __asm__ volatile("loop %[groups], 1f\n"
                     "l32i %[a], %[from], 0\n"
                     "addi %[from], %[from], 4\n"
                     "srli %[b], %[a], 8\n"
                     "and %[a], %[a], %[mask]\n"
                     "and %[b], %[b], %[mask]\n"
                     "sub %[a], %[a], %[bias]\n"
                     "sub %[b], %[b], %[bias]\n"
                     "s32i %[a], %[to], 0\n"
                     "s32i %[b], %[to], 4\n"
                     "addi %[to], %[to], 8\n"
                     "1: l32i %[a], %[first], 0\n"
                     "s32i %[a], %[to], 0\n"
                     : [from] "+&r"(packed), [to] "+&r"(to), [a] "=&r"(a), [b] "=&r"(b)
                     : [groups] "r"(groups), [mask] "r"(0x00ff00ff), [bias] "r"(0x007f007f), [first] "r"(w)
                     : "memory");
}

/* Sum of products of a pixel and a filter, any number of groups. */
static inline int32_t tfk_row_sum(const int16_t *x, const int16_t *w, int32_t groups, int32_t start)
{
    x -= 2;
    w -= 2;
    __asm__ volatile("ldinc m0, %[x]\n"
                     "ldinc m2, %[w]\n"
                     "ldinc m1, %[x]\n"
                     "wsr %[sum], acclo\n"
                     "loop %[groups], 1f\n" TFK_FOUR_PRODUCTS("%[x]", "%[w]")
                     "1: rsr %[sum], acclo\n"
                     : [x] "+&r"(x), [w] "+&r"(w), [sum] "+&r"(start)
                     : [groups] "r"(groups)
                     : "memory", "acc");
    return start;
}

/* See strip_products.h. The filter goes on where its line ends: its next words are in m2 already. */
static inline int32_t tfk_lines_sum(const int16_t *x, int32_t below, const int16_t *w, int32_t groups, int32_t lines,
                                    int32_t start)
{
    int32_t left = lines;
    const int16_t *line = x - 2;
    x -= 2;
    w -= 2;
    below *= 2;
    __asm__ volatile("wsr %[sum], acclo\n"
                     "ldinc m2, %[w]\n"
                     "1: ldinc m0, %[x]\n"
                     "add %[line], %[line], %[below]\n"
                     "ldinc m1, %[x]\n"
                     "loop %[groups], 2f\n" TFK_FOUR_PRODUCTS("%[x]", "%[w]")
                     "2: addi %[left], %[left], -1\n"
                     "mov %[x], %[line]\n"
                     "bnez %[left], 1b\n"
                     "rsr %[sum], acclo\n"
                     : [x] "+&r"(x), [line] "+&r"(line), [w] "+&r"(w), [sum] "+&r"(start), [left] "+&r"(left)
                     : [groups] "r"(groups), [below] "r"(below)
                     : "memory", "acc");
    return start;
}

/* Channels without a form that has products of 32 bits alone. */
static TFK_SELDOM void tfk_scaled_rows(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                       const int32_t *row, int8_t *y, int32_t step)
{
    for (; pixels > 0; pixels--, x += 4 * groups, y += step) {
        *y = tfk_output_signed_s8(tfk_row_sum(x, w, groups, row[0]), row);
    }
}

static inline void tfk_strip_open_channel(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                          const int32_t *row, int8_t *y, int32_t step)
{
    if (groups <= TFK_FEWEST_OPEN) {
        tfk_fewest_open(x, pixels, w, groups, row, y, step);
    } else if (groups > TFK_SHORT_GROUPS) {
        tfk_long_open_rows(x, pixels, w, groups, row, y, step);
    } else if (row[3] != 0) {
        tfk_short_open_rows(x, pixels, w, TFK_GROUP_BYTES * (groups - 1), row, y, step);
    } else {
        tfk_short_whole_rows(x, pixels, w, TFK_GROUP_BYTES * (groups - 1), row, y, step);
    }
}

static inline void tfk_strip_signed_channel(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                            const int32_t *row, int8_t *y, int32_t step)
{
    if (row[1] > row[2]) {
        tfk_scaled_rows(x + 2, pixels, w, groups, row, y, step);
    } else if (groups <= TFK_SHORT_GROUPS) {
        tfk_short_signed_rows(x, pixels, w, TFK_GROUP_BYTES * groups, row, y, step);
    } else {
        tfk_long_signed_rows(x, pixels, w, groups, row, y, step);
    }
}

/* See strip_products.h. */
static inline void tfk_strip_channel(const int16_t *x, int32_t pixels, const int16_t *w, int32_t groups,
                                     const int32_t *row, int32_t form, int8_t *y, int32_t step)
{
    const int16_t *const before = x - 2;
    if (form == TFK_OPEN_ROW) {
        tfk_strip_open_channel(before, pixels, w, groups, row, y, step);
    } else if (row[4] >= 0) {
        tfk_strip_signed_channel(before, pixels, w, groups, row, y, step);
    } else if (groups > TFK_SHORT_GROUPS) {
        tfk_long_turned_rows(before, pixels, w, groups, row, y, step);
    } else if (groups <= TFK_FEWEST_TURNED) {
        tfk_fewest_turned(before, pixels, w, groups, row, y, step);
    } else {
        tfk_short_turned_rows(before, pixels, w, TFK_GROUP_BYTES * groups, row, y, step);
    }
}

#endif
#endif
