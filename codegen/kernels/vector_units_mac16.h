/* tfk_vector_units of fully_connected_halfwords.h by MAC16: same arguments, same bytes.
 *
 * One asm statement makes the outputs of all units. Besides its products an output costs 25 instructions in table form
 * and 29 in signed form; where a vector of one or two groups stays in m0 to m3, 23 and a half in signed form. */
#ifndef TFK_VECTOR_UNITS_MAC16_H
#define TFK_VECTOR_UNITS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "fully_connected_halfwords_mac16.h"
#include "requantize.h"

/* An output from the products and the numbers at %[row] + place: its byte in %[odd]. %[half], %[even] are lost. */
#define TFK_UNIT_TABLE_BYTE                 \
    "l32i %[odd], %[row], 0\n"              \
    "rsr %[half], acclo\n"                  \
    "l32i %[even], %[row], 4\n"             \
    "add %[half], %[half], %[odd]\n"        \
    "movi %[odd], 0\n"                      \
    "max %[half], %[half], %[odd]\n"        \
    "l32i %[odd], %[row], 12\n"             \
    "min %[half], %[half], %[even]\n"       \
    "l32i %[even], %[row], 8\n"             \
    "mull %[odd], %[half], %[odd]\n"        \
    "mull %[half], %[half], %[even]\n"      \
    "l32i %[even], %[row], 16\n"            \
    "srli %[odd], %[odd], 12\n"             \
    "add %[odd], %[odd], %[half]\n"         \
    "add %[odd], %[odd], %[even]\n"         \
    "extui %[odd], %[odd], 24, 8\n"
#define TFK_UNIT_SIGNED_BYTE(bias, least, most, high, low, constant) \
    "l32i %[odd], %[row], " bias "\n"       \
    "rsr %[half], acclo\n"                  \
    "l32i %[even], %[row], " least "\n"     \
    "add %[half], %[half], %[odd]\n"        \
    "l32i %[odd], %[row], " most "\n"       \
    "max %[half], %[half], %[even]\n"       \
    "l32i %[even], %[row], " high "\n"      \
    "min %[half], %[half], %[odd]\n"        \
    "l32i %[odd], %[row], " low "\n"        \
    "mull %[even], %[half], %[even]\n"      \
    "mull %[odd], %[half], %[odd]\n"        \
    "extui %[half], %[half], 31, 1\n"       \
    "addx4 %[half], %[half], %[row]\n"      \
    "srai %[odd], %[odd], 11\n"             \
    "l32i %[half], %[half], " constant "\n" \
    "add %[odd], %[odd], %[even]\n"         \
    "add %[odd], %[odd], %[half]\n"         \
    "extui %[odd], %[odd], 24, 8\n"
#define TFK_UNIT_SIGNED_FIRST TFK_UNIT_SIGNED_BYTE("0", "4", "8", "12", "16", "20")
#define TFK_UNIT_SIGNED_SECOND TFK_UNIT_SIGNED_BYTE("28", "32", "36", "40", "44", "48")

/* Vectors of any length. row_bytes: from one row to the next. */
#define TFK_UNITS_FUNCTION(name, output, row_bytes)                                                                  \
    static __attribute__((noinline, noclone, unused)) void name(const int16_t *x, int32_t groups, const uint32_t *w, \
                                                                const int32_t *row, int32_t units, int32_t offset,   \
                                                                int8_t *y)                                           \
    {                                                                                                                \
        const int16_t *at;                                                                                           \
        int32_t half, even, odd;                                                                                     \
        __asm__ volatile("1: mov %[x], %[first]\n"                                                                   \
                         "wsr %[offset], acclo\n"                                                                    \
                         "ldinc m0, %[x]\n"                                                                          \
                         "ldinc m1, %[x]\n"                                                                          \
                         "loopgtz %[pairs], 2f\n" TFK_VECTOR_PAIR                                                    \
                         "2: bbci.l %[groups], 0, 3f\n"                                                              \
                         "l32i %[even], %[w], 0\n"                                                                   \
                         "addi %[w], %[w], 4\n" TFK_VECTOR_GROUP("%[even]")                                          \
                         "3:\n" output                                                                               \
                         "addi %[units], %[units], -1\n"                                                             \
                         "s8i %[odd], %[y], 0\n"                                                                     \
                         "addi %[row], %[row], " row_bytes "\n"                                                      \
                         "addi %[y], %[y], 1\n"                                                                      \
                         "bnez %[units], 1b\n"                                                                       \
                         : [x] "=&r"(at), [w] "+&r"(w), [row] "+&r"(row), [units] "+&r"(units), [y] "+&r"(y),        \
                           [half] "=&r"(half), [even] "=&r"(even), [odd] "=&r"(odd)                                  \
                         : [first] "r"(x - 2), [groups] "r"(groups), [pairs] "r"(groups >> 1),                       \
                           [offset] "r"(offset), [mask] "r"(0x00ff00ff)                                              \
                         : "memory", "acc");                                                                         \
    }
