/* How each of the frames the board sends begins and ends. */
#ifndef TINYFACE_REPLY_FRAME_H
#define TINYFACE_REPLY_FRAME_H

#include "host.h"
#include "reply.h"

static inline void tinyface_reply_begin(tinyface_frame_out *frame, tinyface_address to, uint8_t type, uint32_t length)
{
    tinyface_frame_begin(frame, tinyface_host_write, type, to.flags, to.sequence, length);
}

/* Whether the host took all of it. */
static inline int tinyface_reply_end(const tinyface_frame_out *frame)
{
    return frame->failed ? -1 : 0;
}

#endif
