/* Bytes of two lines to words of halves by MAC16's kernels for depthwise layers: the upper line in the lower halves, with
 * 128 added. Four values of each line make four words in 16 instructions. */
#ifndef TFK_LINE_PAIRS_MAC16_H
#define TFK_LINE_PAIRS_MAC16_H

#include <stdint.h>

#include "mac16.h"

#if defined(TINYFACE_MAC16)

/* Four values in %[t] and %[u] to words at places a, b, c and d. SAR is 16. */
#define TFK_PAIRS_OF_FOUR(a, b, c, d) \
    "xor %[t], %[t], %[sign]\n"       \
    "xor %[u], %[u], %[sign]\n"       \
    "slli %[v], %[t], 16\n"           \
    "src %[v], %[u], %[v]\n"          \
    "extui %[u], %[u], 16, 16\n"      \
    "src %[u], %[u], %[t]\n"          \
    "and %[t], %[v], %[mask]\n"       \
    "srli %[v], %[v], 8\n"            \
    "s32i %[t], " a "\n"              \
    "and %[v], %[v], %[mask]\n"       \
    "and %[t], %[u], %[mask]\n"       \
    "s32i %[v], " b "\n"              \
    "srli %[u], %[u], 8\n"            \
    "s32i %[t], " c "\n"              \
    "and %[u], %[u], %[mask]\n"       \
    "s32i %[u], " d "\n"
#define TFK_PAIRS_LOAD                  \
    "l32i %[t], %[from], 0\n"           \
    "l32i %[u], %[below], 0\n"          \
    "add %[from], %[from], %[taken]\n"  \
    "add %[below], %[below], %[taken]\n"
#define TFK_PAIRS_NEXT(bytes)         \
    "addi %[a], %[a], " bytes "\n"    \
    "addi %[b], %[b], " bytes "\n"    \
    "addi %[c], %[c], " bytes "\n"    \
    "addi %[d], %[d], " bytes "\n"
/* Those of a pixel of four channels. */
#define TFK_PAIRS_OF_PIXEL(place) \
    TFK_PAIRS_LOAD TFK_PAIRS_OF_FOUR("%[a], " place, "%[b], " place, "%[c], " place, "%[d], " place)

/* Four pixels of the only channel at a time: their words stand side by side.
 * from, below: int8, at multiples of 4; words: of four pixels, at least 1. */
static __attribute__((noinline, unused)) void tfk_pairs_of_line(const int8_t *from, const int8_t *below, int32_t words,
                                                                uint8_t *x)
{
    int32_t t, u, v;
    __asm__ volatile("ssai 16\n"
                     "loop %[words], 1f\n" TFK_PAIRS_LOAD
                     TFK_PAIRS_OF_FOUR("%[x], 0", "%[x], 4", "%[x], 8", "%[x], 12")
                     "addi %[x], %[x], 16\n"
                     "1:\n"
                     : [from] "+&r"(from), [below] "+&r"(below), [x] "+&r"(x), [t] "=&r"(t), [u] "=&r"(u),
                       [v] "=&r"(v)
                     : [words] "r"(words), [taken] "r"(4), [sign] "r"(0x80808080u), [mask] "r"(0x00ff00ffu)
                     : "memory");
}

/* Four channels, each of which has a plane, four pixels at a time. A function for words that stand `next` bytes apart in
 * a plane; twice, three times and four times as far are `second`, `third` and `after`.
 * from, below: int8, at multiples of 4; taken: bytes from one pixel to the next, a multiple of 4; x: the first plane;
 * across: bytes from one plane to the next. */
#define TFK_PAIRS_OF_PLANES(name, next, second, third, after)                                                      \
    static __attribute__((noinline, unused)) void name(const int8_t *from, const int8_t *below, int32_t pixels,     \
                                                       int32_t taken, uint8_t *x, int32_t across)                   \
    {                                                                                                               \
        uint8_t *b = x + across, *c = b + across, *d = c + across;                                                  \
        int32_t t, u, v;                                                                                            \
        __asm__ volatile("ssai 16\n"                                                                                \
                         "srli %[t], %[pixels], 2\n"                                                                \
                         "loopgtz %[t], 1f\n" TFK_PAIRS_OF_PIXEL("0") TFK_PAIRS_OF_PIXEL(next)                      \
                         TFK_PAIRS_OF_PIXEL(second) TFK_PAIRS_OF_PIXEL(third) TFK_PAIRS_NEXT(after)                 \
                         "1: extui %[t], %[pixels], 0, 2\n"                                                         \
                         "loopgtz %[t], 2f\n" TFK_PAIRS_OF_PIXEL("0") TFK_PAIRS_NEXT(next)                          \
                         "2:\n"                                                                                     \
                         : [from] "+&r"(from), [below] "+&r"(below), [a] "+&r"(x), [b] "+&r"(b), [c] "+&r"(c),      \
                           [d] "+&r"(d), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)                                   \
                         : [pixels] "r"(pixels), [taken] "r"(taken), [sign] "r"(0x80808080u),                       \
                           [mask] "r"(0x00ff00ffu)                                                                  \
                         : "memory");                                                                               \
    }

#endif
#endif
