/* QEMU's mps2-an386: UART0 carries the frames, timer 0 counts retired instructions (-icount shift=6). */
#include "board.h"

#include "app.h"
#include "pools.h"
#include "semihosting.h"
#include "stack_paint.h"
#include "tinyface/board.h"

/* CMSDK UART 0 and timer 0; the machine's 25 MHz drives both. */
typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} uart_registers;
typedef struct {
    volatile uint32_t control, value, reload, interrupt;
} timer_registers;

#define UART ((uart_registers *)0x40004000U)
#define TIMER ((timer_registers *)0x40000000U)   /* free running */
#define ALARM ((timer_registers *)0x40001000U)   /* ends a wait */
#define NVIC_ENABLE ((volatile uint32_t *)0xE000E100U)
#define NVIC_CLEAR ((volatile uint32_t *)0xE000E280U)

enum {
    UART_TX_FULL = 1,
    UART_RX_FULL = 2,
    UART_TX_ENABLE = 1,
    UART_RX_ENABLE = 2,
    UART_RX_INTERRUPT = 8,
    UART_CLEAR_RX = 2,
    TIMER_ENABLE = 1,
    TIMER_INTERRUPT = 8,
    IRQ_UART_RX = 0,
    IRQ_ALARM = 9,
    TICK_NS = 40 /* 25 MHz */
};

extern uint8_t _stack_low[], _stack_top[]; /* link.ld */
static uint8_t heap[TINYFACE_HEAP_BYTES] __attribute__((aligned(16), section(".noinit")));
static tinyface_pools pools;
static int32_t spool = -1;

int32_t tinyface_semihosting(uint32_t operation, const uint32_t *block)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const uint32_t *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

/* QEMU hands UART bytes over one by one, about 60 us each. Where the simulator keeps a file of this name,
 * the bytes are read from it at once. Returns its handle, or -1. */
static int32_t open_spool(void)
{
    static const char name[] = "uart0.rx";
    return tinyface_semihosting_open(name, sizeof name - 1, 1);
}

const char *tinyface_board_name(void)
{
    return TINYFACE_BOARD_NAME;
}

void tinyface_board_init(void)
{
    __asm__ volatile("cpsid i"); /* interrupts only end a wait, none is ever taken */
    TIMER->reload = 0xFFFFFFFFU;
    TIMER->value = 0xFFFFFFFFU;
    TIMER->control = TIMER_ENABLE;
    UART->divider = 217; /* 115200 baud */
    UART->control = UART_TX_ENABLE | UART_RX_ENABLE | UART_RX_INTERRUPT;
    NVIC_ENABLE[0] = (1U << IRQ_UART_RX) | (1U << IRQ_ALARM);
    spool = open_spool();
    tinyface_pools_init(&pools, heap, sizeof heap, TINYFACE_HEAP_BLOCK_BYTES, NULL, 0);
}

/* Emulated time in units of 8 ns. An instruction takes 64 ns, a timer tick 40 ns. With the time at u fifths of
 * a tick, the timer falls by floor((u + 8 k) / 5) within k instructions; over four readings, one instruction
 * apart, these sum to u + 14. Waiting shifts the phase by any amount; this finds it again at every call, in
 * the same number of instructions each time. */
static uint64_t time_8ns(void)
{
    static uint32_t last, wraps;
    uint32_t a, b, c, d, e;

    __asm__ volatile("ldr %0, [%5]\n\tldr %1, [%5]\n\tldr %2, [%5]\n\tldr %3, [%5]\n\tldr %4, [%5]"
                     : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d), "=&r"(e)
                     : "r"(&TIMER->value)
                     : "memory");
    b = 4U * a - b - c - d - e; /* the timer counts down */
    a = ~a;
    wraps += a < last;
    last = a;
    return 5U * (((uint64_t)wraps << 32) | a) + (b - 14U);
}

uint64_t tinyface_board_ticks(void)
{
    return time_8ns() / 8U;
}

tinyface_tick_unit tinyface_board_tick_unit(void)
{
    return TINYFACE_TICKS_INSTRUCTIONS;
}

uint64_t tinyface_board_micros(void)
{
    return time_8ns() / 125U;
}

/* Sleeps until a byte has come or the time is over. */
static void wait_for_byte(uint32_t wait_ms)
{
    ALARM->control = 0;
    ALARM->reload = 1000000U / TICK_NS * wait_ms;
    ALARM->value = ALARM->reload;
    ALARM->interrupt = 1;
    ALARM->control = TIMER_ENABLE | TIMER_INTERRUPT;
    __asm__ volatile("wfi" : : : "memory");
    ALARM->control = 0;
    ALARM->interrupt = 1;
    UART->interrupt = UART_CLEAR_RX;
    NVIC_CLEAR[0] = (1U << IRQ_UART_RX) | (1U << IRQ_ALARM);
}

/* Bytes that have come over the UART. They come one by one, so it pays to look for the next one. */
static size_t read_uart(uint8_t *data, size_t size)
{
    enum { PATIENCE = 50 };
    size_t n = 0;
    unsigned tries = PATIENCE;

    while (n < size && tries > 0) {
        if (UART->state & UART_RX_FULL) {
            data[n++] = (uint8_t)UART->data;
            tries = PATIENCE;
        } else if (n == 0) {
            break;
        } else {
            tries--;
        }
    }
    return n;
}

/* Bytes that the simulator has put into the file; the UART carried one byte to say so. */
static size_t read_spool(uint8_t *data, size_t size)
{
    uint32_t block[3] = {(uint32_t)spool, (uint32_t)(uintptr_t)data, (uint32_t)size};
    while (UART->state & UART_RX_FULL) {
        (void)UART->data;
    }
    return size - (uint32_t)tinyface_semihosting(SYS_READ, block);
}

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    for (;;) {
        size_t n = spool < 0 ? read_uart(data, size) : read_spool(data, size);
        if (n > 0 || wait_ms == 0) {
            return (int)n;
        }
        wait_for_byte(wait_ms);
        wait_ms = 0;
    }
}

int tinyface_board_write(const uint8_t *data, size_t size)
{
    for (; size > 0; size--) {
        while (UART->state & UART_TX_FULL) {
        }
        UART->data = *data++;
    }
    return 0;
}

void *tinyface_board_alloc(size_t bytes, int *internal)
{
    return tinyface_pools_take(&pools, bytes, internal);
}

void tinyface_board_memory(tinyface_memory *memory)
{
    tinyface_pools_tell(&pools, memory);
    memory->stack_high_water = tinyface_stack_used(_stack_low, _stack_top);
    memory->stack_free = (uint32_t)(_stack_top - _stack_low) - memory->stack_high_water;
}

void tinyface_board_restart(void)
{
    tinyface_semihosting_exit(M4_EXIT_RESTART);
}

int main(void)
{
    tinyface_stack_paint(_stack_low, (uint8_t *)__builtin_frame_address(0) - 128);
    tinyface_app_run();
    return 0;
}
