/* Receives an image in order, reads it back, compares its SHA-256 and only then makes it count. Until that
 * moment a cut of power leaves everything as it was: firmware goes to the other slot, constants to the other
 * half of the model partition, whose first bytes are written last. */
#include "update.h"

#include <string.h>

#include "inference.h"
#include "model_store.h"
#include "restart.h"
#include "sha256.h"
#include "tinyface/board.h"
#include "voice.h"

#ifndef TINYFACE_CONFIRM_MS
#define TINYFACE_CONFIRM_MS 60000 /* a new firmware that served no request for so long goes back to the old one */
#endif

enum {
    PAGE = 4096,  /* what is read or written at a time: on an ESP32 each time stops both cores */
    PIECE = 256,  /* the same where there is no memory for a page */
    LEAST_IMAGE = 128,
    APPLICATION_MAGIC = 0xE9 /* first byte of an image that the boot loader takes */
};

static struct {
    uint8_t target, state;
    uint32_t bytes, next;
    uint32_t base; /* where the image starts in its place */
    uint8_t sha256[TINYFACE_SHA256_BYTES];
    uint8_t front[TINYFACE_IMAGE_FRONT]; /* of a model image: kept back until it is whole */
} update;
static int confirmed;

static uint32_t room(uint8_t target)
{
    return target == TINYFACE_WIRE_UPDATE_TARGET_MODEL ? tinyface_model_half_bytes()
                                                       : tinyface_board_update_room(target);
}

static int unconfirmed(void)
{
    return !confirmed && tinyface_board_unconfirmed();
}

void tinyface_update_tell(tinyface_address to)
{
    tinyface_update_head head;
    head.target = update.target;
    head.state = update.state;
    if (update.state == TINYFACE_WIRE_UPDATE_STATE_IDLE && unconfirmed()) {
        head.state = TINYFACE_WIRE_UPDATE_STATE_UNCONFIRMED;
    }
    head.next = update.next;
    head.room = room(update.target);
    (void)tinyface_reply_update(to, &head);
}

static void refuse(tinyface_address to, uint32_t fault, const char *text)
{
    tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_UPDATE, fault, text);
}

static void fail(tinyface_address to, int status)
{
    update.state = TINYFACE_WIRE_UPDATE_STATE_IDLE;
    tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_STORAGE, (uint32_t)status, "the flash can't be written");
}

void tinyface_update_begin(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_update_begin_head head;
    int status;

    if (frame->length != TINYFACE_UPDATE_BEGIN_HEAD_BYTES) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, TINYFACE_UPDATE_BEGIN_HEAD_BYTES,
                        "an UPDATE_BEGIN payload expected");
        return;
    }
    tinyface_update_begin_head_unpack(frame->payload, &head);
    if (head.target > TINYFACE_WIRE_UPDATE_TARGET_MODEL || room(head.target) == 0) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_UNSUPPORTED, "this board has no place for it");
        return;
    }
    if (head.size > room(head.target) || head.size < LEAST_IMAGE) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_TOO_LARGE, "the image does not fit its place");
        return;
    }
    if (unconfirmed()) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_BUSY, "the running firmware has not confirmed itself");
        return;
    }
    update.target = head.target;
    update.bytes = head.size;
    update.next = 0;
    update.base = head.target == TINYFACE_WIRE_UPDATE_TARGET_MODEL ? tinyface_model_free_half() : 0;
    memcpy(update.sha256, head.sha256, sizeof update.sha256);
    status = tinyface_board_update_begin(head.target, update.base, head.size);
    if (status != 0) {
        fail(to, status);
        return;
    }
    update.state = TINYFACE_WIRE_UPDATE_STATE_RECEIVING;
    tinyface_update_tell(to);
}

/* Writes a piece of the image at update.next; of a model image the front stays in RAM. */
static int write_piece(const uint8_t *data, uint32_t size)
{
    uint32_t from = update.next, kept = 0;
    if (update.target == TINYFACE_WIRE_UPDATE_TARGET_MODEL && from < TINYFACE_IMAGE_FRONT) {
        kept = TINYFACE_IMAGE_FRONT - from < size ? TINYFACE_IMAGE_FRONT - from : size;
        memcpy(update.front + from, data, kept);
    }
    while (kept < size) {
        uint32_t at = from + kept, part = PAGE - at % PAGE;
        int status;
        part = part < size - kept ? part : size - kept;
        status = tinyface_board_update_write(update.target, update.base + at, data + kept, part);
        if (status != 0) {
            return status;
        }
        tinyface_board_feed_watchdog();
        kept += part;
    }
    return 0;
}

void tinyface_update_data(const tinyface_frame_in *frame, tinyface_address to)
{
    enum { HEAD = TINYFACE_UPDATE_DATA_HEAD_BYTES + 4 };
    uint32_t offset, size;
    int status = 0;

    if (update.state != TINYFACE_WIRE_UPDATE_STATE_RECEIVING) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_NOT_BEGUN, "no update has begun");
        return;
    }
    if (frame->length < HEAD || tinyface_get_u32(frame->payload + HEAD - 4) != frame->length - HEAD) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, frame->length, "the payload is cut");
        return;
    }
    offset = tinyface_get_u32(frame->payload);
    size = frame->length - HEAD;
    if (update.target == TINYFACE_WIRE_UPDATE_TARGET_FIRMWARE && offset == 0 && size > 0 &&
        frame->payload[HEAD] != APPLICATION_MAGIC) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_REFUSED, "this is no application image");
        return;
    }
    if (size > update.bytes - update.next && offset == update.next) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_TOO_LARGE, "more bytes than announced");
        return;
    }
    /* A piece that comes twice, or after a lost one, is answered with what is expected next. */
    if (offset == update.next && size > 0) {
        status = write_piece(frame->payload + HEAD, size);
        update.next += size;
    }
    if (status != 0) {
        fail(to, status);
        return;
    }
    tinyface_update_tell(to);
}

