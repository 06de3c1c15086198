/* HMAC-SHA-256 as RFC 2104 defines it: two hashes, one inside the other, each of the key and what follows. */
#include "hmac.h"

#include <string.h>

enum { BLOCK = 64, INNER_PAD = 0x36, OUTER_PAD = 0x5C };

/* Starts a hash with the block after each of its bytes has been changed by `pad`. */
static void start_padded(tinyface_sha256 *sha, uint8_t block[BLOCK], uint8_t pad)
{
    for (unsigned i = 0; i < BLOCK; i++) {
        block[i] ^= pad;
    }
    tinyface_sha256_start(sha);
    tinyface_sha256_add(sha, block, BLOCK);
}

void tinyface_hmac_start(tinyface_hmac *hmac, const uint8_t *key, size_t size)
{
    uint8_t block[BLOCK] = {0};

    if (size > sizeof block) {
        tinyface_sha256_start(&hmac->inner);
        tinyface_sha256_add(&hmac->inner, key, size);
        tinyface_sha256_end(&hmac->inner, block);
    } else if (size > 0) {
        memcpy(block, key, size);
    }
    start_padded(&hmac->inner, block, INNER_PAD);
    start_padded(&hmac->outer, block, INNER_PAD ^ OUTER_PAD); /* takes the inner one off */
}

void tinyface_hmac_add(tinyface_hmac *hmac, const uint8_t *data, size_t size)
{
    tinyface_sha256_add(&hmac->inner, data, size);
}

void tinyface_hmac_end(tinyface_hmac *hmac, uint8_t digest[TINYFACE_SHA256_BYTES])
{
    tinyface_sha256_end(&hmac->inner, digest);
    tinyface_sha256_add(&hmac->outer, digest, TINYFACE_SHA256_BYTES);
    tinyface_sha256_end(&hmac->outer, digest);
}

int tinyface_hmac_same(const uint8_t a[TINYFACE_SHA256_BYTES], const uint8_t b[TINYFACE_SHA256_BYTES])
{
    volatile uint8_t differs = 0; /* no compiler may leave the loop early */
    for (unsigned i = 0; i < TINYFACE_SHA256_BYTES; i++) {
        differs = (uint8_t)(differs | (a[i] ^ b[i]));
    }
    return differs == 0;
}
