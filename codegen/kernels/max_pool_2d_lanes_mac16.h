/* Parts of max_pool_2d_lanes.h for the cores that have MAC16, of which they take other instructions: MAX, and the loops
 * without branches. */
#ifndef TFK_MAX_POOL_2D_LANES_MAC16_H
#define TFK_MAX_POOL_2D_LANES_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

/* The word in %[t] meets the largest of each lane; %[u] is lost. */
#define TFK_LARGER_LANES        \
    "slli %[u], %[t], 24\n"     \
    "max %[l3], %[l3], %[t]\n"  \
    "max %[l0], %[l0], %[u]\n"  \
    "slli %[u], %[t], 16\n"     \
    "slli %[t], %[t], 8\n"      \
    "max %[l1], %[l1], %[u]\n"  \
    "max %[l2], %[l2], %[t]\n"

/* 9 instructions a pixel, 4 a line. */
static inline tfk_lanes tfk_largest_lanes(tfk_lane_window w, const int8_t *values, int32_t least)
{
    tfk_lanes most = {least, least, least, least};
    int32_t rows = w.rows;
    uint32_t t, u;
    __asm__ volatile("1: loop %[columns], 2f\n"
                     "l32i %[t], %[from], 0\n"
                     "add %[from], %[from], %[step]\n" TFK_LARGER_LANES
                     "2: addi %[rows], %[rows], -1\n"
                     "add %[from], %[from], %[skip]\n"
                     "bnez %[rows], 1b\n"
                     : [from] "+&r"(values), [l0] "+&r"(most.of_0), [l1] "+&r"(most.of_1), [l2] "+&r"(most.of_2),
                       [l3] "+&r"(most.of_3), [rows] "+&r"(rows), [t] "=&r"(t), [u] "=&r"(u)
                     : [columns] "r"(w.columns), [step] "r"(w.step), [skip] "r"(w.skip)
                     : "memory");
    return most;
}

/* Two lines of two pixels without limits, all channels in fours, in 41 instructions each. */
static inline void tfk_largest_of_two_by_two(const int8_t *values, int32_t step, int32_t below, int32_t channels,
                                             int8_t *output)
{
    const int8_t *lower = values + below;
    int32_t l0, l1, l2, l3;
    uint32_t t, u, v;
    __asm__ volatile("loop %[groups], 1f\n"
                     "l32i %[l3], %[upper], 0\n"
                     "add %[v], %[upper], %[step]\n"
                     "l32i %[t], %[v], 0\n"
                     "slli %[l0], %[l3], 24\n"
                     "slli %[l1], %[l3], 16\n"
                     "slli %[l2], %[l3], 8\n" TFK_LARGER_LANES
                     "l32i %[t], %[lower], 0\n"
                     "add %[v], %[lower], %[step]\n"
                     "addi %[upper], %[upper], 4\n" TFK_LARGER_LANES
                     "l32i %[t], %[v], 0\n"
                     "addi %[lower], %[lower], 4\n" TFK_LARGER_LANES
                     "srai %[l0], %[l0], 24\n"
                     "srai %[l1], %[l1], 24\n"
                     "srai %[l2], %[l2], 24\n"
                     "srai %[l3], %[l3], 24\n"
                     "s8i %[l0], %[y], 0\n"
                     "s8i %[l1], %[y], 1\n"
                     "s8i %[l2], %[y], 2\n"
                     "s8i %[l3], %[y], 3\n"
                     "addi %[y], %[y], 4\n"
                     "1:\n"
                     : [upper] "+&r"(values), [lower] "+&r"(lower), [y] "+&r"(output), [l0] "=&r"(l0), [l1] "=&r"(l1),
                       [l2] "=&r"(l2), [l3] "=&r"(l3), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)
                     : [groups] "r"(channels >> 2), [step] "r"(step)
                     : "memory");
}

#endif
#endif
