/* Framing: CRCs, a decoder that resynchronises in any byte stream, and a frame writer. */
#include "tinyface/protocol.h"

uint16_t tinyface_crc16(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xFFFFU;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint32_t)data[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000U) ? (crc << 1) ^ 0x1021U : crc << 1;
        }
    }
    return (uint16_t)(crc & 0xFFFFU);
}

uint32_t tinyface_crc32(uint32_t crc, const void *data, size_t size)
{
    /* One entry a nibble: 64 bytes of flash, two steps a byte. */
    static const uint32_t table[16] = {
        0x00000000U, 0x1DB71064U, 0x3B6E20C8U, 0x26D930ACU, 0x76DC4190U, 0x6B6B51F4U, 0x4DB26158U, 0x5005713CU,
        0xEDB88320U, 0xF00F9344U, 0xD6D6A3E8U, 0xCB61B38CU, 0x9B64C2B0U, 0x86D3D2D4U, 0xA00AE278U, 0xBDBDF21CU};
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15U];
        crc = (crc >> 4) ^ table[crc & 15U];
    }
    return ~crc;
}

void tinyface_decoder_init(tinyface_decoder *decoder, uint8_t *buffer, size_t capacity)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->buffer = buffer;
    decoder->capacity = capacity;
}

uint8_t *tinyface_decoder_space(tinyface_decoder *decoder, size_t *size)
{
    size_t held = decoder->end - decoder->start;
    if (decoder->start > 0) {
        memmove(decoder->buffer, decoder->buffer + decoder->start, held);
        decoder->start = 0;
        decoder->end = held;
    }
    *size = decoder->capacity - held;
    return decoder->buffer + held;
}

void tinyface_decoder_commit(tinyface_decoder *decoder, size_t size)
{
    decoder->end += size;
}

size_t tinyface_decoder_pending(const tinyface_decoder *decoder)
{
    return decoder->end - decoder->start;
}

void tinyface_decoder_abandon(tinyface_decoder *decoder)
{
    decoder->abandoning = 1;
}

static void drop(tinyface_decoder *decoder)
{
    uint8_t byte = decoder->buffer[decoder->start++];
    decoder->dropped_bytes++;
    if (decoder->outside != NULL) {
        decoder->outside(byte);
    }
}

/* Looks at the candidate at `start`. Returns 1 when *status and *frame say what it is, 0 when it is
 * no frame (drop a byte), -1 when more bytes must tell. */
static int candidate(tinyface_decoder *decoder, tinyface_decode_status *status, tinyface_frame_in *frame)
{
    const uint8_t *p = decoder->buffer + decoder->start;
    size_t held = decoder->end - decoder->start;
    size_t total;

    if (held >= 2 && p[1] != TINYFACE_WIRE_SYNC_1) {
        return 0;
    }
    if (held < TINYFACE_WIRE_FRAME_HEADER_BYTES) {
        return -1;
    }
    if (tinyface_crc16(p + 2, 8) != tinyface_get_u16(p + 10)) {
        return 0;
    }
    decoder->header_seen = 1;
    frame->type = p[2];
    frame->flags = p[3];
    frame->sequence = tinyface_get_u16(p + 4);
    frame->length = tinyface_get_u32(p + 6);
    frame->payload = NULL;
    if (frame->length > decoder->capacity - TINYFACE_FRAME_OVERHEAD) {
        *status = TINYFACE_DECODE_TOO_LONG;
        return 1;
    }
    total = TINYFACE_WIRE_FRAME_HEADER_BYTES;
    if (frame->length > 0) {
        total += frame->length + TINYFACE_WIRE_FRAME_TRAILER_BYTES;
    }
    if (held < total) {
        *status = TINYFACE_DECODE_CUT;
        return decoder->abandoning ? 1 : -1;
    }
    p += TINYFACE_WIRE_FRAME_HEADER_BYTES;
    if (frame->length > 0 && tinyface_crc32(0, p, frame->length) != tinyface_get_u32(p + frame->length)) {
        *status = TINYFACE_DECODE_BAD;
        return 1;
    }
    frame->payload = p;
    decoder->start += total;
    *status = TINYFACE_DECODE_FRAME;
    return 1;
}

tinyface_decode_status tinyface_decoder_next(tinyface_decoder *decoder, tinyface_frame_in *frame)
{
    while (decoder->start < decoder->end) {
        tinyface_decode_status status = TINYFACE_DECODE_NOTHING;
        int known;
        if (decoder->buffer[decoder->start] != TINYFACE_WIRE_SYNC_0) {
            drop(decoder);
            continue;
        }
        known = candidate(decoder, &status, frame);
        if (known > 0) {
            if (status != TINYFACE_DECODE_FRAME) {
                decoder->bad_frames++;
                drop(decoder);
            }
            return status;
        }
        if (known < 0 && !decoder->abandoning) {
            return TINYFACE_DECODE_NOTHING;
        }
        drop(decoder);
    }
    decoder->abandoning = 0;
    return TINYFACE_DECODE_NOTHING;
}

void tinyface_frame_header(uint8_t out[TINYFACE_WIRE_FRAME_HEADER_BYTES], uint8_t type, uint8_t flags, uint16_t sequence,
                           uint32_t length)
{
    out[0] = TINYFACE_WIRE_SYNC_0;
    out[1] = TINYFACE_WIRE_SYNC_1;
    out[2] = type;
    out[3] = flags;
    tinyface_put_u16(out + 4, sequence);
    tinyface_put_u32(out + 6, length);
    tinyface_put_u16(out + 10, tinyface_crc16(out + 2, 8));
}

static void put(tinyface_frame_out *frame, const uint8_t *data, size_t size)
{
    if (!frame->failed && frame->send(data, size) != 0) {
        frame->failed = 1;
    }
}

void tinyface_frame_begin(tinyface_frame_out *frame, tinyface_send send, uint8_t type, uint8_t flags,
                          uint16_t sequence, uint32_t length)
{
    uint8_t header[TINYFACE_WIRE_FRAME_HEADER_BYTES];
    frame->send = send;
    frame->left = length;
    frame->crc = 0;
    frame->failed = 0;
    tinyface_frame_header(header, type, flags, sequence, length);
    put(frame, header, sizeof header);
}

void tinyface_frame_bytes_out(tinyface_frame_out *frame, const void *data, size_t size)
{
    uint8_t trailer[TINYFACE_WIRE_FRAME_TRAILER_BYTES];
    if (size == 0) {
        return;
    }
    frame->crc = tinyface_crc32(frame->crc, data, size);
    put(frame, data, size);
    frame->left -= (uint32_t)size;
    if (frame->left == 0) {
        tinyface_put_u32(trailer, frame->crc);
        put(frame, trailer, sizeof trailer);
    }
}

void tinyface_frame_u32(tinyface_frame_out *frame, uint32_t value)
{
    uint8_t bytes[4];
    tinyface_put_u32(bytes, value);
    tinyface_frame_bytes_out(frame, bytes, sizeof bytes);
}

void tinyface_frame_string(tinyface_frame_out *frame, const char *text)
{
    size_t length = strlen(text);
    tinyface_frame_u32(frame, (uint32_t)length);
    tinyface_frame_bytes_out(frame, text, length);
}
