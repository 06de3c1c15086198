/* The camera with its failures: a few tries, then the board goes on without it. */
#ifndef TINYFACE_CAMERA_H
#define TINYFACE_CAMERA_H

#include <stdint.h>

#include "tinyface/messages.h"

enum { TINYFACE_CAMERA_STARTS = 3 };

typedef enum {
    TINYFACE_CAMERA_RUNS,
    TINYFACE_CAMERA_STARTING, /* a try goes on, or has failed and after a pause there is another one: ask again */
    TINYFACE_CAMERA_FAILED    /* and after the last try at once, each time */
} tinyface_camera_state;

/* Starts the camera with these settings if it does not run: one try, if one is due, and at most
 * TINYFACE_CAMERA_STARTS in all. *code: the driver's code of the last failure, 0 where it runs. */
tinyface_camera_state tinyface_camera_start(const tinyface_settings_head *settings, uint32_t *code);

/* Milliseconds until the next try is due. */
uint32_t tinyface_camera_patience(void);

/* What a driver's code means, and what a person can do. */
const char *tinyface_camera_text(uint32_t code);

/* Failed starts and grabs since boot. One more is counted under the board's lock, by whichever task saw it. */
uint32_t tinyface_camera_failures(void);
void tinyface_camera_count_failure(void);

/* Gives changed settings to a camera that runs. */
void tinyface_camera_configure(const tinyface_settings_head *settings);

#endif
