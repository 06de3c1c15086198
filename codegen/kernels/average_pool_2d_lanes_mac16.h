/* tfk_sum_lanes of average_pool_2d_lanes.h for the cores that have MAC16, of which it takes the loops without branches:
 * 7 instructions a pixel, 4 a line. */
#ifndef TFK_AVERAGE_POOL_2D_LANES_MAC16_H
#define TFK_AVERAGE_POOL_2D_LANES_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

static inline tfk_lane_sums tfk_sum_lanes(tfk_lane_window w, const int8_t *values, uint32_t half)
{
    uint32_t all = half * 0x01010101u, odd = half * 0x00010001u, t, u;
    int32_t rows = w.rows;
    __asm__ volatile("1: loop %[columns], 2f\n"
                     "l32i %[t], %[from], 0\n"
                     "add %[from], %[from], %[step]\n"
                     "xor %[t], %[t], %[sign]\n"
                     "srli %[u], %[t], 8\n"
                     "add %[all], %[all], %[t]\n"
                     "and %[u], %[u], %[mask]\n"
                     "add %[odd], %[odd], %[u]\n"
                     "2: addi %[rows], %[rows], -1\n"
                     "add %[from], %[from], %[skip]\n"
                     "bnez %[rows], 1b\n"
                     : [from] "+&r"(values), [all] "+&r"(all), [odd] "+&r"(odd), [rows] "+&r"(rows), [t] "=&r"(t),
                       [u] "=&r"(u)
                     : [columns] "r"(w.columns), [step] "r"(w.step), [skip] "r"(w.skip), [sign] "r"(0x80808080u),
                       [mask] "r"(0x00ff00ffu)
                     : "memory");
    const tfk_lane_sums sums = {all - (odd << 8), odd};
    return sums;
}

#endif
#endif
