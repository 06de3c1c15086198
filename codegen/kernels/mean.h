/* MEAN on int8 over any axes, seen as [kept, reduced, kept, reduced, kept] in memory order.
 *
 * The output may lie over input that is read already (codegen/ops/mean.py). */
#ifndef TFK_MEAN_H
#define TFK_MEAN_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t kept_outer, reduced_outer, kept_middle, reduced_inner, kept_inner;
    int32_t start;              /* minus input zero point times the number of reduced elements */
    int32_t multiplier, shift;  /* 1 / number is part of them; see tfk_requantize */
    int32_t output_zero_point;  /* -128 .. 127 */
} tfk_mean_params;

/* input: int8 [all five sizes]; output: int8 [kept outer, kept middle, kept inner]. */
static inline void tfk_mean_s8(const tfk_mean_params *p, const int8_t *input, int8_t *output)
{
    const int32_t middle_step = p->reduced_inner * p->kept_inner;
    const int32_t reduced_step = p->kept_middle * middle_step;
    for (int32_t o = 0; o < p->kept_outer; o++, input += p->reduced_outer * reduced_step) {
        for (int32_t m = 0; m < p->kept_middle; m++) {
            for (int32_t i = 0; i < p->kept_inner; i++) {
                int32_t sum = p->start;
                for (int32_t r = 0; r < p->reduced_outer; r++) {
                    const int8_t *from = input + r * reduced_step + m * middle_step + i;
                    for (int32_t s = 0; s < p->reduced_inner; s++) {
                        sum += from[s * p->kept_inner];
                    }
                }
                const int32_t mean = tfk_requantize(sum, p->multiplier, p->shift) + p->output_zero_point;
                *output++ = (int8_t)tfk_clamp(mean, -128, 127);
            }
        }
    }
}

#endif
