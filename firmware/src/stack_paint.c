/* Stack painting and its reading. */
#include "stack_paint.h"

enum { PAINT = 0xC5 };

void tinyface_stack_paint(uint8_t *low, uint8_t *high)
{
    volatile uint8_t *p = low; /* volatile: a memset here could use the very stack it paints */
    while (p < high) {
        *p++ = PAINT;
    }
}

uint32_t tinyface_stack_used(const uint8_t *low, const uint8_t *top)
{
    const volatile uint8_t *p = low;
    while (p < top && *p == PAINT) {
        p++;
    }
    return (uint32_t)(top - (const uint8_t *)p);
}
