/* tfk_mul_line of mul_lines.h for the cores that have MAC16, of which it takes other instructions: SEXT, MIN and MAX.
 *
 * Four outputs in 79 instructions, or in 66 where the second input is one value; one left over takes 22 or 18. The
 * constants from 0 on and below 0 lie in memory, for 14 registers are all there are: the sign of the product is the
 * place. */
#ifndef TFK_MUL_LINES_MAC16_H
#define TFK_MUL_LINES_MAC16_H
#if defined(TINYFACE_MAC16)

#include <stdint.h>

/* The step of the second input to %[u]. */
#define TFK_MUL_MOVES(at)          \
    "l8ui %[t], %[a], " at "\n"    \
    "l8ui %[u], %[b], " at "\n"    \
    "sext %[t], %[t], 7\n"         \
    "sext %[u], %[u], 7\n"         \
    "sub %[t], %[t], %[of_a]\n"    \
    "sub %[u], %[u], %[of_b]\n"    \
    "mull %[t], %[t], %[u]\n"

/* It is there already, in %[of_b]. */
#define TFK_MUL_STANDS(at)         \
    "l8ui %[t], %[a], " at "\n"    \
    "sext %[t], %[t], 7\n"         \
    "sub %[t], %[t], %[of_a]\n"    \
    "mull %[t], %[t], %[of_b]\n"

/* The product in %[t] to an output, as tfk_mul_signed_element has it. */
#define TFK_MUL_OUTPUT(at)         \
    "max %[t], %[t], %[least]\n"   \
    "min %[t], %[t], %[most]\n"    \
    "srai %[v], %[t], 31\n"        \
    "addx4 %[v], %[v], %[signs]\n" \
    "mull %[u], %[t], %[low]\n"    \
    "l32i %[v], %[v], 0\n"         \
    "mull %[t], %[t], %[high]\n"   \
    "srai %[u], %[u], 11\n"        \
    "add %[u], %[u], %[v]\n"       \
    "add %[u], %[u], %[t]\n"       \
    "extui %[u], %[u], 24, 8\n"    \
    "s8i %[u], %[y], " at "\n"

/* %[v] is the count until the loop has it. */
#define TFK_MUL_LOOP(one, step, move_b)                                                          \
    "loopgtz %[v], 1f\n" one "addi %[a], %[a], " step "\n" move_b "addi %[y], %[y], " step "\n1:\n"
#define TFK_MUL_ONE(first) first("0") TFK_MUL_OUTPUT("0")
#define TFK_MUL_FOUR(first)                                             \
    TFK_MUL_ONE(first) first("1") TFK_MUL_OUTPUT("1") first("2") TFK_MUL_OUTPUT("2") first("3") TFK_MUL_OUTPUT("3")

/* Inputs of both: the numbers of p, the step of the second input, and where the constants lie. */
#define TFK_MUL_NUMBERS                                                                              \
    [of_a] "r"(p->a_zero_point), [of_b] "r"(of_b), [least] "r"(p->least), [most] "r"(p->most),       \
        [high] "r"(p->high), [low] "r"(p->low), [signs] "r"(constants + 1)

/* Both inputs move. */
static inline void tfk_mul_line_moves(const tfk_mul_signed_params *p, const int8_t *a, const int8_t *b, int32_t count,
                                      int8_t *output)
{
    const int32_t constants[2] = {p->minus, p->plus}, of_b = p->b_zero_point;
    int32_t fours = count >> 2, rest = count & 3, t, u;
    __asm__ volatile(TFK_MUL_LOOP(TFK_MUL_FOUR(TFK_MUL_MOVES), "4", "addi %[b], %[b], 4\n")
                     : [a] "+&r"(a), [b] "+&r"(b), [y] "+&r"(output), [v] "+&r"(fours), [t] "=&r"(t), [u] "=&r"(u)
                     : TFK_MUL_NUMBERS
                     : "memory");
    __asm__ volatile(TFK_MUL_LOOP(TFK_MUL_ONE(TFK_MUL_MOVES), "1", "addi %[b], %[b], 1\n")
                     : [a] "+&r"(a), [b] "+&r"(b), [y] "+&r"(output), [v] "+&r"(rest), [t] "=&r"(t), [u] "=&r"(u)
                     : TFK_MUL_NUMBERS
                     : "memory");
}

/* The second input is one value. */
static inline void tfk_mul_line_stands(const tfk_mul_signed_params *p, const int8_t *a, const int8_t *b, int32_t count,
                                       int8_t *output)
{
    const int32_t constants[2] = {p->minus, p->plus}, of_b = *b - p->b_zero_point;
    int32_t fours = count >> 2, rest = count & 3, t, u;
    __asm__ volatile(TFK_MUL_LOOP(TFK_MUL_FOUR(TFK_MUL_STANDS), "4", "")
                     : [a] "+&r"(a), [y] "+&r"(output), [v] "+&r"(fours), [t] "=&r"(t), [u] "=&r"(u)
                     : TFK_MUL_NUMBERS
                     : "memory");
    __asm__ volatile(TFK_MUL_LOOP(TFK_MUL_ONE(TFK_MUL_STANDS), "1", "")
                     : [a] "+&r"(a), [y] "+&r"(output), [v] "+&r"(rest), [t] "=&r"(t), [u] "=&r"(u)
                     : TFK_MUL_NUMBERS
                     : "memory");
}

static inline void tfk_mul_line(const tfk_mul_signed_params *p, const int8_t *a, const int8_t *b, int32_t same,
                                int32_t count, int8_t *output)
{
    if (same) {
        tfk_mul_line_stands(p, a, b, count, output);
    } else {
        tfk_mul_line_moves(p, a, b, count, output);
    }
}

#endif
#endif
