/* The simulated ESP32-CAM: serial port on standard input and output, the real board's memory limits, its two
 * cores as threads, and faults that the simulator switches on through the environment. */
#include "board.h"

#include <stdlib.h>
#include <string.h>

#include "chip_store.h"
#include "pools.h"
#include "stack_paint.h"

static uint8_t heap[TINYFACE_HEAP_BYTES] __attribute__((aligned(16)));
static uint8_t psram[TINYFACE_PSRAM_BYTES] __attribute__((aligned(16)));
static uint8_t model_partition[TINYFACE_CHIP_MODEL_BYTES] __attribute__((aligned(16)));
static tinyface_pools pools;
static struct {
    const uint8_t *low, *top;
} stacks[SIM_TASKS];
static uint64_t boot_micros;
static uint32_t sent_bytes, host_gone_after;

enum {
    BITS_A_BYTE = 10,  /* on a serial line: a start bit, eight, a stop bit */
    TX_BYTES = 4096,   /* what the board's driver holds of them, as firmware/chips/espressif/esp_serial.c sets it */
    ALL_SENT_US = 20000
};

static uint32_t line_baud;     /* 0: bytes take no time */
static uint64_t line_free_us;  /* when the last written byte has left; the serial task's alone */

uint32_t sim_number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? (uint32_t)strtoul(text, NULL, 0) : 0;
}

void sim_stack(tinyface_task task, const uint8_t *low, const uint8_t *top)
{
    tinyface_board_lock(); /* the other core may be asking */
    stacks[task].low = low;
    stacks[task].top = top;
    tinyface_board_unlock();
}

const char *tinyface_board_name(void)
{
    return TINYFACE_BOARD_NAME;
}

void tinyface_board_init(void)
{
    int without = tinyface_board_psram_missing() != 0;
    boot_micros = sim_host_micros();
    host_gone_after = sim_number("TINYFACE_HOST_GONE");
    line_baud = sim_number("TINYFACE_LINE_BAUD");
    tinyface_pools_init(&pools, heap, sizeof heap, TINYFACE_HEAP_BLOCK_BYTES, without ? NULL : psram,
                        without ? 0 : sizeof psram);
}

/* The simulator says whom it listens to. */
tinyface_link tinyface_board_link(void)
{
    return (tinyface_link)sim_number("TINYFACE_LINK");
}

size_t tinyface_board_token(uint8_t *token, size_t size)
{
    const char *text = getenv("TINYFACE_TOKEN");
    size_t length = text != NULL ? strlen(text) : 0;
    if (length > size) {
        return 0;
    }
    memcpy(token, text != NULL ? text : "", length);
    return length;
}

int tinyface_board_random(uint8_t *data, size_t size)
{
    return sim_host_random(data, size);
}

uint8_t tinyface_board_reset_reason(void)
{
    return (uint8_t)sim_number("TINYFACE_RESET_REASON");
}

uint32_t tinyface_board_psram_missing(void)
{
    return sim_number("TINYFACE_NO_PSRAM") ? TINYFACE_PSRAM_BYTES : 0;
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

/* What this many bytes take on the line. */
static uint64_t line_us(size_t bytes)
{
    return line_baud > 0 ? (uint64_t)bytes * BITS_A_BYTE * 1000000U / line_baud : 0;
}

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    const int n = sim_host_read(data, size, wait_ms);
    if (n > 0 && line_baud > 0) {
        sim_host_pause(line_us((size_t)n));
    }
    return n;
}

/* A line of a speed: waits until the driver holds no more than it can. */
static void send_on_line(size_t bytes)
{
    const uint64_t now = sim_host_micros(), holds = line_us(TX_BYTES);

    line_free_us = (line_free_us > now ? line_free_us : now) + line_us(bytes);
    if (line_free_us > now + holds) {
        sim_host_pause(line_free_us - now - holds);
    }
}

int tinyface_board_all_sent(void)
{
    const uint64_t now = sim_host_micros(), left = line_free_us > now ? line_free_us - now : 0;
    if (left > 0) {
        sim_host_pause(left < ALL_SENT_US ? left : ALL_SENT_US);
    }
    return left <= ALL_SENT_US;
}

/* A host that is gone takes nothing, once, after as many bytes as the fault says. */
int tinyface_board_write(const uint8_t *data, size_t size)
{
    sent_bytes += (uint32_t)size;
    if (host_gone_after > 0 && sent_bytes > host_gone_after) {
        host_gone_after = 0;
        return -1;
    }
    if (line_baud > 0) {
        send_on_line(size);
    }
    return sim_host_write(data, size);
}

void *tinyface_board_alloc(size_t bytes, int *internal)
{
    return tinyface_pools_take(&pools, bytes, internal);
}

void tinyface_board_memory(tinyface_memory *memory)
{
    tinyface_pools_tell(&pools, memory);
    memory->stack_high_water = 0;
    memory->stack_free = UINT32_MAX;
    for (unsigned i = 0; i < SIM_TASKS; i++) {
        tinyface_board_lock();
        const uint8_t *low = stacks[i].low, *top = stacks[i].top;
        tinyface_board_unlock();
        if (top != NULL) {
            uint32_t used = tinyface_stack_used(low, top);
            uint32_t left = (uint32_t)(top - low) - used;
            memory->stack_high_water = used > memory->stack_high_water ? used : memory->stack_high_water;
            memory->stack_free = left < memory->stack_free ? left : memory->stack_free;
        }
    }
}

int tinyface_board_start_task(tinyface_task task, void (*run)(void))
{
    return sim_host_start_task(task, run);
}

void tinyface_board_sleep(tinyface_task task, uint32_t wait_ms)
{
    sim_host_sleep(task, wait_ms);
}

void tinyface_board_signal(tinyface_task task)
{
    sim_host_signal(task);
}

void tinyface_board_lock(void)
{
    sim_host_lock();
}

void tinyface_board_unlock(void)
{
    sim_host_unlock();
}

const uint8_t *tinyface_board_model_partition(uint32_t *size)
{
    *size = TINYFACE_CHIP_MODEL_BYTES;
    return tinyface_chip_read(TINYFACE_CHIP_MODEL, model_partition, sizeof model_partition) == 0 ? model_partition
                                                                                                 : NULL;
}

void tinyface_board_restart(void)
{
    sim_host_exit(SIM_EXIT_RESTART);
}
