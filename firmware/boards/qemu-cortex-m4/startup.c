/* Cortex-M4 start-up: vector table, data and bss. */
#include <stdint.h>

#include "board.h"
#include "semihosting.h"

extern uint32_t _stack_top, _data_load, _data_start, _data_end, _bss_start, _bss_end;

int main(void);
void reset(void);

/* Anything unexpected ends the machine with a status of its own. */
static void fault(void)
{
    tinyface_semihosting_exit(M4_EXIT_FAULT);
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
    tinyface_semihosting_exit((uint32_t)main());
}
