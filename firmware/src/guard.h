/* The guard: on a link that others reach, requests that change the board are served only with a seal. */
#ifndef TINYFACE_GUARD_H
#define TINYFACE_GUARD_H

#include "reply.h"

/* TINYFACE_WIRE_GUARD_*: what the board's link and token ask for. */
uint8_t tinyface_guard_now(void);

/* Serves CHALLENGE_REQUEST: from now on seals are made with another nonce. */
void tinyface_guard_challenge(tinyface_address to);

/* 1 where the request may be served, its seal taken off its payload; otherwise it has been refused. */
int tinyface_guard_admits(tinyface_frame_in *frame, tinyface_address to);

#endif
