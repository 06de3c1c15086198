/* SHA-256 as FIPS 180-4 defines it; small rather than fast, an update is hashed once. */
#include "sha256.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428A2F98U, 0x71374491U, 0xB5C0FBCFU, 0xE9B5DBA5U, 0x3956C25BU, 0x59F111F1U, 0x923F82A4U, 0xAB1C5ED5U,
    0xD807AA98U, 0x12835B01U, 0x243185BEU, 0x550C7DC3U, 0x72BE5D74U, 0x80DEB1FEU, 0x9BDC06A7U, 0xC19BF174U,
    0xE49B69C1U, 0xEFBE4786U, 0x0FC19DC6U, 0x240CA1CCU, 0x2DE92C6FU, 0x4A7484AAU, 0x5CB0A9DCU, 0x76F988DAU,
    0x983E5152U, 0xA831C66DU, 0xB00327C8U, 0xBF597FC7U, 0xC6E00BF3U, 0xD5A79147U, 0x06CA6351U, 0x14292967U,
    0x27B70A85U, 0x2E1B2138U, 0x4D2C6DFCU, 0x53380D13U, 0x650A7354U, 0x766A0ABBU, 0x81C2C92EU, 0x92722C85U,
    0xA2BFE8A1U, 0xA81A664BU, 0xC24B8B70U, 0xC76C51A3U, 0xD192E819U, 0xD6990624U, 0xF40E3585U, 0x106AA070U,
    0x19A4C116U, 0x1E376C08U, 0x2748774CU, 0x34B0BCB5U, 0x391C0CB3U, 0x4ED8AA4AU, 0x5B9CCA4FU, 0x682E6FF3U,
    0x748F82EEU, 0x78A5636FU, 0x84C87814U, 0x8CC70208U, 0x90BEFFFAU, 0xA4506CEBU, 0xBEF9A3F7U, 0xC67178F2U};

static uint32_t rotate(uint32_t x, unsigned by)
{
    return (x >> by) | (x << (32U - by));
}

static void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[16], s[8];

    memcpy(s, state, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t *word = &w[i % 16U], choice, majority, first, second;
        if (i < 16) {
            *word = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
                    block[4 * i + 3];
        } else {
            uint32_t a = w[(i + 1U) % 16U], b = w[(i + 14U) % 16U];
            *word += (rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)) + w[(i + 9U) % 16U] +
                     (rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10));
        }
        choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        first = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + choice + round_constants[i] + *word;
        second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + majority;
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += first;
        s[0] = first + second;
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] += s[i];
    }
}

void tinyface_sha256_start(tinyface_sha256 *sha)
{
    /* The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
    static const uint32_t start[8] = {0x6A09E667U, 0xBB67AE85U, 0x3C6EF372U, 0xA54FF53AU,
                                      0x510E527FU, 0x9B05688CU, 0x1F83D9ABU, 0x5BE0CD19U};
    memcpy(sha->state, start, sizeof start);
    sha->bytes = 0;
}

void tinyface_sha256_add(tinyface_sha256 *sha, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t held = (size_t)(sha->bytes & 63U), part = 64U - held < size ? 64U - held : size;
        memcpy(sha->block + held, data, part);
        sha->bytes += part;
        data += part;
        size -= part;
        if (held + part == 64U) {
            compress(sha->state, sha->block);
        }
    }
}

void tinyface_sha256_end(tinyface_sha256 *sha, uint8_t digest[TINYFACE_SHA256_BYTES])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = 8U * sha->bytes;
    uint8_t length[8];

    tinyface_sha256_add(sha, padding, 1U + (size_t)((119U - (sha->bytes & 63U)) & 63U));
    for (unsigned i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56U - 8U * i));
    }
    tinyface_sha256_add(sha, length, sizeof length);
    for (unsigned i = 0; i < TINYFACE_SHA256_BYTES; i++) {
        digest[i] = (uint8_t)(sha->state[i / 4U] >> (24U - 8U * (i % 4U)));
    }
}
