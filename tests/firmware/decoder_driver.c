/* Feeds a stream to the decoder in pieces and writes what it finds as records, for the tests. */
#include "tinyface/protocol.h"

static void record(uint8_t **out, tinyface_decode_status status, const tinyface_frame_in *frame)
{
    uint8_t *p = *out;
    uint32_t length = frame->payload != NULL ? frame->length : 0;
    p[0] = (uint8_t)status;
    p[1] = frame->type;
    p[2] = frame->flags;
    tinyface_put_u16(p + 3, frame->sequence);
    tinyface_put_u32(p + 5, length);
    if (length > 0) {
        memcpy(p + 9, frame->payload, length);
    }
    *out = p + 9 + length;
}

size_t driver_memory(size_t capacity)
{
    return TINYFACE_DECODER_BYTES(capacity);
}

/* Returns the bytes written to `out`; counters: bad_frames, dropped_bytes, pending.
 * memory: driver_memory(capacity) bytes, aligned to 4. */
size_t driver_decode(const uint8_t *stream, size_t size, size_t piece, int abandon, uint32_t *memory, size_t capacity,
                     uint8_t *out, uint32_t counters[3])
{
    tinyface_decoder decoder;
    tinyface_frame_in frame;
    tinyface_decode_status status;
    uint8_t *at = out;

    tinyface_decoder_init(&decoder, memory, capacity);
    for (;;) {
        size_t room, n;
        uint8_t *space = tinyface_decoder_space(&decoder, &room);
        n = room < piece ? room : piece;
        n = n < size ? n : size;
        memcpy(space, stream, n);
        tinyface_decoder_commit(&decoder, n);
        stream += n;
        size -= n;
        if (size == 0 && abandon) {
            tinyface_decoder_abandon(&decoder);
        }
        while ((status = tinyface_decoder_next(&decoder, &frame)) != TINYFACE_DECODE_NOTHING) {
            record(&at, status, &frame);
        }
        if (size == 0) {
            break;
        }
    }
    counters[0] = decoder.bad_frames;
    counters[1] = decoder.dropped_bytes;
    counters[2] = (uint32_t)tinyface_decoder_pending(&decoder);
    return (size_t)(at - out);
}

/* The writer's side: one frame through tinyface_frame_begin and its pieces. */
static uint8_t *sink;

static int collect(const uint8_t *data, size_t size)
{
    memcpy(sink, data, size);
    sink += size;
    return 0;
}

size_t driver_encode(uint8_t type, uint8_t flags, uint16_t sequence, const uint8_t *payload, uint32_t size,
                     uint32_t piece, uint8_t *out)
{
    tinyface_frame_out frame;
    sink = out;
    tinyface_frame_begin(&frame, collect, type, flags, sequence, size);
    for (uint32_t done = 0; done < size; done += piece) {
        tinyface_frame_bytes_out(&frame, payload + done, size - done < piece ? size - done : piece);
    }
    return (size_t)(sink - out);
}
