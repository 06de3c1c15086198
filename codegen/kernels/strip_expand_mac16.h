/* tfk_expand_aligned of strip_products.h for cores with MAC16: same arguments, same bytes. Two groups in 16 instructions,
 * of which the loads run ahead of their use by 3. */
#ifndef TFK_STRIP_EXPAND_MAC16_H
#define TFK_STRIP_EXPAND_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

/* Four bytes in %[t] to two words of halves at %[to] + place. */
#define TFK_EXPAND_FOUR(t, place, next)   \
    "xor " t ", " t ", %[sign]\n"         \
    "and %[half], " t ", %[mask]\n"       \
    "srli " t ", " t ", 8\n"              \
    "and " t ", " t ", %[mask]\n"         \
    "s32i %[half], %[to], " place "\n"    \
    "s32i " t ", %[to], " next "\n"

static inline void tfk_expand_aligned(const uint32_t *word, int32_t groups, uint32_t *halves)
{
    uint32_t t, u, half;
    __asm__ volatile("loopgtz %[pairs], 1f\n"
                     "l32i %[t], %[from], 0\n"
                     "l32i %[u], %[from], 4\n"
                     "addi %[from], %[from], 8\n" TFK_EXPAND_FOUR("%[t]", "0", "4")
                     TFK_EXPAND_FOUR("%[u]", "8", "12")
                     "addi %[to], %[to], 16\n"
                     "1: bbci.l %[groups], 0, 2f\n"
                     "l32i %[t], %[from], 0\n" TFK_EXPAND_FOUR("%[t]", "0", "4")
                     "2:\n"
                     : [from] "+&r"(word), [to] "+&r"(halves), [t] "=&r"(t), [u] "=&r"(u), [half] "=&r"(half)
                     : [pairs] "r"(groups >> 1), [groups] "r"(groups), [sign] "r"(0x80808080u), [mask] "r"(0x00ff00ffu)
                     : "memory");
}

#endif
#endif
