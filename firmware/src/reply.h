/* The frames the board sends. All functions return 0, or -1 when the host takes nothing. */
#ifndef TINYFACE_REPLY_H
#define TINYFACE_REPLY_H

#include "inference.h"
#include "tinyface/messages.h"
#include "tinyface/protocol.h"

/* Where a frame belongs: the sequence number of its request, and TINYFACE_FLAG bits. */
typedef struct {
    uint16_t sequence;
    uint8_t flags;
} tinyface_address;

int tinyface_reply_ack(tinyface_address to);
int tinyface_reply_error(tinyface_address to, uint8_t code, uint32_t detail, const char *text);
int tinyface_reply_hello(tinyface_address to, uint32_t max_payload);
int tinyface_reply_model(tinyface_address to);
int tinyface_reply_stats(tinyface_address to, const tinyface_stats_head *stats);
int tinyface_reply_settings(tinyface_address to, const tinyface_settings_head *settings);
int tinyface_reply_challenge(tinyface_address to, const tinyface_challenge_head *challenge);
int tinyface_reply_update(tinyface_address to, const tinyface_update_head *update);
/* gray: each pixel as tinyface_gray_at tells it, in place of the frame's own bytes. */
int tinyface_reply_picture(tinyface_address to, uint32_t number, const tinyface_frame *frame, int gray);

/* pixels: `bytes` of them, whole rows of head->width. */
int tinyface_reply_preview(tinyface_address to, const tinyface_preview_head *head, const uint8_t *pixels, uint32_t bytes);

/* LAYERS when the inference has such lists, then RESULT. */
int tinyface_reply_run(tinyface_address to, const tinyface_inference *inference, int with_outputs);
int tinyface_reply_record(tinyface_address to, const tinyface_inference *inference);
int tinyface_reply_inference(tinyface_address to, const tinyface_inference *inference);

#endif
