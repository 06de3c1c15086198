/* What stages that follow things share, in integers: overlap of boxes, steps of time, and whose a mark is.
 * codegen/program/following.py computes the same. Boxes: left, top, width, height in 1/256 px. */
#ifndef TINYFACE_FOLLOWING_H
#define TINYFACE_FOLLOWING_H

#include "tinyface/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TINYFACE_REACH = 1 << 24, /* coordinates and sides are limited to this, 65,536 px: no product leaves 64 bits */
    TINYFACE_MOST_TRACKS = 16,
    TINYFACE_MOST_GAP_MS = 1000,
    TINYFACE_SCORE_IN_SIGHT = 1, /* lowest score of a track in sight; 0 says that it is out of sight */
    TINYFACE_LOST = 2 /* rank of a track out of sight; those in sight have lower ones */
};

/* What a track's mark says. */
typedef enum {
    TINYFACE_CLAIM_REFUSED = 0, /* nothing is there */
    TINYFACE_CLAIM_OWN = 1,
    TINYFACE_CLAIM_OTHERS = 2   /* it landed on what another track follows */
} tinyface_claim;

int32_t tinyface_limited(int64_t value, int32_t reach);

/* The box that an item begins with, limited. */
void tinyface_box_of(const int32_t *item, int32_t box[4]);

/* Twice the middle of a box along an axis, 0 or 1. */
int32_t tinyface_middle2(const int32_t box[4], unsigned axis);

/* Whether some of a limited box lies in a frame of this size in px, and it is at most twice as long and at least a
 * sixty-fourth as long as that: marks that mislead each other make boxes that are not. */
int tinyface_lies_in(const int32_t box[4], uint16_t width, uint16_t height);

/* What two limited boxes share of what they cover together, times 65536; measured in 1/16 px. */
int32_t tinyface_overlap_q16(const int32_t a[4], const int32_t b[4]);

/* Whether a limited box covers a quarter of another one at least; measured in 1/16 px. */
int tinyface_covers(const int32_t front[4], const int32_t back[4]);

/* Whether one of the first `count` tracks has this identity. */
int tinyface_is_followed(const tinyface_record *tracks, uint16_t count, int32_t identity);

/* Quotient rounded down, divisor > 0. */
int64_t tinyface_floor_div(int64_t value, int64_t divisor);

/* Milliseconds from then to now, at most TINYFACE_MOST_GAP_MS; 0 where the clock went back. */
int32_t tinyface_gap_ms(uint32_t now_ms, uint32_t then_ms);

/* Squared distance of two limited boxes' middles, in 1/512 px. */
int64_t tinyface_far(const int32_t a[4], const int32_t b[4]);

/* Whether what was expected in one box may be what is found in the other: it was out of sight for `gap` ms, in which
 * it may have come half a side, a quarter more a second, and as far again as its velocity (1/256 px a second) says away
 * from where it was expected, along each axis; and its longer side is between 5/8 and 8/5 of what it was. Boxes are
 * limited. */
int tinyface_in_reach(const int32_t lost[4], const int32_t velocity[2], const int32_t found[4], int32_t gap);

/* Whose each of the first `count` marks is (tinyface_claim). Of two that landed on one thing the track with the lower
 * rank keeps its own, of equal ones that whose mark lies nearer to where it was expected, and then the first. A lost
 * track's mark that lies within that of one in sight landed there, too: on a part of it.
 * boxes: where each track was expected, the next one `stride` values later. presence: lowest score of a mark that is
 * something. same_q16: two marks that overlap more are of one thing, times 65536. */
void tinyface_claims(uint16_t count, const int32_t *boxes, uint16_t stride, const uint8_t *ranks,
                     const tinyface_record *marks, int32_t presence, int32_t same_q16, uint8_t *claims);

#ifdef __cplusplus
}
#endif
#endif
