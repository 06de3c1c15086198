/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's Xtensa `sim` machine: frames over semihosting, CCOUNT counts instructions (-icount shift=5). */
#include "board.h"

#include "app.h"
#include "pools.h"
#include "simcall.h"
#include "stack_paint.h"
#include "tinyface/board.h"

extern uint8_t _stack_low[], _stack_top[]; /* link.ld */

#define NOINIT __attribute__((aligned(16), section(".noinit,\"aw\",@nobits#")))
static uint8_t heap[TINYFACE_HEAP_BYTES] NOINIT;
static uint8_t psram[TINYFACE_PSRAM_BYTES] NOINIT;
static tinyface_pools pools;
static uint32_t phase;     /* nothing shifts it after boot: this CPU never sleeps */
static uint64_t waited_us; /* emulated time stands still while the host waits for us */

static void leave(int32_t status) __attribute__((noreturn));

static void leave(int32_t status)
{
    for (;;) {
        (void)simcall(SIMCALL_EXIT, status, 0, 0);
    }
}

void xtensa_fatal(uint32_t cause, uint32_t pc, uint32_t address)
{
    static const char digits[] = "0123456789abcdef";
    static char text[] = "exception 00 at 00000000 address 00000000\n";
    text[10] = digits[(cause >> 4) & 15U];
    text[11] = digits[cause & 15U];
    for (int i = 0; i < 8; i++) {
        text[16 + i] = digits[(pc >> (28 - 4 * i)) & 15U];
        text[33 + i] = digits[(address >> (28 - 4 * i)) & 15U];
    }
    (void)simcall(SIMCALL_WRITE, 2, (uintptr_t)text, sizeof text - 1);
    leave((int32_t)(64U + (cause & 63U)));
}

const char *tinyface_board_name(void)
{
    return TINYFACE_BOARD_NAME;
}

/* Emulated time when this runs, in ns below 32. CCOUNT counts 25 ns (40 MHz) and an instruction takes 32 ns,
 * so 25 readings two instructions apart see every phase of the count once: with the first one taken at
 * 25 c + u ns they sum to 25 c + u + (64 - 1) * (25 - 1) / 2. */
static uint32_t phase_ns(void)
{
    uint32_t sum = 0, now;
    __asm__ volatile(".rept 25\n\trsr %0, ccount\n\tadd %1, %1, %0\n\t.endr" : "=&a"(now), "+a"(sum) : : "memory");
    return (sum - 63U * 12U) & 31U;
}

void tinyface_board_init(void)
{
    phase = phase_ns();
    tinyface_pools_init(&pools, heap, sizeof heap, TINYFACE_HEAP_BLOCK_BYTES, psram, sizeof psram);
}

/* 1 where a < b, without a branch: the instructions this file takes must not depend on the count itself. */
static inline uint32_t below(uint32_t a, uint32_t b)
{
    return ((~a & b) | (~(a ^ b) & (a - b))) >> 31;
}

/* Retired instructions n, from CCOUNT's c = floor((32 n + phase) / 25): n = ceil((25 c - phase) / 32), taken
 * apart so that 32 bits do (64-bit sums branch on their carry). One turn of CCOUNT is 25 * 2^27 instructions. */
uint64_t tinyface_board_ticks(void)
{
    static uint32_t last_count, turns, last_low, high;
    uint32_t count, low;
    __asm__ volatile("rsr %0, ccount" : "=a"(count) : : "memory");
    turns += below(count, last_count);
    last_count = count;
    low = 25U * (count >> 5) + ((25U * (count & 31U) + 31U - phase) >> 5) + turns * (25U << 27);
    high += below(low, last_low);
    last_low = low;
    return ((uint64_t)high << 32) | low;
}

tinyface_tick_unit tinyface_board_tick_unit(void)
{
    return TINYFACE_TICKS_INSTRUCTIONS;
}

uint64_t tinyface_board_micros(void)
{
    return tinyface_board_ticks() * 4U / 125U + waited_us;
}

/* The emulator reads page by page and waits for bytes at each: a read over the end of a page would wait for more than
 * what is there. */
static size_t up_to_page(const uint8_t *data, size_t size)
{
    const size_t left = 4096U - ((uintptr_t)data & 4095U);
    return size < left ? size : left;
}

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    simcall_time wait;
    int32_t n;

    wait.seconds = wait_ms / 1000U;
    wait.microseconds = wait_ms % 1000U * 1000U;
    n = simcall(SIMCALL_SELECT_ONE, 0, SIMCALL_SELECT_READ, (uintptr_t)&wait);
    if (n <= 0) {
        waited_us += (uint64_t)wait_ms * 1000U;
        return 0;
    }
    n = simcall(SIMCALL_READ, 0, (uintptr_t)data, up_to_page(data, size));
    return n > 0 ? (int)n : -1;
}

int tinyface_board_write(const uint8_t *data, size_t size)
{
    while (size > 0) {
        int32_t n = simcall(SIMCALL_WRITE, 1, (uintptr_t)data, size);
        if (n <= 0) {
            return -1;
        }
        data += n;
        size -= (size_t)n;
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
    leave(XTENSA_EXIT_RESTART);
}

void xtensa_start(void)
{
    tinyface_stack_paint(_stack_low, (uint8_t *)__builtin_frame_address(0) - 256);
    tinyface_app_run();
    leave(0);
}