/* The bytes from `offset` on as they lie in flash, or are kept back. */
static int read_piece(uint32_t offset, uint8_t *data, uint32_t size)
{
    if (update.target == TINYFACE_WIRE_UPDATE_TARGET_MODEL && offset < TINYFACE_IMAGE_FRONT) {
        memcpy(data, update.front + offset, size);
        return 0;
    }
    return tinyface_board_update_read(update.target, update.base + offset, data, size);
}

/* SHA-256 of what lies in flash. */
static int hash_image(uint8_t digest[TINYFACE_SHA256_BYTES])
{
    static uint8_t *page; /* taken once, for the life of the firmware */
    uint8_t small[PIECE], *piece;
    tinyface_sha256 sha;
    uint32_t size, most;
    int internal;

    page = page != NULL ? page : tinyface_board_alloc(PAGE, &internal);
    piece = page != NULL ? page : small;
    most = page != NULL ? PAGE : PIECE;
    tinyface_sha256_start(&sha);
    for (uint32_t at = 0; at < update.bytes; at += size) {
        int status;
        size = at < TINYFACE_IMAGE_FRONT ? TINYFACE_IMAGE_FRONT - at : most - at % most;
        size = size < update.bytes - at ? size : update.bytes - at;
        status = read_piece(at, piece, size);
        if (status != 0) {
            return status;
        }
        tinyface_sha256_add(&sha, piece, size);
        tinyface_board_feed_watchdog();
    }
    tinyface_sha256_end(&sha, digest);
    return 0;
}

/* A model image must be of this firmware's program. Its number is given here, so that it is the newest. */
static int activate_model(tinyface_address to)
{
    tinyface_image_verdict verdict = tinyface_get_u32(update.front + TINYFACE_IMAGE_BYTES) == update.bytes
                                         ? tinyface_model_verdict(update.bytes)
                                         : TINYFACE_IMAGE_BAD;
    int status;

    if (verdict != TINYFACE_IMAGE_GOOD) {
        update.state = TINYFACE_WIRE_UPDATE_STATE_IDLE;
        if (verdict == TINYFACE_IMAGE_OTHER_PLAN) {
            refuse(to, TINYFACE_WIRE_UPDATE_FAULT_PLAN_DIFFERS,
                   "these constants belong to another plan: flash the whole firmware");
        } else {
            refuse(to, TINYFACE_WIRE_UPDATE_FAULT_REFUSED, "a field of the image is out of range: write it again");
        }
        return 0;
    }
    tinyface_put_u32(update.front + TINYFACE_IMAGE_NUMBER, tinyface_model_next_number());
    status = tinyface_board_update_write(update.target, update.base, update.front, sizeof update.front);
    if (status != 0) {
        fail(to, status);
    }
    return status == 0;
}

static int activate_firmware(tinyface_address to)
{
    int status = tinyface_board_update_activate();
    if (status != 0) {
        update.state = TINYFACE_WIRE_UPDATE_STATE_IDLE;
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_REFUSED, "the boot loader's checks refuse the image");
    }
    return status == 0;
}

void tinyface_update_end(tinyface_address to)
{
    uint8_t digest[TINYFACE_SHA256_BYTES];
    int status, active;

    if (update.state == TINYFACE_WIRE_UPDATE_STATE_READY) {
        tinyface_update_tell(to); /* asked again */
        return;
    }
    if (update.state != TINYFACE_WIRE_UPDATE_STATE_RECEIVING || update.next != update.bytes) {
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_NOT_BEGUN, "the image is not complete");
        return;
    }
    status = hash_image(digest);
    if (status != 0) {
        fail(to, status);
        return;
    }
    if (memcmp(digest, update.sha256, sizeof digest) != 0) {
        update.state = TINYFACE_WIRE_UPDATE_STATE_IDLE;
        refuse(to, TINYFACE_WIRE_UPDATE_FAULT_HASH_DIFFERS, "what lies in flash is not what was announced");
        return;
    }
    active = update.target == TINYFACE_WIRE_UPDATE_TARGET_MODEL ? activate_model(to) : activate_firmware(to);
    if (active) {
        update.state = TINYFACE_WIRE_UPDATE_STATE_READY;
        tinyface_update_tell(to);
    }
}

void tinyface_update_confirm(void)
{
    uint32_t detail;
    if (!confirmed && tinyface_inference_fault(&detail) == 0) {
        confirmed = !tinyface_board_unconfirmed() || tinyface_board_confirm() == 0;
    }
}

void tinyface_update_watch(void)
{
    if (!confirmed && tinyface_board_micros() >= TINYFACE_CONFIRM_MS * UINT64_C(1000) && tinyface_board_unconfirmed()) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "nobody has confirmed this firmware: back to the old one");
        tinyface_restart();
    }
}
