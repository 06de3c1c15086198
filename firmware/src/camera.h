/* The camera with its failures: a few tries, then the board goes on without it. */
#ifndef TINYFACE_CAMERA_H
#define TINYFACE_CAMERA_H

#include <stdint.h>

#include "tinyface/messages.h"

enum { TINYFACE_CAMERA_STARTS = 3 };

/* Starts the camera if it does not run: at most TINYFACE_CAMERA_STARTS tries in all, with these settings.
 * Returns 0, or the driver's code of the last failure; after the last try that code comes at once. */
uint32_t tinyface_camera_start(const tinyface_settings_head *settings);

/* What a driver's code means, and what a person can do. */
const char *tinyface_camera_text(uint32_t code);

/* Failed starts and grabs since boot. One more is counted under the board's lock, by whichever task saw it. */
uint32_t tinyface_camera_failures(void);
void tinyface_camera_count_failure(void);

/* Gives changed settings to a camera that runs. */
void tinyface_camera_configure(const tinyface_settings_head *settings);

#endif
