/* The camera stream: inferences that the board sends by itself until they are enough. */
#ifndef TINYFACE_STREAM_H
#define TINYFACE_STREAM_H

#include "reply.h"

/* Prepares the capture task and the second core. Called once at boot, after the first HELLO. */
void tinyface_stream_init(void);

/* Serves STREAM. The model must be ready and take pictures unless the stream is to end. */
void tinyface_stream_request(const tinyface_frame_in *frame, tinyface_address to);

/* Starts (frames > 0); the results go to `to`, and before them an ACK where `to` is no unasked one. A camera that
 * takes several tries is waited for in steps; one that fails is refused to `to`. */
void tinyface_stream_start(tinyface_address to, uint8_t want, uint32_t frames, uint32_t period_ms);
void tinyface_stream_stop(void);
int tinyface_stream_runs(void);

/* 1 while a stream waits for its camera to start. */
int tinyface_stream_waits(void);

/* Takes a frame or sends a result where there is one. may_infer: on one core this step may run the model. */
void tinyface_stream_step(int may_infer);

/* Milliseconds until the next step is due, at most `most`. */
uint32_t tinyface_stream_patience(uint32_t most);

/* Results that the threshold held back since boot. */
uint32_t tinyface_stream_below_threshold(void);


#endif
