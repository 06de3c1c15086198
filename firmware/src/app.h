/* The portable application: answers requests, runs the model, streams from the camera. */
#ifndef TINYFACE_APP_H
#define TINYFACE_APP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest request payload, from board.toml; the firmware takes less where memory is short. */
#ifndef TINYFACE_MAX_PAYLOAD
#define TINYFACE_MAX_PAYLOAD 16384
#endif

/* 1 where the board has a camera, from board.toml. */
#ifndef TINYFACE_HAS_CAMERA
#define TINYFACE_HAS_CAMERA 0
#endif

/* The CPU's clock, from board.toml: turns cycles into microseconds. */
#ifndef TINYFACE_CLOCK_HZ
#define TINYFACE_CLOCK_HZ 1000000
#endif

/* What a step says when there is no further one: the host is gone for good, or the board restarts. */
enum { TINYFACE_APP_OVER = -1 };

/* Starts the board and says HELLO. A board calls it once, then either tinyface_app_step again and again, or, where
 * it has a task to give away, tinyface_app_run in place of both. */
void tinyface_app_init(void);

/* Does what there is to do and returns; nothing in it waits, so that a bare loop or a browser can call it. At most one
 * request is served, and on one core the model runs at most once.
 * Returns for how many milliseconds there is nothing to do unless bytes come or the serial task is signalled
 * (0: at once more), or TINYFACE_APP_OVER. */
int32_t tinyface_app_step(void);

/* tinyface_app_init, then steps, waiting in between for as long as they say. Returns when they are over (never, on a
 * real board). */
void tinyface_app_run(void);

#ifdef __cplusplus
}
#endif

#endif
