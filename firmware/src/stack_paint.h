/* Stack high water by painting: the deepest byte that no longer holds the paint. */
#ifndef TINYFACE_STACK_PAINT_H
#define TINYFACE_STACK_PAINT_H

#include <stdint.h>

/* Paints from `low` up to `high` (below the live part of a stack that grows downwards). */
void tinyface_stack_paint(uint8_t *low, uint8_t *high);

/* Bytes between `top` and the deepest byte used above `low`. */
uint32_t tinyface_stack_used(const uint8_t *low, const uint8_t *top);

#endif
