/* SHA-256 (FIPS 180-4), piece by piece. */
#ifndef TINYFACE_SHA256_H
#define TINYFACE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { TINYFACE_SHA256_BYTES = 32 };

typedef struct {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64]; /* the last bytes % 64 of them */
} tinyface_sha256;

void tinyface_sha256_start(tinyface_sha256 *sha);
void tinyface_sha256_add(tinyface_sha256 *sha, const uint8_t *data, size_t size);
void tinyface_sha256_end(tinyface_sha256 *sha, uint8_t digest[TINYFACE_SHA256_BYTES]);

#endif
