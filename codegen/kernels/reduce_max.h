/* REDUCE_MAX on int8 over any axes, seen as [kept, reduced, kept, reduced, kept] in memory order. */
#ifndef TFK_REDUCE_MAX_H
#define TFK_REDUCE_MAX_H

#include <stdint.h>

typedef struct {
    int32_t kept_outer, reduced_outer, kept_middle, reduced_inner, kept_inner;
} tfk_reduce_max_params;

/* input: int8 [all five sizes]; output: int8 [kept outer, kept middle, kept inner]. */
static inline void tfk_reduce_max_s8(const tfk_reduce_max_params *p, const int8_t *input, int8_t *output)
{
    const int32_t middle_step = p->reduced_inner * p->kept_inner;
    const int32_t reduced_step = p->kept_middle * middle_step;
    for (int32_t o = 0; o < p->kept_outer; o++, input += p->reduced_outer * reduced_step) {
        for (int32_t m = 0; m < p->kept_middle; m++) {
            for (int32_t i = 0; i < p->kept_inner; i++) {
                int8_t largest = -128;
                for (int32_t r = 0; r < p->reduced_outer; r++) {
                    const int8_t *from = input + r * reduced_step + m * middle_step + i;
                    for (int32_t s = 0; s < p->reduced_inner; s++) {
                        const int8_t value = from[s * p->kept_inner];
                        largest = value > largest ? value : largest;
                    }
                }
                *output++ = largest;
            }
        }
    }
}

#endif
