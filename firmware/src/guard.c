/* A seal is the HMAC of the nonce, the request's type, its sequence number and its payload. A nonce counts from its
 * CHALLENGE to the next one or the restart; under it each sequence number must be greater than the last one that was
 * admitted, so that nothing is served twice or in another order. */
#include "guard.h"

#include "hmac.h"
#include "tinyface/board.h"
#include "voice.h"

/* The CHALLENGE that counts. */
static struct {
    uint8_t nonce[sizeof((tinyface_challenge_head *)0)->nonce];
    uint16_t last; /* sequence number that was admitted, 0: none */
    int given;
} challenge;
static int without_nonces; /* the board had nothing to make one of */

/* Not on the stack, which is small: one task serves requests. */
static uint8_t token[TINYFACE_WIRE_TOKEN_MOST];
static tinyface_hmac hmac;

/* The token's bytes; 0: there is none, or one that is too short to be one. */
static size_t read_token(void)
{
    size_t size = tinyface_board_token(token, sizeof token);
    return size >= TINYFACE_WIRE_TOKEN_LEAST && size <= TINYFACE_WIRE_TOKEN_MOST ? size : 0;
}

uint8_t tinyface_guard_now(void)
{
    tinyface_link link = tinyface_board_link();

    if (link == TINYFACE_LINK_SERIAL || link == TINYFACE_LINK_LOOPBACK) {
        return TINYFACE_WIRE_GUARD_OPEN;
    }
    return read_token() > 0 && !without_nonces ? TINYFACE_WIRE_GUARD_SEALED : TINYFACE_WIRE_GUARD_CLOSED;
}

void tinyface_guard_challenge(tinyface_address to)
{
    tinyface_challenge_head head = {0};

    head.guard = tinyface_guard_now();
    challenge.given = 0;
    if (head.guard == TINYFACE_WIRE_GUARD_SEALED) {
        without_nonces = tinyface_board_random(challenge.nonce, sizeof challenge.nonce) != 0;
        head.guard = tinyface_guard_now();
        challenge.given = !without_nonces;
        challenge.last = 0;
    }
    if (challenge.given) {
        memcpy(head.nonce, challenge.nonce, sizeof head.nonce);
    }
    (void)tinyface_reply_challenge(to, &head);
}

static void seal_of(const tinyface_frame_in *frame, uint8_t seal[TINYFACE_SHA256_BYTES])
{
    uint8_t head[3];

    head[0] = frame->type;
    tinyface_put_u16(head + 1, frame->sequence);
    tinyface_hmac_start(&hmac, token, read_token());
    tinyface_hmac_add(&hmac, challenge.nonce, sizeof challenge.nonce);
    tinyface_hmac_add(&hmac, head, sizeof head);
    tinyface_hmac_add(&hmac, frame->payload, frame->length);
    tinyface_hmac_end(&hmac, seal);
}

/* 0, or the TINYFACE_WIRE_TOKEN_FAULT of a guarded request. seal: what came with it, NULL without one. */
static uint8_t fault_of(const tinyface_frame_in *frame, const uint8_t *seal)
{
    uint8_t right[TINYFACE_SHA256_BYTES];

    if (tinyface_guard_now() == TINYFACE_WIRE_GUARD_CLOSED) {
        return TINYFACE_WIRE_TOKEN_FAULT_NONE_HERE;
    }
    if (seal == NULL) {
        return TINYFACE_WIRE_TOKEN_FAULT_MISSING;
    }
    if (!challenge.given) {
        return TINYFACE_WIRE_TOKEN_FAULT_SPENT;
    }
    seal_of(frame, right);
    if (!tinyface_hmac_same(seal, right)) {
        return TINYFACE_WIRE_TOKEN_FAULT_WRONG;
    }
    if (frame->sequence <= challenge.last) {
        return TINYFACE_WIRE_TOKEN_FAULT_SPENT;
    }
    challenge.last = frame->sequence;
    return 0;
}

static const char *text_of(uint8_t fault)
{
    switch (fault) {
    case TINYFACE_WIRE_TOKEN_FAULT_NONE_HERE:
        return "others reach this link, and the board has no token (or no nonces): this request is not served here";
    case TINYFACE_WIRE_TOKEN_FAULT_MISSING:
        return "others reach this link: this request needs the board's token";
    case TINYFACE_WIRE_TOKEN_FAULT_WRONG:
        return "the request was not made with the board's token";
    default:
        return "the request was made for another moment";
    }
}

int tinyface_guard_admits(tinyface_frame_in *frame, tinyface_address to)
{
    const uint8_t *seal = NULL;
    uint8_t fault = 0;

    if (frame->flags & TINYFACE_FLAG_SEALED) {
        if (frame->length < TINYFACE_SHA256_BYTES) {
            tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, frame->length, "a seal of 32 bytes expected");
            return 0;
        }
        frame->length -= TINYFACE_SHA256_BYTES;
        seal = frame->payload + frame->length;
    }
    if (tinyface_wire_guarded(frame->type) && tinyface_guard_now() != TINYFACE_WIRE_GUARD_OPEN) {
        fault = fault_of(frame, seal);
    }
    if (fault != 0) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_TOKEN, fault, text_of(fault));
    }
    return fault == 0;
}
