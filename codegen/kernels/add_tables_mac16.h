/* The sums of add_tables.h with the instructions of the cores that have MAC16: four outputs in 43 instructions.
 *
 * Two sums are made side by side, so that no loaded value is used by the next instruction. */
#ifndef TFK_ADD_TABLES_MAC16_H
#define TFK_ADD_TABLES_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

#define TFK_TWO_SUMS(first, second)          \
    "l8ui %[t], %[a], " first "\n"           \
    "l8ui %[u], %[b], " first "\n"           \
    "l8ui %[v], %[a], " second "\n"          \
    "l8ui %[w], %[b], " second "\n"          \
    "addx4 %[t], %[t], %[of_a]\n"            \
    "addx4 %[u], %[u], %[of_b]\n"            \
    "addx4 %[v], %[v], %[of_a]\n"            \
    "addx4 %[w], %[w], %[of_b]\n"            \
    "l32i %[t], %[t], 0\n"                   \
    "l32i %[u], %[u], 0\n"                   \
    "l32i %[v], %[v], 0\n"                   \
    "l32i %[w], %[w], 0\n"                   \
    "add %[t], %[t], %[u]\n"                 \
    "add %[v], %[v], %[w]\n"                 \
    "srai %[t], %[t], 20\n" /* TFK_SUM_FRACTION */ \
    "srai %[v], %[v], 20\n"                  \
    "clamps %[t], %[t], 7\n"                 \
    "clamps %[v], %[v], 7\n"                 \
    "s8i %[t], %[y], " first "\n"            \
    "s8i %[v], %[y], " second "\n"

/* So many times four outputs, limited to -128 .. 127. See tfk_add_tables_s8. */
static inline void tfk_add_fours(int32_t fours, const int8_t *a, const int8_t *b, const int32_t *of_a,
                                 const int32_t *of_b, int8_t *y)
{
    int32_t t, u, v, w;
    __asm__ volatile("loopgtz %[fours], 1f\n" TFK_TWO_SUMS("0", "1") TFK_TWO_SUMS("2", "3")
                     "addi %[a], %[a], 4\n"
                     "addi %[b], %[b], 4\n"
                     "addi %[y], %[y], 4\n"
                     "1:\n"
                     : [a] "+&r"(a), [b] "+&r"(b), [y] "+&r"(y), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v),
                       [w] "=&r"(w)
                     : [fours] "r"(fours), [of_a] "r"(of_a), [of_b] "r"(of_b)
                     : "memory");
}

#endif
#endif
