/* ADD on int8 by two tables: what each input counts stands there, in outputs with TFK_SUM_FRACTION more bits. */
#ifndef TFK_ADD_TABLES_H
#define TFK_ADD_TABLES_H

#include <stdint.h>

#include "mac16.h"
#include "requantize.h"

typedef struct {
    int32_t activation_min, activation_max;
    int32_t elements;
} tfk_add_tables_params;

enum { TFK_SUM_FRACTION = 20 }; /* codegen/numerics/sum_tables.py */

#if defined(TINYFACE_MAC16)
#include "add_tables_mac16.h"
#endif

/* a, b, output: int8 [elements]; output may be a or b.
 * of_a, of_b: int32 [256], for inputs 0 .. 127, then -128 .. -1, so that a byte is its place. */
static inline void tfk_add_tables_s8(const tfk_add_tables_params *p, const int8_t *a, const int8_t *b,
                                     const int32_t *of_a, const int32_t *of_b, int8_t *output)
{
    int32_t i = 0;
#if defined(TINYFACE_MAC16)
    if (p->activation_min == -128 && p->activation_max == 127) {
        tfk_add_fours(p->elements >> 2, a, b, of_a, of_b, output);
        i = p->elements & ~3;
    }
#endif
    for (; i < p->elements; i++) {
        const int32_t sum = of_a[(uint8_t)a[i]] + of_b[(uint8_t)b[i]];
        output[i] = (int8_t)tfk_clamp(sum >> TFK_SUM_FRACTION, p->activation_min, p->activation_max);
    }
}

#endif
