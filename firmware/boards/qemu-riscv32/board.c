/* QEMU's RISC-V `virt`: UART 0 carries the frames, minstret counts retired instructions (-icount shift=0). */
#include "board.h"

#include "app.h"
#include "pools.h"
#include "semihosting.h"
#include "stack_paint.h"
#include "tinyface/board.h"

/* 16550 UART 0, the interrupt controller (context 0: machine mode) and the 10 MHz machine timer. */
#define UART ((volatile uint8_t *)0x10000000U)
#define PLIC_PRIORITY ((volatile uint32_t *)0x0C000000U)
#define PLIC_ENABLE ((volatile uint32_t *)0x0C002000U)
#define PLIC_THRESHOLD (*(volatile uint32_t *)0x0C200000U)
#define PLIC_CLAIM (*(volatile uint32_t *)0x0C200004U)
#define MTIMECMP ((volatile uint32_t *)0x02004000U)
#define MTIME ((const volatile uint32_t *)0x0200BFF8U)

enum {
    UART_DATA = 0,
    UART_INTERRUPT = 1,
    UART_FIFO = 2,
    UART_LINE = 3,
    UART_STATE = 5,
    UART_RX_INTERRUPT = 1,
    UART_FIFO_ENABLE = 1,
    UART_8_BITS = 3,
    UART_RX_FULL = 1,
    UART_TX_EMPTY = 0x20,
    IRQ_UART = 10,
    MIE_TIMER = 1 << 7,
    MIE_EXTERNAL = 1 << 11,
    TIMER_PER_MS = 10000
};

extern uint8_t _stack_low[], _stack_top[]; /* link.ld */
static uint8_t heap[TINYFACE_HEAP_BYTES] __attribute__((aligned(16), section(".noinit")));
static tinyface_pools pools;
static int32_t spool = -1;

void riscv32_fault(void)
{
    tinyface_semihosting_exit(RISCV32_EXIT_FAULT);
}

/* QEMU hands UART bytes over one by one. Where the simulator keeps a file of this name, the bytes are read
 * from it at once. Returns its handle, or -1. */
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
    UART[UART_LINE] = UART_8_BITS;
    UART[UART_FIFO] = UART_FIFO_ENABLE;
    UART[UART_INTERRUPT] = UART_RX_INTERRUPT;
    PLIC_PRIORITY[IRQ_UART] = 1;
    PLIC_ENABLE[0] = 1U << IRQ_UART;
    PLIC_THRESHOLD = 0;
    spool = open_spool();
    tinyface_pools_init(&pools, heap, sizeof heap, TINYFACE_HEAP_BLOCK_BYTES, NULL, 0);
}

/* minstret is emulated time, 1 ns an instruction: it jumps when a wait ends, never between two readings of
 * one inference. The halves are joined without a branch, so that this takes the same instructions always:
 * where the low half has its top bit set it was read before it could turn over, and the first high half
 * belongs to it; otherwise the second one does. */
uint64_t tinyface_board_ticks(void)
{
    uint32_t before, low, after, mask;
    __asm__ volatile("csrr %0, minstreth\n\tcsrr %1, minstret\n\tcsrr %2, minstreth"
                     : "=&r"(before), "=&r"(low), "=&r"(after)
                     :
                     : "memory");
    mask = 0U - (low >> 31);
    return ((uint64_t)((before & mask) | (after & ~mask)) << 32) | low;
}

tinyface_tick_unit tinyface_board_tick_unit(void)
{
    return TINYFACE_TICKS_INSTRUCTIONS;
}

uint64_t tinyface_board_micros(void)
{
    return tinyface_board_ticks() / 1000U;
}

/* Sleeps until a byte has come or the time is over. Interrupts are never taken, they only end the wait. */
static void wait_for_byte(uint32_t wait_ms)
{
    uint32_t high, low, source;

    do {
        high = MTIME[1];
        low = MTIME[0];
    } while (high != MTIME[1]);
    source = low + wait_ms * TIMER_PER_MS;
    MTIMECMP[1] = 0xFFFFFFFFU;
    MTIMECMP[0] = source;
    MTIMECMP[1] = high + (source < low);
    __asm__ volatile("csrw mie, %0\n\twfi\n\tcsrw mie, zero" : : "r"(MIE_TIMER | MIE_EXTERNAL) : "memory");
    source = PLIC_CLAIM;
    if (source != 0) {
        PLIC_CLAIM = source;
    }
}

/* Bytes that have come over the UART. They come one by one, so it pays to look for the next one. */
static size_t read_uart(uint8_t *data, size_t size)
{
    enum { PATIENCE = 200 };
    size_t n = 0;
    unsigned tries = PATIENCE;

    while (n < size && tries > 0) {
        if (UART[UART_STATE] & UART_RX_FULL) {
            data[n++] = UART[UART_DATA];
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
    while (UART[UART_STATE] & UART_RX_FULL) {
        (void)UART[UART_DATA];
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
        while (!(UART[UART_STATE] & UART_TX_EMPTY)) {
        }
        UART[UART_DATA] = *data++;
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
    tinyface_semihosting_exit(RISCV32_EXIT_RESTART);
}

void riscv32_start(void)
{
    tinyface_stack_paint(_stack_low, (uint8_t *)__builtin_frame_address(0) - 128);
    tinyface_app_run();
    tinyface_semihosting_exit(0);
}
