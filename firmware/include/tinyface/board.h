/* The board contract: what the portable application asks of a board. Its board.c implements it; what a board
 * does not have (a second core, a camera, storage, a watchdog) src/board_defaults.c answers for it. */
#ifndef TINYFACE_BOARD_H
#define TINYFACE_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "tinyface/messages.h"
#include "tinyface/parallel.h"
#include "tinyface/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t heap_free, heap_largest_block, psram_free;
    uint32_t stack_high_water; /* deepest use of any task's stack */
    uint32_t stack_free;       /* what the fullest stack has left; UINT32_MAX: unknown */
} tinyface_memory;

/* Name of the board's folder, e.g. "esp32cam". */
const char *tinyface_board_name(void);

/* Starts clock and serial. Called once, before everything else. */
void tinyface_board_init(void);

/* Microseconds since the board's start, a restart included: it never runs backwards and begins near 0. */
uint64_t tinyface_board_micros(void);

/* Ticks of the finest counter and what they are: profiles carry both. */
typedef enum { TINYFACE_TICKS_MICROSECONDS = 0, TINYFACE_TICKS_INSTRUCTIONS = 1, TINYFACE_TICKS_CYCLES = 2 } tinyface_tick_unit;
uint64_t tinyface_board_ticks(void);
tinyface_tick_unit tinyface_board_tick_unit(void);

/* Why the board started: TINYFACE_WIRE_RESET_REASON_*. */
uint8_t tinyface_board_reset_reason(void);

/* Bytes of PSRAM the board should have and has not, 0 where all is well. */
uint32_t tinyface_board_psram_missing(void);

/* Reads at most `size` bytes that have arrived. Waits up to `wait_ms` for the first one, or until
 * tinyface_board_signal(TINYFACE_TASK_SERIAL). Steps ask with 0: only tinyface_app_run waits.
 * Returns the number read, 0 when none came, -1 when the host is gone for good. */
int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms);

/* Writes all bytes, or keeps what can't go out yet where the board must not wait; returns 0, or -1 when the host takes
 * nothing (it may come back). */
int tinyface_board_write(const uint8_t *data, size_t size);

/* Whether all that was written has left the board, so that what is written next need not wait for it. A board that may
 * wait does so first, for a few milliseconds at most; one that can't know says 1. */
int tinyface_board_all_sent(void);

/* Whom the link leads to. On a network, requests that change the board are served only with the token. */
typedef enum { TINYFACE_LINK_SERIAL = 0, TINYFACE_LINK_LOOPBACK = 1, TINYFACE_LINK_NETWORK = 2 } tinyface_link;
tinyface_link tinyface_board_link(void);

/* The board's token, at most `size` bytes of it. Returns its length, 0 where the board has none. */
size_t tinyface_board_token(uint8_t *token, size_t size);

/* Bytes that nobody can foresee. 0, or an error code where the board has no source of them. */
int tinyface_board_random(uint8_t *data, size_t size);

/* Memory for the arena and for the frame buffer, 16-byte aligned, for the life of the firmware.
 * NULL when it does not fit. *internal is set to 1 for internal RAM, 0 for PSRAM. */
void *tinyface_board_alloc(size_t bytes, int *internal);

void tinyface_board_memory(tinyface_memory *memory);

/* How many frames the application may hold at a time: one in work, one waiting, one being taken. */
enum { TINYFACE_CAMERA_FRAMES = 3 };

/* What a grab says that does not wait for the sensor: no frame yet, ask again in a few milliseconds. It is no failure;
 * a camera that gives none for long says so by another code. A start says so too where it goes on at the next call. */
enum { TINYFACE_CAMERA_NOT_YET = -1000 };

/* The frames that a program would like: gray or RGB, their smaller side at least that of width and height. */
typedef enum { TINYFACE_WISH_GRAY = 0, TINYFACE_WISH_RGB = 1 } tinyface_camera_layout;
typedef struct {
    tinyface_camera_layout layout;
    uint16_t width, height; /* px */
} tinyface_camera_wish;

