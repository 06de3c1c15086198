/* Cortex-M4 start-up: vector table, data and bss, and the four functions GCC may call by itself. */
#include <stddef.h>
#include <stdint.h>

#include "board.h"

extern uint32_t _stack_top, _data_load, _data_start, _data_end, _bss_start, _bss_end;

int main(void);
void reset(void);

/* Anything unexpected ends the machine with a status of its own. */
static void fault(void)
{
    m4_exit(M4_EXIT_FAULT);
}

typedef void (*vector)(void);

/* The first entry is the stack pointer, so the table holds addresses. */
typedef union {
    const uint32_t *stack;
    vector call;
} table_entry;

__attribute__((section(".vectors"), used)) static const table_entry vectors[16 + 32] = {
    {.stack = &_stack_top}, {.call = reset}, {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault},
    {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault},
    {.call = fault}, {.call = fault}, {.call = fault}, {.call = fault}};

void reset(void)
{
    const uint32_t *from = &_data_load;
    for (uint32_t *to = &_data_start; to < &_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = &_bss_start; to < &_bss_end; to++) {
        *to = 0;
    }
    *(volatile uint32_t *)0xE000ED88U |= 0xFU << 20; /* CPACR: the FPU, if a compiler uses it */
    m4_exit((uint32_t)main());
}

/* Byte loops that GCC must not turn back into calls of themselves. */
#define LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))

LOOP void *memset(void *to, int value, size_t size)
{
    uint8_t *p = to;
    while (size-- > 0) {
        *p++ = (uint8_t)value;
    }
    return to;
}

/* Words where both are aligned: model inputs and layers' copies pass through here. */
LOOP void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((((uintptr_t)t | (uintptr_t)f) & 3U) == 0) {
        for (; size >= 4; size -= 4, t += 4, f += 4) {
            *(uint32_t *)(void *)t = *(const uint32_t *)(const void *)f;
        }
    }
    while (size-- > 0) {
        *t++ = *f++;
    }
    return to;
}

LOOP void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f) {
        while (size-- > 0) {
            *t++ = *f++;
        }
    } else {
        while (size-- > 0) {
            t[size] = f[size];
        }
    }
    return to;
}

LOOP int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *p = a, *q = b;
    for (; size > 0; size--, p++, q++) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}

LOOP size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}
