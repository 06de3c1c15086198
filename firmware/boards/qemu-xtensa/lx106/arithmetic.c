/* SPDX-License-Identifier: Apache-2.0 */
/* What Debian's libgcc for lx106 lacks because the real chip's ROM holds it: division, 64-bit products. */
#include <stdint.h>

uint64_t __umulsidi3(uint32_t a, uint32_t b);
int64_t __muldi3(int64_t a, int64_t b);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
uint64_t __udivmoddi4(uint64_t n, uint64_t d, uint64_t *rest); /* libgcc has this one */

uint32_t __udivsi3(uint32_t n, uint32_t d);
uint32_t __umodsi3(uint32_t n, uint32_t d);
int32_t __divsi3(int32_t n, int32_t d);
int32_t __modsi3(int32_t n, int32_t d);

static uint32_t divide(uint32_t n, uint32_t d, uint32_t *rest)
{
    uint32_t quotient = 0, r = 0;
    for (int bit = 31; bit >= 0; bit--) {
        r = (r << 1) | ((n >> bit) & 1U);
        if (r >= d) {
            r -= d;
            quotient |= 1U << bit;
        }
    }
    *rest = r;
    return quotient;
}

static uint32_t magnitude(int32_t v)
{
    return v < 0 ? 0U - (uint32_t)v : (uint32_t)v;
}

uint32_t __udivsi3(uint32_t n, uint32_t d)
{
    uint32_t rest;
    return divide(n, d, &rest);
}

uint32_t __umodsi3(uint32_t n, uint32_t d)
{
    uint32_t rest;
    (void)divide(n, d, &rest);
    return rest;
}

int32_t __divsi3(int32_t n, int32_t d)
{
    uint32_t rest, quotient = divide(magnitude(n), magnitude(d), &rest);
    return (n ^ d) < 0 ? (int32_t)(0U - quotient) : (int32_t)quotient;
}

int32_t __modsi3(int32_t n, int32_t d)
{
    uint32_t rest;
    (void)divide(magnitude(n), magnitude(d), &rest);
    return n < 0 ? (int32_t)(0U - rest) : (int32_t)rest;
}

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    uint32_t a0 = a & 0xFFFFU, a1 = a >> 16, b0 = b & 0xFFFFU, b1 = b >> 16;
    uint32_t low = a0 * b0, middle = a1 * b0 + (low >> 16), other = a0 * b1 + (middle & 0xFFFFU);
    uint32_t high = a1 * b1 + (middle >> 16) + (other >> 16);
    return ((uint64_t)high << 32) | (other << 16) | (low & 0xFFFFU);
}

int64_t __muldi3(int64_t a, int64_t b)
{
    uint32_t a0 = (uint32_t)(uint64_t)a, a1 = (uint32_t)((uint64_t)a >> 32);
    uint32_t b0 = (uint32_t)(uint64_t)b, b1 = (uint32_t)((uint64_t)b >> 32);
    return (int64_t)(__umulsidi3(a0, b0) + ((uint64_t)(a0 * b1 + a1 * b0) << 32));
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    return __udivmoddi4(n, d, 0);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t rest;
    (void)__udivmoddi4(n, d, &rest);
    return rest;
}

int64_t __divdi3(int64_t n, int64_t d)
{
    uint64_t quotient = __udivmoddi4(n < 0 ? 0U - (uint64_t)n : (uint64_t)n, d < 0 ? 0U - (uint64_t)d : (uint64_t)d, 0);
    return (n ^ d) < 0 ? (int64_t)(0U - quotient) : (int64_t)quotient;
}
