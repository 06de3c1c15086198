/* The board contract: what the portable application asks of a board. One board.c implements it. */
#ifndef TINYFACE_BOARD_H
#define TINYFACE_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "tinyface/pipeline.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t heap_free, heap_largest_block, psram_free, stack_high_water;
} tinyface_memory;

/* Name of the board's folder, e.g. "esp32cam". */
const char *tinyface_board_name(void);

/* Starts clock and serial. Called once, before everything else. */
void tinyface_board_init(void);

/* Monotonic microseconds. */
uint64_t tinyface_board_micros(void);

/* Ticks of the finest counter and what they are: profiles carry both. */
typedef enum { TINYFACE_TICKS_MICROSECONDS = 0, TINYFACE_TICKS_INSTRUCTIONS = 1, TINYFACE_TICKS_CYCLES = 2 } tinyface_tick_unit;
uint64_t tinyface_board_ticks(void);
tinyface_tick_unit tinyface_board_tick_unit(void);

/* Reads at most `size` bytes that have arrived. Waits up to `wait_ms` for the first one.
 * Returns the number read, 0 when none came, -1 when the host is gone for good. */
int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms);

/* Writes all bytes; returns 0, or -1 when the host is gone for good. */
int tinyface_board_write(const uint8_t *data, size_t size);

/* Memory for the arena and for the frame buffer, 16-byte aligned, for the life of the firmware.
 * NULL when it does not fit. *internal is set to 1 for internal RAM, 0 for PSRAM. */
void *tinyface_board_alloc(size_t bytes, int *internal);

void tinyface_board_memory(tinyface_memory *memory);

/* Camera: 0 on success, otherwise the driver's error code. The frame stays valid until release. */
int tinyface_board_camera_start(void);
int tinyface_board_camera_grab(tinyface_frame *frame);
void tinyface_board_camera_release(void);

void tinyface_board_led(int on);

/* Restarts the board; does not return. */
void tinyface_board_restart(void);

#ifdef __cplusplus
}
#endif
#endif
