/* Frames on their way from the camera to the model: the newest one waits, an older one gives way. */
#ifndef TINYFACE_FRAME_QUEUE_H
#define TINYFACE_FRAME_QUEUE_H

#include "tinyface/picture.h"

/* Puts a grabbed frame of a stream into the queue; one that was waiting goes back to the camera and counts as dropped. */
void tinyface_frame_queue_push(const tinyface_frame *frame, uint32_t generation);

/* Takes the waiting frame: 1, or 0 when there is none. The caller releases it to the camera. */
int tinyface_frame_queue_take(tinyface_frame *frame, uint32_t *generation);

/* Gives a waiting frame back to the camera; it does not count as dropped. */
void tinyface_frame_queue_clear(void);

/* Frames dropped since boot. */
uint32_t tinyface_frame_queue_dropped(void);

#endif
