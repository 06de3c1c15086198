/* The sums of fully_connected_halfwords.h by MAC16: same arguments, same layouts, same numbers.
 *
 * A group of four products takes 9 instructions, of which 5 make halfwords of a word of weights; two groups share the
 * step of the weights' pointer. Words of the vector are loaded by the products before them, 5 instructions ahead. */
#ifndef TFK_FULLY_CONNECTED_HALFWORDS_MAC16_H
#define TFK_FULLY_CONNECTED_HALFWORDS_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#include "mac16.h"

/* Weights of one word at %[w] + offset times the words in m0 and m1, which are those after them when it is done. */
#define TFK_VECTOR_GROUP(word)                        \
    "and %[half], " word ", %[mask]\n"                \
    "srli " word ", " word ", 8\n"                    \
    "mula.da.ll m0, %[half]\n"                        \
    "and " word ", " word ", %[mask]\n"               \
    "mula.da.hh.ldinc m0, %[x], m0, %[half]\n"        \
    "mula.da.ll m1, " word "\n"                       \
    "mula.da.hh.ldinc m1, %[x], m1, " word "\n"

/* Two words of weights. */
#define TFK_VECTOR_PAIR                               \
    "l32i %[even], %[w], 0\n"                         \
    "l32i %[odd], %[w], 4\n"                          \
    "addi %[w], %[w], 8\n"                            \
    TFK_VECTOR_GROUP("%[even]") TFK_VECTOR_GROUP("%[odd]")

static inline int32_t tfk_vector_product(const int16_t *x, const uint32_t *w, int32_t groups, int32_t start)
{
    int32_t half, even, odd, pairs = groups >> 1;
    x -= 2;
    __asm__ volatile("ldinc m0, %[x]\n"
                     "wsr %[sum], acclo\n"
                     "ldinc m1, %[x]\n"
                     "loopgtz %[pairs], 1f\n" TFK_VECTOR_PAIR
                     "1: bbci.l %[groups], 0, 2f\n"
                     "l32i %[even], %[w], 0\n" TFK_VECTOR_GROUP("%[even]")
                     "2: rsr %[sum], acclo\n"
                     : [x] "+&r"(x), [w] "+&r"(w), [sum] "+&r"(start), [half] "=&r"(half), [even] "=&r"(even),
                       [odd] "=&r"(odd)
                     : [pairs] "r"(pairs), [groups] "r"(groups), [mask] "r"(0x00ff00ff)
                     : "memory", "acc");
    return start;
}

/* A group of four products with signed weights takes 11 instructions. */
static inline int32_t tfk_vector_filter(const int16_t *x, const int32_t *w, int32_t groups, int32_t start)
{
    int32_t half, word;
    x -= 2;
    __asm__ volatile("ldinc m0, %[x]\n"
                     "wsr %[sum], acclo\n"
                     "ldinc m1, %[x]\n"
                     "loop %[groups], 1f\n"
                     "l32i %[word], %[w], 0\n"
                     "addi %[w], %[w], 4\n"
                     "and %[half], %[word], %[mask]\n"
                     "srli %[word], %[word], 8\n"
                     "sub %[half], %[half], %[bias]\n"
                     "and %[word], %[word], %[mask]\n"
                     "mula.da.ll m0, %[half]\n"
                     "sub %[word], %[word], %[bias]\n"
                     "mula.da.hh.ldinc m0, %[x], m0, %[half]\n"
                     "mula.da.ll m1, %[word]\n"
                     "mula.da.hh.ldinc m1, %[x], m1, %[word]\n"
                     "1: rsr %[sum], acclo\n"
                     : [x] "+&r"(x), [w] "+&r"(w), [sum] "+&r"(start), [half] "=&r"(half), [word] "=&r"(word)
                     : [groups] "r"(groups), [mask] "r"(0x00ff00ff), [bias] "r"(0x007f007f)
                     : "memory", "acc");
    return start;
}

static inline int32_t tfk_vector_sum(const int16_t *x, int32_t groups)
{
    int32_t sum = 0;
    x -= 2;
    __asm__ volatile("ldinc m0, %[x]\n"
                     "wsr %[sum], acclo\n"
                     "ldinc m1, %[x]\n"
                     "loop %[groups], 1f\n"
                     "mula.da.ll m0, %[one]\n"
                     "mula.da.hl.ldinc m0, %[x], m0, %[one]\n"
                     "mula.da.ll m1, %[one]\n"
                     "mula.da.hl.ldinc m1, %[x], m1, %[one]\n"
                     "1: rsr %[sum], acclo\n"
                     : [x] "+&r"(x), [sum] "+&r"(sum)
                     : [groups] "r"(groups), [one] "r"(1)
                     : "memory", "acc");
    return sum;
}

#endif
#endif