TFK_UNITS_FUNCTION(tfk_units_table, TFK_UNIT_TABLE_BYTE, "20")
TFK_UNITS_FUNCTION(tfk_units_signed, TFK_UNIT_SIGNED_FIRST, "28")

/* Products of a vector in m0 and m1, or m0 to m3, with the unit whose weights stand at %[w] + place. */
#define TFK_UNIT_ONE(place, more)           \
    "l32i %[even], %[w], " place "\n"       \
    "wsr %[offset], acclo\n" more           \
    "and %[half], %[even], %[mask]\n"       \
    "srli %[even], %[even], 8\n"            \
    "mula.da.ll m0, %[half]\n"              \
    "and %[even], %[even], %[mask]\n"       \
    "mula.da.hh m0, %[half]\n"              \
    "mula.da.ll m1, %[even]\n"              \
    "mula.da.hh m1, %[even]\n"
#define TFK_UNIT_TWO(place, next)           \
    TFK_UNIT_ONE(place, "l32i %[odd], %[w], " next "\n") \
    "and %[half], %[odd], %[mask]\n"        \
    "srli %[odd], %[odd], 8\n"              \
    "mula.ad.ll %[half], m2\n"              \
    "and %[odd], %[odd], %[mask]\n"         \
    "mula.ad.hh %[half], m2\n"              \
    "mula.ad.ll %[odd], m3\n"               \
    "mula.ad.hh %[odd], m3\n"

/* Signed form, two units at a time. step: bytes of the weights of two units. */
#define TFK_FEW_UNITS_FUNCTION(name, words, first, second, step)                                                      \
    static __attribute__((noinline, noclone, unused)) void name(const int16_t *x, const uint32_t *w,                 \
                                                                const int32_t *row, int32_t units, int32_t offset,   \
                                                                int8_t *y)                                           \
    {                                                                                                                \
        int32_t half, even, odd;                                                                                     \
        __asm__ volatile(words                                                                                       \
                         "loopgtz %[pairs], 1f\n"                                                                    \
                         first TFK_UNIT_SIGNED_FIRST                                                                 \
                         "s8i %[odd], %[y], 0\n"                                                                     \
                         second TFK_UNIT_SIGNED_SECOND                                                               \
                         "addi %[w], %[w], " step "\n"                                                               \
                         "s8i %[odd], %[y], 1\n"                                                                     \
                         "addi %[row], %[row], 56\n"                                                                 \
                         "addi %[y], %[y], 2\n"                                                                      \
                         "1: bbci.l %[units], 0, 2f\n"                                                               \
                         first TFK_UNIT_SIGNED_FIRST                                                                 \
                         "s8i %[odd], %[y], 0\n"                                                                     \
                         "2:\n"                                                                                      \
                         : [x] "+&r"(x), [w] "+&r"(w), [row] "+&r"(row), [y] "+&r"(y), [half] "=&r"(half),           \
                           [even] "=&r"(even), [odd] "=&r"(odd)                                                      \
                         : [units] "r"(units), [pairs] "r"(units >> 1), [offset] "r"(offset), [mask] "r"(0x00ff00ff) \
                         : "memory", "acc");                                                                         \
    }
#define TFK_UNIT_WORDS "ldinc m0, %[x]\n" "ldinc m1, %[x]\n"
TFK_FEW_UNITS_FUNCTION(tfk_units_of_one, TFK_UNIT_WORDS, TFK_UNIT_ONE("0", ""), TFK_UNIT_ONE("4", ""), "8")
TFK_FEW_UNITS_FUNCTION(tfk_units_of_two, TFK_UNIT_WORDS "ldinc m2, %[x]\n" "ldinc m3, %[x]\n", TFK_UNIT_TWO("0", "4"),
                       TFK_UNIT_TWO("8", "12"), "16")

/* See fully_connected_halfwords.h. */
static inline void tfk_vector_units(const tfk_fully_connected_halfwords_params *p, const int16_t *x,
                                    const uint32_t *w, const int32_t *row, int32_t offset, int8_t *output)
{
    const int32_t groups = tfk_strip_depth(p->depth) >> 2;
    if (p->scaled != 0) {
        tfk_vector_units_plain(p, x, w, row, offset, output);
    } else if (p->row == TFK_TABLE_ROW) {
        tfk_units_table(x, groups, w, row, p->units, offset, output);
    } else if (groups > 2) {
        tfk_units_signed(x, groups, w, row, p->units, offset, output);
    } else if (groups == 2) {
        tfk_units_of_two(x - 2, w, row, p->units, offset, output);
    } else {
        tfk_units_of_one(x - 2, w, row, p->units, offset, output);
    }
}

#endif
#endif
