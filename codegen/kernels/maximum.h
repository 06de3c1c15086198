/* MAXIMUM on int8: the larger of two values of one scale. */
#ifndef TFK_MAXIMUM_H
#define TFK_MAXIMUM_H

#include <stdint.h>

#include "broadcast.h"

typedef struct {
    TFK_BROADCAST_AXES;
} tfk_maximum_params;

static inline int8_t tfk_maximum_element(const tfk_maximum_params *p, int32_t a, int32_t b)
{
    (void)p;
    return (int8_t)(a > b ? a : b);
}

/* a, b, output: int8, see broadcast.h. */
TFK_DEFINE_ELEMENTWISE(tfk_maximum)

#endif
