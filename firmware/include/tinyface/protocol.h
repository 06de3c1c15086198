/* The wire: frames out, frames out of any byte stream in.
 *
 * Frame: A5 5A | type u8 | flags u8 | sequence u16 | length u32 | header CRC16 | payload | CRC32 of
 * the payload (absent when it is empty). host_tools/wire/framing.py does the same. */
#ifndef TINYFACE_PROTOCOL_H
#define TINYFACE_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "tinyface/messages.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes around a payload. */
enum { TINYFACE_FRAME_OVERHEAD = TINYFACE_WIRE_FRAME_HEADER_BYTES + TINYFACE_WIRE_FRAME_TRAILER_BYTES };

/* CRC-16/CCITT-FALSE of `size` bytes. */
uint16_t tinyface_crc16(const uint8_t *data, size_t size);

/* CRC-32 of IEEE 802.3, continued from `crc` (0 to start). */
uint32_t tinyface_crc32(uint32_t crc, const void *data, size_t size);

typedef enum {
    TINYFACE_DECODE_NOTHING = 0,  /* all bytes are used up: receive more */
    TINYFACE_DECODE_FRAME = 1,    /* a good frame */
    TINYFACE_DECODE_BAD = 2,      /* header right, payload CRC wrong: payload is NULL */
    TINYFACE_DECODE_TOO_LONG = 3, /* header right, payload longer than the buffer: payload is NULL */
    TINYFACE_DECODE_CUT = 4       /* header right, the rest never came (after abandon): payload is NULL */
} tinyface_decode_status;

typedef struct {
    uint8_t type, flags;
    uint16_t sequence;
    uint32_t length;
    const uint8_t *payload; /* valid until the next call of tinyface_decoder_space */
} tinyface_frame_in;

/* The decoder works in one buffer that holds the candidate frame and whatever came behind it. A header
 * or payload whose CRC is wrong gives up one byte; the bytes after it are looked at again, so a sync
 * inside garbage swallows no good frame. Whatever the bytes are, the work grows with their number: the CRC of a
 * candidate is made of two registers of one walk over the buffer (marks), however the candidates nest. */
typedef struct {
    uint8_t *buffer;
    uint32_t *marks;        /* the CRC register after each TINYFACE_DECODER_MARK bytes of the buffer */
    size_t walked;          /* bytes that the marks cover so far */
    size_t room;            /* of the buffer: an eighth more than the capacity */
    size_t capacity;        /* longest payload + TINYFACE_FRAME_OVERHEAD */
    size_t start, end;      /* bytes not yet used */
    int abandoning;
    uint32_t bad_frames;    /* BAD, TOO_LONG and CUT so far */
    uint32_t dropped_bytes; /* bytes outside good frames so far */
    int header_seen;        /* set when a header's CRC was right; for the caller to clear */
    void (*outside)(uint8_t byte); /* gets each byte that is outside good frames; may be NULL */
} tinyface_decoder;

/* Memory that a decoder of this capacity works in. */
enum { TINYFACE_DECODER_MARK = 128 };
#define TINYFACE_DECODER_ROOM(capacity) ((capacity) + (capacity) / 8U)
#define TINYFACE_DECODER_MARKS(capacity) (TINYFACE_DECODER_ROOM(capacity) / TINYFACE_DECODER_MARK + 1U)
#define TINYFACE_DECODER_BYTES(capacity) (TINYFACE_DECODER_ROOM(capacity) + 4U * TINYFACE_DECODER_MARKS(capacity))

/* `capacity` is at least TINYFACE_FRAME_OVERHEAD + 1; memory: TINYFACE_DECODER_BYTES(capacity), aligned to 4. */
void tinyface_decoder_init(tinyface_decoder *decoder, void *memory, size_t capacity);

/* Where the next received bytes go; *size is how many fit, at least 1 after tinyface_decoder_next
 * has said NOTHING. */
uint8_t *tinyface_decoder_space(tinyface_decoder *decoder, size_t *size);

/* `size` bytes have been put there. */
void tinyface_decoder_commit(tinyface_decoder *decoder, size_t size);

/* The next thing found. Call it until it says NOTHING. */
tinyface_decode_status tinyface_decoder_next(tinyface_decoder *decoder, tinyface_frame_in *frame);

/* The sender has been silent: give up an incomplete frame. Call tinyface_decoder_next afterwards. */
void tinyface_decoder_abandon(tinyface_decoder *decoder);

/* Bytes of a frame that is not complete yet. */
size_t tinyface_decoder_pending(const tinyface_decoder *decoder);

/* Packs the 12 header bytes of a frame. */
void tinyface_frame_header(uint8_t out[TINYFACE_WIRE_FRAME_HEADER_BYTES], uint8_t type, uint8_t flags, uint16_t sequence,
                           uint32_t length);

/* Writes a frame piece by piece through a function that sends bytes (0 on success). */
typedef int (*tinyface_send)(const uint8_t *data, size_t size);

typedef struct {
    tinyface_send send;
    uint32_t left; /* payload bytes still to come */
    uint32_t crc;
    int failed;
} tinyface_frame_out;

/* Sends the header; `length` payload bytes must follow through the functions below. After the last
 * one the CRC is sent by itself. */
void tinyface_frame_begin(tinyface_frame_out *frame, tinyface_send send, uint8_t type, uint8_t flags,
                          uint16_t sequence, uint32_t length);
void tinyface_frame_bytes_out(tinyface_frame_out *frame, const void *data, size_t size);
void tinyface_frame_u32(tinyface_frame_out *frame, uint32_t value);
void tinyface_frame_string(tinyface_frame_out *frame, const char *text); /* u32 length, then bytes */

#ifdef __cplusplus
}
#endif
#endif
