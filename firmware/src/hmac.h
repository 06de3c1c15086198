/* HMAC-SHA-256 (RFC 2104), piece by piece. */
#ifndef TINYFACE_HMAC_H
#define TINYFACE_HMAC_H

#include "sha256.h"

typedef struct {
    tinyface_sha256 inner, outer; /* the outer one has taken its key */
} tinyface_hmac;

/* key: any number of bytes; those of more than 64 are hashed first, as the RFC says. */
void tinyface_hmac_start(tinyface_hmac *hmac, const uint8_t *key, size_t size);
void tinyface_hmac_add(tinyface_hmac *hmac, const uint8_t *data, size_t size);
void tinyface_hmac_end(tinyface_hmac *hmac, uint8_t digest[TINYFACE_SHA256_BYTES]);

/* 1 where both are the same; how long it takes does not tell where they differ. */
int tinyface_hmac_same(const uint8_t a[TINYFACE_SHA256_BYTES], const uint8_t b[TINYFACE_SHA256_BYTES]);

#endif