/* What came of the wish. */
typedef struct {
    const char *sensor;     /* as its driver names it, e.g. "OV2640"; "" where none is known */
    tinyface_pixels format; /* of its frames */
    uint16_t width, height; /* of its frames; 0: they differ */
} tinyface_camera_found;

/* Camera: 0 on success, otherwise the driver's error code. A frame stays valid until its release; its time_ms is that
 * of tinyface_board_micros, when the sensor began it or at the grab. The board gives what its camera has that is
 * nearest to the wish. */
int tinyface_board_camera_start(const tinyface_camera_wish *wish);
int tinyface_board_camera_grab(tinyface_frame *frame);
void tinyface_board_camera_release(const tinyface_frame *frame);

/* The camera as the last start found it; its sensor stays known where that start failed. */
void tinyface_board_camera_found(tinyface_camera_found *found);

/* Exposure, gain, mirror and so on of a camera that has started. Returns the settings whose values its sensor does
 * not take: TINYFACE_REFUSED_*, 0 for none. */
uint16_t tinyface_board_camera_configure(const tinyface_settings_head *settings);

void tinyface_board_led(int on);       /* the status LED */
void tinyface_board_flash_led(int on); /* the bright one beside the camera */

/* Tasks. On two cores capture and the serial port share core 0, inference has core 1. A helper, where some layer is
 * divided (tinyface/parallel.h), is a task of the board's own beside the first two: it starts it and runs it. */
typedef enum {
    TINYFACE_TASK_SERIAL = 0,
    TINYFACE_TASK_CAPTURE = 1,
    TINYFACE_TASK_INFERENCE = 2,
    TINYFACE_TASK_HELPER = 3
} tinyface_task;

/* Starts `run` (it never returns) as this task; 0, or -1 on a board that has one core. */
int tinyface_board_start_task(tinyface_task task, void (*run)(void));

/* Sleeps until this task is signalled or the time is over; a signal that came before counts. */
void tinyface_board_sleep(tinyface_task task, uint32_t wait_ms);
void tinyface_board_signal(tinyface_task task);

/* Keeps the other tasks away from what tasks share; held for a few instructions only. */
void tinyface_board_lock(void);
void tinyface_board_unlock(void);

/* The task that calls this is alive. A task that does not for ten seconds restarts the board. */
void tinyface_board_feed_watchdog(void);

/* Storage. All return 0 on success, otherwise the driver's error code.
 * Settings: a small record that survives a restart; load says an error when there is none. */
int tinyface_board_settings_load(void *data, size_t size);
int tinyface_board_settings_save(const void *data, size_t size);

/* Update: `target` is TINYFACE_WIRE_UPDATE_TARGET_*, offsets count from the start of the slot that does not run,
 * or of the model partition. begin makes a range ready for writing (offset: a multiple of 4096); bytes come in
 * order. activate makes the written firmware the one to boot. */
uint32_t tinyface_board_update_room(uint8_t target); /* bytes of the place, 0: not on this board */
int tinyface_board_update_begin(uint8_t target, uint32_t offset, uint32_t bytes);
int tinyface_board_update_write(uint8_t target, uint32_t offset, const uint8_t *data, size_t size);
int tinyface_board_update_read(uint8_t target, uint32_t offset, uint8_t *data, size_t size);
int tinyface_board_update_activate(void);

/* The application slot that runs (255: there are none), 1 when it has not been confirmed yet, and its
 * confirmation; without that the next boot is the old firmware's. */
uint8_t tinyface_board_slot(void);
int tinyface_board_unconfirmed(void);
int tinyface_board_confirm(void);

/* The bytes of the model partition, readable as memory; NULL without one. *size: how many. */
const uint8_t *tinyface_board_model_partition(uint32_t *size);

/* Restarts the board. It returns only where the board can't do so before its loop has the control back: the step that
 * called it then says TINYFACE_APP_OVER. */
void tinyface_board_restart(void);

#ifdef __cplusplus
}
#endif
#endif
