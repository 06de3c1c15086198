/* MINIMUM on int8: the smaller of two values of one scale. */
#ifndef TFK_MINIMUM_H
#define TFK_MINIMUM_H

#include <stdint.h>

#include "broadcast.h"

typedef struct {
    TFK_BROADCAST_AXES;
} tfk_minimum_params;

static inline int8_t tfk_minimum_element(const tfk_minimum_params *p, int32_t a, int32_t b)
{
    (void)p;
    return (int8_t)(a < b ? a : b);
}

/* a, b, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_minimum)

#endif
