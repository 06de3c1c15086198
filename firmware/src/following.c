/* Integer geometry and time of stages that follow things. */
#include "following.h"

#include <stddef.h>

int32_t tinyface_limited(int64_t value, int32_t reach)
{
    return value < -reach ? -reach : value > reach ? reach : (int32_t)value;
}

void tinyface_box_of(const int32_t *item, int32_t box[4])
{
    for (unsigned i = 0; i < 4; i++) {
        box[i] = tinyface_limited(item[i], TINYFACE_REACH);
        box[i] = i >= 2 && box[i] < 0 ? 0 : box[i];
    }
}

int32_t tinyface_middle2(const int32_t box[4], unsigned axis)
{
    return 2 * box[axis] + box[axis + 2U];
}

int tinyface_lies_in(const int32_t box[4], uint16_t width, uint16_t height)
{
    const int64_t longer = box[2] > box[3] ? box[2] : box[3], frame = 256 * (int64_t)(width > height ? width : height);
    return box[0] < 256 * (int32_t)width && box[1] < 256 * (int32_t)height && box[0] + box[2] > 0 &&
           box[1] + box[3] > 0 && longer <= 2 * frame && 64 * longer >= frame;
}

/* What two boxes share along an axis, in 1/16 px. */
static int64_t shared_along(const int32_t a[4], const int32_t b[4], unsigned axis)
{
    const int32_t start = a[axis] > b[axis] ? a[axis] : b[axis];
    const int32_t a_end = a[axis] + a[axis + 2U], b_end = b[axis] + b[axis + 2U];
    const int32_t length = (a_end < b_end ? a_end : b_end) - start;
    return length > 0 ? length >> 4 : 0;
}

static int64_t area_of(const int32_t box[4])
{
    return (int64_t)(box[2] >> 4) * (box[3] >> 4);
}

int32_t tinyface_overlap_q16(const int32_t a[4], const int32_t b[4])
{
    const int64_t shared = shared_along(a, b, 0) * shared_along(a, b, 1);
    const int64_t both = area_of(a) + area_of(b) - shared;
    return shared > 0 ? (int32_t)(shared * 65536 / both) : 0;
}

int tinyface_covers(const int32_t front[4], const int32_t back[4])
{
    const int64_t shared = shared_along(front, back, 0) * shared_along(front, back, 1);
    return shared > 0 && 4 * shared >= area_of(back);
}

/* Whether more than seven eighths of a limited box lie in another one; measured in 1/16 px. */
static int lies_within(const int32_t inner[4], const int32_t outer[4])
{
    return 8 * (shared_along(inner, outer, 0) * shared_along(inner, outer, 1)) > 7 * area_of(inner);
}

/* Whether a lost track's mark is on a part of what one in sight has its mark on. */
static int is_part(uint8_t rank, const int32_t mark[4], uint8_t other_rank, const int32_t other[4])
{
    return rank == TINYFACE_LOST && other_rank < TINYFACE_LOST && lies_within(mark, other);
}

int tinyface_is_followed(const tinyface_record *tracks, uint16_t count, int32_t identity)
{
    for (uint16_t k = 0; k < count; k++) {
        if (tracks->items[(size_t)k * tracks->width + 5] == identity) {
            return 1;
        }
    }
    return 0;
}

int64_t tinyface_floor_div(int64_t value, int64_t divisor)
{
    const int64_t quotient = value / divisor;
    return quotient - (value % divisor < 0);
}

int32_t tinyface_gap_ms(uint32_t now_ms, uint32_t then_ms)
{
    const uint32_t gap = now_ms - then_ms;
    return gap >= 1U << 31 ? 0 : gap > TINYFACE_MOST_GAP_MS ? TINYFACE_MOST_GAP_MS : (int32_t)gap;
}

int64_t tinyface_far(const int32_t a[4], const int32_t b[4])
{
    const int64_t x = (int64_t)tinyface_middle2(a, 0) - tinyface_middle2(b, 0);
    const int64_t y = (int64_t)tinyface_middle2(a, 1) - tinyface_middle2(b, 1);
    return x * x + y * y;
}

int tinyface_in_reach(const int32_t lost[4], const int32_t velocity[2], const int32_t found[4], int32_t gap)
{
    const int64_t side = lost[2] > lost[3] ? lost[2] : lost[3], other = found[2] > found[3] ? found[2] : found[3];

    if (5 * side > 8 * other || 5 * other > 8 * side) {
        return 0;
    }
    for (unsigned axis = 0; axis < 2; axis++) {
        const int64_t off = (int64_t)tinyface_middle2(lost, axis) - tinyface_middle2(found, axis), speed = velocity[axis];
        if (1000 * (off < 0 ? -off : off) > side * (1000 + gap / 2) + 2 * (speed < 0 ? -speed : speed) * gap) {
            return 0;
        }
    }
    return 1;
}

/* How far a mark lies from where its track, whose box may be any, was expected. */
static int64_t far_from(const int32_t *expected, const int32_t b[4])
{
    int32_t a[4];

    tinyface_box_of(expected, a);
    return tinyface_far(a, b);
}

void tinyface_claims(uint16_t count, const int32_t *boxes, uint16_t stride, const uint8_t *ranks,
                     const tinyface_record *marks, int32_t presence, int32_t same_q16, uint8_t *claims)
{
    for (uint16_t i = 0; i < count; i++) {
        const int32_t *mark = marks->items + (size_t)i * marks->width;
        int32_t here[4];

        claims[i] = mark[4] >= presence ? TINYFACE_CLAIM_OWN : TINYFACE_CLAIM_REFUSED;
        tinyface_box_of(mark, here);
        for (uint16_t j = 0; j < i && claims[i] == TINYFACE_CLAIM_OWN; j++) {
            int32_t there[4];
            int keeps_j;
            tinyface_box_of(marks->items + (size_t)j * marks->width, there);
            if (claims[j] != TINYFACE_CLAIM_OWN ||
                (tinyface_overlap_q16(here, there) <= same_q16 && !is_part(ranks[i], here, ranks[j], there) &&
                 !is_part(ranks[j], there, ranks[i], here))) {
                continue;
            }
            keeps_j = ranks[j] != ranks[i] ? ranks[j] < ranks[i]
                                           : far_from(boxes + (size_t)j * stride, there) <=
                                                 far_from(boxes + (size_t)i * stride, here);
            claims[keeps_j ? i : j] = TINYFACE_CLAIM_OTHERS;
        }
    }
}
