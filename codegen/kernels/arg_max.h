/* ARG_MAX on int8 along one axis, seen as [outer, count, inner] in memory order: where the largest lies. */
#ifndef TFK_ARG_MAX_H
#define TFK_ARG_MAX_H

#include <stdint.h>

typedef struct {
    int32_t outer, count, inner; /* at least 1 each */
} tfk_arg_max_params;

/* input: int8 [outer, count, inner]; output: int32 [outer, inner], 0 .. count - 1, the first among equals. */
static inline void tfk_arg_max_s8(const tfk_arg_max_params *p, const int8_t *input, int32_t *output)
{
    for (int32_t o = 0; o < p->outer; o++, input += p->count * p->inner) {
        for (int32_t i = 0; i < p->inner; i++) {
            int8_t largest = input[i];
            int32_t at = 0;
            for (int32_t c = 1; c < p->count; c++) {
                const int8_t value = input[c * p->inner + i];
                if (value > largest) {
                    largest = value;
                    at = c;
                }
            }
            *output++ = at;
        }
    }
}

#endif
