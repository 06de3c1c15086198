/* The portable application: answers requests, runs the model, streams from the camera. */
#ifndef TINYFACE_APP_H
#define TINYFACE_APP_H

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

/* Runs until the host is gone for good (never, on a real board). The board's main calls it once. */
void tinyface_app_run(void);

#endif
