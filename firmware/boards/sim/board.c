/* The simulated ESP32-CAM: serial port on stdin and stdout, the real board's memory limits. */
#include "board.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "pools.h"
#include "stack_paint.h"
#include "tinyface/board.h"

static uint8_t heap[TINYFACE_HEAP_BYTES] __attribute__((aligned(16)));
static uint8_t psram[TINYFACE_PSRAM_BYTES] __attribute__((aligned(16)));
static tinyface_pools pools;
static const uint8_t *stack_low, *stack_top;
static struct timespec boot_time;

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
    signal(SIGPIPE, SIG_IGN); /* a gone host shows as an error of write */
    clock_gettime(CLOCK_MONOTONIC, &boot_time);
    tinyface_pools_init(&pools, heap, sizeof heap, TINYFACE_HEAP_BLOCK_BYTES, psram, sizeof psram);
}

uint64_t tinyface_board_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((int64_t)(now.tv_sec - boot_time.tv_sec) * 1000000 + (now.tv_nsec - boot_time.tv_nsec) / 1000);
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
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    ssize_t n;
    int ready = poll(&input, 1, (int)wait_ms);

    if (ready == 0 || (ready < 0 && errno == EINTR)) {
        return 0;
    }
    n = read(STDIN_FILENO, data, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }
    return n > 0 ? (int)n : -1;
}

int tinyface_board_write(const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, data, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
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
    memory->stack_high_water = tinyface_stack_used(stack_low, stack_top);
}

void tinyface_board_led(int on)
{
    (void)on;
}

void tinyface_board_restart(void)
{
    _exit(SIM_EXIT_RESTART);
}
