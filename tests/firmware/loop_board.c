/* A board without threads, waits and a clock of its own, as a browser or a bare loop is one: bytes, time, frames and
 * the flash chip come from the test. Whatever would wait is counted. */
#include <string.h>

#include "app.h"
#include "chip_store.h"
#include "inference.h"
#include "tinyface/board.h"

enum { SENT_BYTES = 1 << 20, GIVEN_BYTES = 1 << 17, CHIP_BYTES = 0x400000, FRAME_SIDE = 16 };

static uint8_t sent[SENT_BYTES], given[GIVEN_BYTES], frame_pixels[FRAME_SIDE * FRAME_SIDE];
static uint8_t memory[1 << 19] __attribute__((aligned(16)));
static uint32_t n_sent, n_given, taken, used;

/* For the test to set and read. */
uint8_t loop_chip[CHIP_BYTES] __attribute__((aligned(16)));
uint64_t loop_micros;
uint32_t loop_waits;          /* calls that would have waited, or tasks asked for */
uint32_t loop_failing_starts; /* of the camera */
uint32_t loop_starts;
uint32_t loop_start_turns; /* calls of a start that it goes on after */
uint32_t loop_frames; /* that the camera will still give */
uint32_t loop_run_us; /* what a frame and the model's run on it take */
uint32_t loop_held;   /* frames not given back */
uint32_t loop_led;
uint32_t loop_restarted;
uint32_t loop_deaf; /* the host takes nothing */
uint32_t loop_baud; /* of the line, 0: bytes take no time */
uint64_t loop_sent_until; /* when the last written byte has left, in loop_micros */
uint32_t loop_link; /* tinyface_link */
uint32_t loop_randoms; /* how often there still are random bytes */

void loop_give(const uint8_t *data, uint32_t size);
uint32_t loop_take(uint8_t *data, uint32_t size);
uint32_t loop_inferences(void);

/* Bytes from the host; they must fit. */
void loop_give(const uint8_t *data, uint32_t size)
{
    memmove(given, given + taken, n_given - taken);
    n_given -= taken;
    taken = 0;
    memcpy(given + n_given, data, size);
    n_given += size;
}

/* What the board has sent since the last call. */
uint32_t loop_take(uint8_t *data, uint32_t size)
{
    uint32_t n = n_sent < size ? n_sent : size;
    memcpy(data, sent, n);
    n_sent = 0;
    return n;
}

uint32_t loop_inferences(void)
{
    return tinyface_inferences();
}

const char *tinyface_board_name(void)
{
    return "loop";
}

void tinyface_board_init(void)
{
}

tinyface_link tinyface_board_link(void)
{
    return (tinyface_link)loop_link;
}

int tinyface_board_random(uint8_t *data, size_t size)
{
    if (loop_randoms == 0) {
        return -1;
    }
    memset(data, (int)loop_randoms--, size);
    return 0;
}

uint64_t tinyface_board_micros(void)
{
    return loop_micros;
}

uint64_t tinyface_board_ticks(void)
{
    return loop_micros;
}

tinyface_tick_unit tinyface_board_tick_unit(void)
{
    return TINYFACE_TICKS_MICROSECONDS;
}

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    uint32_t n = n_given - taken < size ? n_given - taken : (uint32_t)size;
    loop_waits += wait_ms > 0;
    memcpy(data, given + taken, n);
    taken += n;
    return (int)n;
}

int tinyface_board_write(const uint8_t *data, size_t size)
{
    if (loop_deaf || size > SENT_BYTES - n_sent) {
        return -1;
    }
    if (loop_baud > 0) {
        loop_sent_until = (loop_sent_until > loop_micros ? loop_sent_until : loop_micros) +
                          (uint64_t)size * 10U * 1000000U / loop_baud;
    }
    memcpy(sent + n_sent, data, size);
    n_sent += (uint32_t)size;
    return 0;
}

int tinyface_board_all_sent(void)
{
    return loop_sent_until <= loop_micros;
}

void *tinyface_board_alloc(size_t bytes, int *internal)
{
    uint32_t size = ((uint32_t)bytes + 15U) & ~15U;
    uint8_t *at = memory + used;
    *internal = 1;
    if (bytes > sizeof memory || size > sizeof memory - used) {
        return NULL;
    }
    used += size;
    return at;
}

void tinyface_board_memory(tinyface_memory *told)
{
    told->heap_free = told->heap_largest_block = (uint32_t)sizeof memory - used;
    told->psram_free = 0;
}

int tinyface_board_start_task(tinyface_task task, void (*run)(void))
{
    (void)task;
    (void)run;
    return -1;
}

void tinyface_board_sleep(tinyface_task task, uint32_t wait_ms)
{
    (void)task;
    (void)wait_ms;
    loop_waits++;
}

int tinyface_board_camera_start(const tinyface_camera_wish *wish)
{
    (void)wish;
    loop_starts++;
    if (loop_starts % (loop_start_turns + 1U) != 0) {
        return TINYFACE_CAMERA_NOT_YET;
    }
    return loop_starts / (loop_start_turns + 1U) <= loop_failing_starts ? 0x105 : 0;
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    if (loop_frames == 0) {
        return TINYFACE_CAMERA_NOT_YET;
    }
    loop_frames--;
    loop_held++;
    frame_pixels[0] = (uint8_t)loop_frames;
    frame->format = TINYFACE_GRAY8;
    frame->width = FRAME_SIDE;
    frame->height = FRAME_SIDE;
    frame->data = frame_pixels;
    frame->time_ms = (uint32_t)(tinyface_board_micros() / 1000U);
    loop_micros += loop_run_us;
    return 0;
}

void tinyface_board_camera_release(const tinyface_frame *frame)
{
    (void)frame;
    loop_held--;
}

void tinyface_board_led(int on)
{
    loop_led = (uint32_t)on;
}

int tinyface_chip_read(uint32_t at, void *data, size_t size)
{
    memcpy(data, loop_chip + at, size);
    return 0;
}

int tinyface_chip_write(uint32_t at, const void *data, size_t size)
{
    memcpy(loop_chip + at, data, size);
    return 0;
}

const uint8_t *tinyface_board_model_partition(uint32_t *size)
{
    *size = TINYFACE_CHIP_MODEL_BYTES;
    return loop_chip + TINYFACE_CHIP_MODEL;
}

/* The loop starts the program anew when the step has returned. */
void tinyface_board_restart(void)
{
    loop_restarted++;
}
