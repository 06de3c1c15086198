/* MAC16 of the Xtensa cores: products of 16-bit halves, each of which may load the next factors on the way.
 *
 * What there is:
 *   acclo           low 32 bits of the sum. All sums here fit; the upper 8 bits are never read.
 *   m0, m1, m2, m3  two 16-bit halves each: "l" is the lower one, "h" the upper one.
 *   mula.dd.XY.ldinc mw, p, mx, my
 *                   acclo += X half of mx * Y half of my; p += 4; mw = the word at p.
 *                   mx is m0 or m1, my is m2 or m3, mw any. The factors are read before mw is written.
 *   mula.da.XY.ldinc mw, p, mx, a
 *                   the same with a half of the address register a for the second factor.
 * What follows from it:
 *   - p points one word before the next word and is a multiple of 4.
 *   - The last products of a row load words behind it: these are readable.
 *   - A product waits for a word that is loaded by the instruction before it, or shorter by the one before that. How
 *     far a load runs ahead of its use stands beside each macro, and a test measures it in the assembled code.
 *   - GCC uses acclo for products of its own (so "acc" is clobbered) and does not know m0 to m3: they never live from
 *     one asm statement to the next. Interrupts may come at any time: a system that uses MAC16 in two threads saves
 *     acclo, acchi, m0 to m3 and the loop registers, as ESP-IDF does.
 *
 * TINYFACE_MAC16 turns it on; ESP-IDF tells by itself what the core has. Without optimization (-O0) the compiler keeps
 * too few registers for the statements: then plain C computes the same bytes. -fno-omit-frame-pointer takes one that they
 * need, and GCC says so. */
#ifndef TFK_MAC16_H
#define TFK_MAC16_H

#if !defined(TINYFACE_MAC16) && defined(ESP_PLATFORM) && defined(__XTENSA__)
#include <xtensa/config/core-isa.h>
#if XCHAL_HAVE_MAC16 && XCHAL_HAVE_LOOPS && XCHAL_HAVE_MINMAX && XCHAL_HAVE_CLAMPS && XCHAL_HAVE_SEXT && XCHAL_HAVE_MUL32
#define TINYFACE_MAC16
#endif
#endif
#if !defined(__OPTIMIZE__)
#undef TINYFACE_MAC16
#endif

/* Before the return type of a function that is called often enough to count and has loops that want all registers: it
 * is not inlined. */
#if defined(TINYFACE_MAC16)
#define TFK_APART __attribute__((noinline, unused))
/* The same for one that few layers ever reach: it is to be small. */
#define TFK_SELDOM __attribute__((noinline, cold, unused))
#else
#define TFK_APART inline
#define TFK_SELDOM inline
#endif

#if defined(TINYFACE_MAC16)

#include <stdint.h>

/* Four products of two rows of halfwords: of two words at x and two at w.
 * Before: m0, m1 = the words at x - 4 and x; m2 = the word at w. After: the same, two words on.
 * Loads run ahead by 3 instructions (x) and 2 (w): the register of a word is free behind its second product, an
 * instruction loads one word, and each row has two registers, so that no order does better. */
#define TFK_FOUR_PRODUCTS(x, w)            \
    "mula.dd.ll.ldinc m3, " w ", m0, m2\n" \
    "mula.dd.hh.ldinc m0, " x ", m0, m2\n" \
    "mula.dd.ll.ldinc m2, " w ", m1, m3\n" \
    "mula.dd.hh.ldinc m1, " x ", m1, m3\n"

/* The rows of requantize.h in registers make an output byte of the accumulator %[a] and store it at %[y]; %[t] and %[u]
 * are lost. */

/* TFK_OPEN_ROW, where %[y] is one step before its place: in 10 instructions, in 9 where the lower part of the slope is a
 * power of two, whose shift is in SAR, and in 7 where the slope has no lower part. */
#define TFK_OPEN_LIMITS          \
    "max %[a], %[a], %[least]\n" \
    "min %[a], %[a], %[most]\n"
#define TFK_OPEN_STORE           \
    "add %[a], %[a], %[plus]\n"  \
    "extui %[a], %[a], 24, 8\n"  \
    "s8i %[a], %[y], 0\n"
#define TFK_OPEN_OUTPUT          \
    TFK_OPEN_LIMITS              \
    "mull %[t], %[a], %[low]\n"  \
    "mull %[a], %[a], %[high]\n" \
    "srai %[t], %[t], 12\n"      \
    "add %[y], %[y], %[step]\n"  \
    "add %[a], %[a], %[t]\n"     \
    TFK_OPEN_STORE
