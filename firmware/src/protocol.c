/* Framing: CRCs, a decoder that resynchronises in any byte stream, and a frame writer. */
#include "tinyface/protocol.h"

enum { MARK = TINYFACE_DECODER_MARK };

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

/* One byte more; one table entry a nibble: 64 bytes of flash, two steps a byte. */
static uint32_t crc32_byte(uint32_t crc, uint8_t byte)
{
    static const uint32_t table[16] = {
        0x00000000U, 0x1DB71064U, 0x3B6E20C8U, 0x26D930ACU, 0x76DC4190U, 0x6B6B51F4U, 0x4DB26158U, 0x5005713CU,
        0xEDB88320U, 0xF00F9344U, 0xD6D6A3E8U, 0xCB61B38CU, 0x9B64C2B0U, 0x86D3D2D4U, 0xA00AE278U, 0xBDBDF21CU};
    crc ^= byte;
    crc = (crc >> 4) ^ table[crc & 15U];
    return (crc >> 4) ^ table[crc & 15U];
}

static uint32_t crc32_walk(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        crc = crc32_byte(crc, bytes[i]);
    }
    return crc;
}

uint32_t tinyface_crc32(uint32_t crc, const void *data, size_t size)
{
    return ~crc32_walk(~crc, data, size);
}

/* a * b modulo the CRC's polynomial, bits reflected: the highest bit is x^0. */
static uint32_t crc32_product(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (; b != 0; b <<= 1) {
        product ^= (b & 0x80000000U) ? a : 0U;
        a = (a >> 1) ^ ((a & 1U) ? 0xEDB88320U : 0U);
    }
    return product;
}

/* What `crc` becomes after `size` zero bytes. */
static uint32_t crc32_zeros(uint32_t crc, uint32_t size)
{
    uint32_t power = 0x00800000U; /* x^8, squared once a bit */
    for (; size != 0; size >>= 1) {
        if (size & 1U) {
            crc = crc32_product(crc, power);
        }
        power = crc32_product(power, power);
    }
    return crc;
}

void tinyface_decoder_init(tinyface_decoder *decoder, void *memory, size_t capacity)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->room = TINYFACE_DECODER_ROOM(capacity);
    decoder->capacity = capacity;
    decoder->marks = memory;
    decoder->marks[0] = 0;
    decoder->buffer = (uint8_t *)(decoder->marks + TINYFACE_DECODER_MARKS(capacity));
}

/* What is held moves to the front only where the buffer's end is reached: at least an eighth of it is then free, so
 * that no byte of the stream makes more than eight move. */
uint8_t *tinyface_decoder_space(tinyface_decoder *decoder, size_t *size)
{
    size_t held = decoder->end - decoder->start;
    if (held == 0 || decoder->end == decoder->room) {
        memmove(decoder->buffer, decoder->buffer + decoder->start, held);
        decoder->start = 0;
        decoder->end = held;
        decoder->walked = 0;
    }
    *size = decoder->room - decoder->end;
    if (*size > decoder->capacity - held) {
        *size = decoder->capacity - held;
    }
    return decoder->buffer + decoder->end;
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

/* The CRC register, started from 0 at buffer[0], after the bytes before buffer[at]. Each byte is walked over once to
 * set the marks, and fewer than MARK bytes from a mark to `at`: nested headers cost no more than that each. */
static uint32_t register_at(tinyface_decoder *decoder, size_t at)
{
    uint32_t *marks = decoder->marks;

    while (at - at % MARK > decoder->walked) {
        size_t i = decoder->walked / MARK;
        marks[i + 1] = crc32_walk(marks[i], decoder->buffer + decoder->walked, MARK);
        decoder->walked += MARK;
    }
    return crc32_walk(marks[at / MARK], decoder->buffer + (at - at % MARK), at % MARK);
}

/* CRC32 of `size` bytes from buffer[at] on. */
static uint32_t crc32_of(tinyface_decoder *decoder, size_t at, uint32_t size)
{
    uint32_t before = register_at(decoder, at);
    return ~(crc32_zeros(~before, size) ^ register_at(decoder, at + size));
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
    if (frame->length > 0 && crc32_of(decoder, decoder->start + TINYFACE_WIRE_FRAME_HEADER_BYTES, frame->length) !=
                                 tinyface_get_u32(p + frame->length)) {
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
