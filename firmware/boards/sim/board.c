/* The simulated ESP32-CAM: serial port on standard input and output, the real board's memory limits. */
#include "board.h"

#include "pools.h"
#include "stack_paint.h"
#include "tinyface/board.h"

static uint8_t heap[TINYFACE_HEAP_BYTES] __attribute__((aligned(16)));
static uint8_t psram[TINYFACE_PSRAM_BYTES] __attribute__((aligned(16)));
static tinyface_pools pools;
static const uint8_t *stack_low, *stack_top;
static uint64_t boot_micros;

void sim_stack(const uint8_t *low, const uint8_t *top)
{
    stack_low = low;
    stack_top = top;
}

const char *tinyface_board_name(void)
{
    return TINYFACE_BOARD_NAME;
}

void tinyface_board_init(void)
{
    boot_micros = sim_host_micros();
    tinyface_pools_init(&pools, heap, sizeof heap, TINYFACE_HEAP_BLOCK_BYTES, psram, sizeof psram);
}

uint64_t tinyface_board_micros(void)
{
    return sim_host_micros() - boot_micros;
}

uint64_t tinyface_board_ticks(void)
{
    return tinyface_board_micros();
}

tinyface_tick_unit tinyface_board_tick_unit(void)
{
    return TINYFACE_TICKS_MICROSECONDS;
}

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    return sim_host_read(data, size, wait_ms);
}

int tinyface_board_write(const uint8_t *data, size_t size)
{
    return sim_host_write(data, size);
}

void *tinyface_board_alloc(size_t bytes, int *internal)
{
    return tinyface_pools_take(&pools, bytes, internal);
}

void tinyface_board_memory(tinyface_memory *memory)
{
    tinyface_pools_tell(&pools, memory);
    memory->stack_high_water = tinyface_stack_used(stack_low, stack_top);
}

void tinyface_board_led(int on)
{
    (void)on;
}

void tinyface_board_restart(void)
{
    sim_host_exit(SIM_EXIT_RESTART);
}