#define TFK_SHIFTED_OUTPUT       \
    TFK_OPEN_LIMITS              \
    "sra %[t], %[a]\n"           \
    "mull %[a], %[a], %[high]\n" \
    "add %[y], %[y], %[step]\n"  \
    "add %[a], %[a], %[t]\n"     \
    TFK_OPEN_STORE
/* The shift of (a * 2^n) >> 12, for the power of two in %[low]. */
#define TFK_SHIFT_OF_SLOPE       \
    "nsau %[low], %[low]\n"      \
    "addi %[low], %[low], -19\n" \
    "ssr %[low]\n"
#define TFK_WHOLE_OUTPUT         \
    TFK_OPEN_LIMITS              \
    "mull %[a], %[a], %[high]\n" \
    "add %[y], %[y], %[step]\n"  \
    TFK_OPEN_STORE

/* Which of the three makes the outputs of a row. */
enum { TFK_OPEN_SLOPE, TFK_SHIFTED_SLOPE, TFK_WHOLE_SLOPE };
static inline int tfk_slope_of_row(const int32_t *row)
{
    const int32_t low = row[3];
    return low == 0 ? TFK_WHOLE_SLOPE : (low & (low - 1)) == 0 ? TFK_SHIFTED_SLOPE : TFK_OPEN_SLOPE;
}

/* TFK_SIGNED_ROW in 11 instructions; %[t] and %[u] are lost. */
#define TFK_SIGNED_OUTPUT         \
    "max %[a], %[a], %[least]\n"  \
    "min %[a], %[a], %[most]\n"   \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[u], %[a], %[high]\n"  \
    "srai %[t], %[t], 11\n"       \
    "add %[t], %[t], %[u]\n"      \
    "add %[u], %[t], %[minus]\n"  \
    "add %[t], %[t], %[plus]\n"   \
    "movltz %[t], %[u], %[a]\n"   \
    "extui %[t], %[t], 24, 8\n"   \
    "s8i %[t], %[y], 0\n"

/* TFK_TURNED_ROW, where %[y] is one step before its place and the shift in SAR: in 10 instructions. */
#define TFK_TURNED_OUTPUT         \
    "max %[a], %[a], %[least]\n"  \
    "min %[a], %[a], %[most]\n"   \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[a], %[a], %[high]\n"  \
    "srl %[t], %[t]\n"            \
    "add %[y], %[y], %[step]\n"   \
    "add %[a], %[a], %[t]\n"      \
    TFK_OPEN_STORE

/* Its numbers; %[plus] holds the address of the row before. */
#define TFK_TURNED_NUMBERS        \
    "l32i %[low], %[plus], 24\n"  \
    "l32i %[bias], %[plus], 0\n"  \
    "l32i %[least], %[plus], 4\n" \
    "ssr %[low]\n"                \
    "l32i %[most], %[plus], 8\n"  \
    "l32i %[high], %[plus], 12\n" \
    "l32i %[low], %[plus], 16\n"  \
    "l32i %[plus], %[plus], 20\n"

/* TFK_SIGNED_ROW of products without their bias, with the numbers in memory at %[row], but for the slope and the larger limit,
 * where %[y] is one step before its place: from the accumulator on in 18. */
#define TFK_SIGNED_OUTPUT_OF_SUM  \
    "l32i %[t], %[row], 0\n"      \
    "rsr %[a], acclo\n"           \
    "l32i %[u], %[row], 4\n"      \
    "add %[a], %[a], %[t]\n"      \
    "max %[a], %[a], %[u]\n"      \
    "min %[a], %[a], %[most]\n"   \
    "mull %[t], %[a], %[low]\n"   \
    "mull %[u], %[a], %[high]\n"  \
    "extui %[a], %[a], 31, 1\n"   \
    "addx4 %[a], %[a], %[row]\n"  \
    "srai %[t], %[t], 11\n"       \
    "l32i %[a], %[a], 20\n"       \
    "add %[t], %[t], %[u]\n"      \
    "add %[y], %[y], %[step]\n"   \
    "add %[t], %[t], %[a]\n"      \
    "extui %[t], %[t], 24, 8\n"   \
    "s8i %[t], %[y], 0\n"

#endif
#endif
