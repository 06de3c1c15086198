/* A small gray picture of the newest camera frame, sent row by row while nothing else waits to be sent. */
#ifndef TINYFACE_PREVIEW_H
#define TINYFACE_PREVIEW_H

#include "reply.h"

enum {
    TINYFACE_PREVIEW_WIDTH = 96,
    TINYFACE_PREVIEW_HEIGHT = 72,
    TINYFACE_PREVIEW_ROWS = 6 /* of one message: 614 bytes on the wire, 6.7 ms at 921600 baud */
};

/* A stream begins: frames that are taken from now on become previews. The first call takes 13,824 bytes, two pictures, for
 * the life of the firmware. Returns 0, or -1 where it does not fit. */
int tinyface_preview_begin(void);

/* The stream is over: what was not sent of a preview is given up. */
void tinyface_preview_end(void);

/* Looks at a frame, and makes a preview of it unless two wait to be sent, or none are wanted. May be called by
 * another task than the others. Returns 1 when there is a new one. */
int tinyface_preview_take(const tinyface_frame *frame);

/* 1 while rows wait to be sent. */
int tinyface_preview_waits(void);

/* Sends the next rows. */
void tinyface_preview_send(tinyface_address to);

#endif
