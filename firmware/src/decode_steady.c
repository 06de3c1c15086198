/* Holds the points and the box of each track steady: One-Euro (Casiez 2012) or Kalman filters in fixed point, clocked by
 * the frame's own time. codegen/program/decoders/steady.py says more and computes the same. */
#include "following.h"

#include <string.h>

enum {
    POINTS, PRESENCE, SAME_Q16, METHOD, CUTOFF_Q16, SLOPE_Q16, SPEED_CUTOFF_Q16, AGILITY_Q8, GATE_Q8, PARAMETERS
};
enum { ONE_EURO = 0, KALMAN = 1 };
enum { BOX = TINYFACE_BOX_VALUES, BOX_CHANNELS = 4, MOST_POINTS = 4095, ONE = 1 << 16, TAU_Q16 = 411775 };
/* No product below leaves 64 bits. */
enum { MOST_FACTOR = 1 << 24, PLACE_Q8 = 1 << 22, PLACE_Q16 = 1 << 30, SPEED_Q8 = 1 << 26, LEAST_SIDE = 256 };
enum { MOST_STEP_Q16 = 1 << 26, MOST_GAIN_Q16 = 1 << 26, LEAST_GATE_Q8 = 1 << 8, MOST_GATE_Q8 = 1 << 24 };
#define COVARIANCE_Q16 ((int64_t)1 << 36)
#define SPEED_COVARIANCE_Q16 ((int64_t)1 << 46)
#define MOST_SQUARE_Q16 ((int64_t)1 << 54)
/* A side over the deviation of a measurement: at first, and its limits; a mark counts as 1/32 in its variance. */
enum { FIRST_NOISE = 100, LEAST_NOISE = 400, MOST_NOISE = 50, LEARN_SHIFT = 5 };

typedef struct {
    int32_t place; /* px times 65536 */
    int32_t speed; /* px a second times 256 */
} channel;

/* Filters of one track: this, then its channels. */
typedef struct {
    int64_t covariance[3]; /* of place, both, speed, in units of a measurement's variance and seconds, times 65536 */
    int64_t noise;         /* that variance, px squared times 65536 */
    int32_t identity;      /* 0: unused */
    uint32_t time_ms;      /* of the last frame */
    int32_t middle[2];     /* twice that of its track's box there */
} slot;

static uint32_t channels_of(const int32_t *p)
{
    return BOX_CHANNELS + 2U * (uint32_t)p[POINTS];
}

static uint32_t slot_bytes(const int32_t *p)
{
    return (uint32_t)sizeof(slot) + channels_of(p) * (uint32_t)sizeof(channel);
}

static slot *slot_at(void *state, const int32_t *p, uint32_t i)
{
    return (slot *)(void *)((uint8_t *)state + (size_t)i * slot_bytes(p));
}

static channel *channels_in(slot *s)
{
    return (channel *)(void *)(s + 1);
}

static int is_factor(int32_t value)
{
    return value >= 0 && value <= MOST_FACTOR;
}

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    return stage->model == NULL && stage->of != TINYFACE_NO_STAGE && stage->beside != TINYFACE_NO_STAGE &&
           count == PARAMETERS && p[POINTS] >= 1 && p[POINTS] <= MOST_POINTS && stage->width == BOX + 2 * p[POINTS] &&
           stage->most <= TINYFACE_MOST_TRACKS && stage->state_bytes >= stage->most * slot_bytes(p) &&
           p[SAME_Q16] >= 0 && p[SAME_Q16] <= ONE && (p[METHOD] == ONE_EURO || p[METHOD] == KALMAN) &&
           is_factor(p[CUTOFF_Q16]) && is_factor(p[SLOPE_Q16]) && is_factor(p[SPEED_CUTOFF_Q16]) &&
           p[AGILITY_Q8] >= 0 && p[GATE_Q8] >= LEAST_GATE_Q8 && p[GATE_Q8] <= MOST_GATE_Q8;
}

/* Channel n of a mark in px times 256, limited. */
static int32_t value_of(const int32_t *mark, uint32_t n)
{
    const int32_t value = tinyface_limited(mark[n < BOX_CHANNELS ? n : n - BOX_CHANNELS + BOX], PLACE_Q8);
    return (n == 2 || n == 3) && value < 0 ? 0 : value;
}

/* The longer side of a mark's box, px times 256. */
static int64_t side_q8(const int32_t *mark)
{
    const int32_t wide = value_of(mark, 2), high = value_of(mark, 3), longer = wide > high ? wide : high;
    return longer > LEAST_SIDE ? longer : LEAST_SIDE;
}

/* Of a step that a low-pass filter lets through, times 65536: 1 / (1 + 1 / (2 pi f dt)). */
static int64_t share(int64_t cutoff_q16, int64_t turns_q16)
{
    const int64_t w = (cutoff_q16 * turns_q16) >> 16;
    return w * ONE / (w + ONE);
}

static void one_euro(slot *s, const int32_t *mark, int32_t gap, const int32_t *p)
{
    const int64_t turns = (int64_t)TAU_Q16 * gap / 1000, of_speed = share(p[SPEED_CUTOFF_Q16], turns);
    const int64_t a_side = ((int64_t)1 << 32) / side_q8(mark);
    channel *c = channels_in(s);

    for (uint32_t n = 0; n < channels_of(p) && gap > 0; n++, c++) {
        const int64_t off = (int64_t)value_of(mark, n) * 256 - c->place;
        const int64_t speed = tinyface_limited(tinyface_floor_div(off * 1000, gap * 256), SPEED_Q8);
        int64_t cutoff;
        c->speed += (int32_t)((of_speed * (speed - c->speed) + 32768) >> 16);
        cutoff = p[CUTOFF_Q16] + (((((c->speed < 0 ? -(int64_t)c->speed : c->speed) * a_side) >> 16) * p[SLOPE_Q16]) >> 16);
        c->place += (int32_t)((share(cutoff < MOST_FACTOR ? cutoff : MOST_FACTOR, turns) * off + 32768) >> 16);
    }
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Where channel c is expected after a time, px times 65536. */
static int32_t ahead(const channel *c, int64_t dt)
{
    return tinyface_limited(c->place + ((c->speed * dt) >> 8), PLACE_Q16);
}

/* By how much a manoeuvre raises the variance of an innovation, so that it is in the gate; 0: it was noise. Learns the
 * noise. */
static int64_t step_of(slot *s, const int32_t *mark, int64_t dt, int64_t variance, const int32_t *p)
{
    const int64_t side2 = side_q8(mark) * side_q8(mark);
    int64_t square = 0, step, learned;
    const channel *c = channels_in(s) + BOX_CHANNELS;

    for (uint32_t n = BOX_CHANNELS; n < channels_of(p); n++, c++) {
        const int64_t off = ((int64_t)value_of(mark, n) * 256 - ahead(c, dt)) >> 8;
        square += off * off;
    }
    square /= 2 * p[POINTS];
    step = within(square * ONE / s->noise, 0, MOST_SQUARE_Q16) * 256 / p[GATE_Q8] - variance;
    learned = within(square * ONE / variance, 0, (p[GATE_Q8] * s->noise) >> 8);
    s->noise += (learned - s->noise + (1 << (LEARN_SHIFT - 1))) >> LEARN_SHIFT;
    s->noise = s->noise > side2 / (LEAST_NOISE * LEAST_NOISE) ? s->noise : side2 / (LEAST_NOISE * LEAST_NOISE);
    s->noise = within(s->noise, 1, side2 / (MOST_NOISE * MOST_NOISE));
    return within(step, 0, MOST_STEP_Q16);
}

/* Constant velocity, one covariance for all channels. Where the points are off by more than the gate, their speed has
 * changed by a step since the last mark. */
static void kalman(slot *s, const int32_t *mark, int32_t gap, const int32_t *p)
{
    const int64_t dt = ((int64_t)gap * ONE + 500) / 1000, q22 = (((p[AGILITY_Q8] * dt) >> 16) * dt) >> 8;
    const int64_t q12 = ((q22 * dt) >> 16) >> 1, carried = (s->covariance[2] * dt) >> 16;
    int64_t pp = s->covariance[0], pv = s->covariance[1], vv = s->covariance[2], of_place, of_speed, step, at_once;
    channel *c = channels_in(s);

    pp += 2 * ((pv * dt) >> 16) + ((carried * dt) >> 16) + (((q12 * dt) >> 16) >> 1);
    pv = within(pv + carried + q12, -COVARIANCE_Q16, COVARIANCE_Q16);
    pp = within(pp, 0, COVARIANCE_Q16);
    vv = within(vv + q22, 0, SPEED_COVARIANCE_Q16);
    step = step_of(s, mark, dt, pp + ONE, p);
    if (gap > 0) {
        at_once = step * ONE / dt;
        pp = within(pp + step, 0, COVARIANCE_Q16);
        pv = within(pv + at_once, -COVARIANCE_Q16, COVARIANCE_Q16);
        vv = within(vv + at_once * ONE / dt, 0, SPEED_COVARIANCE_Q16);
    }
    of_place = pp * ONE / (pp + ONE);
    of_speed = within(tinyface_floor_div(pv * ONE, pp + ONE), -MOST_GAIN_Q16, MOST_GAIN_Q16);
    s->covariance[0] = pp - ((of_place * pp) >> 16);
    s->covariance[1] = pv - ((of_place * pv) >> 16);
    s->covariance[2] = within(vv - ((of_speed * pv) >> 16), 0, SPEED_COVARIANCE_Q16);
    for (uint32_t n = 0; n < channels_of(p); n++, c++) {
        const int32_t place = ahead(c, dt);
        const int64_t off = (int64_t)value_of(mark, n) * 256 - place;
        c->place = place + (int32_t)((of_place * off + 32768) >> 16);
        c->speed = tinyface_limited(c->speed + ((of_speed * (off >> 8)) >> 16), SPEED_Q8);
    }
}

/* Begins at a mark. */
static void begin(slot *s, const int32_t *mark, const int32_t *p)
{
    channel *c = channels_in(s);
    s->covariance[0] = ONE;
    s->covariance[1] = 0;
    s->covariance[2] = (int64_t)p[AGILITY_Q8] * 256;
    s->noise = side_q8(mark) * side_q8(mark) / (FIRST_NOISE * FIRST_NOISE);
    for (uint32_t n = 0; n < channels_of(p); n++, c++) {
        c->place = value_of(mark, n) * 256;
        c->speed = 0;
    }
}

/* It is out of sight: everything goes where its box goes. */
static void shift(slot *s, const int32_t middle[2], const int32_t *p)
{
    channel *c = channels_in(s);
    for (uint32_t n = 0; n < channels_of(p); n++, c++) {
        const uint32_t axis = n % 2U;
        if (n != 2 && n != 3) {
            c->place = tinyface_limited(c->place + ((int64_t)middle[axis] - s->middle[axis]) * 128, PLACE_Q16);
        }
    }
}

/* One track that is marked, or was. */
static void follow(slot *s, const int32_t *track, const int32_t *mark, uint32_t now_ms, const int32_t *p)
{
    const uint32_t gap = now_ms - s->time_ms;
    int32_t box[4], middle[2];

    tinyface_box_of(track, box);
    middle[0] = tinyface_middle2(box, 0);
    middle[1] = tinyface_middle2(box, 1);
    if (mark == NULL) {
        shift(s, middle, p);
    } else if (s->identity == 0 || gap > TINYFACE_MOST_GAP_MS) {
        begin(s, mark, p);
    } else if (p[METHOD] == KALMAN) {
        kalman(s, mark, (int32_t)gap, p);
    } else {
        one_euro(s, mark, (int32_t)gap, p);
    }
    s->identity = track[5];
    s->time_ms = now_ms;
    memcpy(s->middle, middle, sizeof s->middle);
}

static void tell(slot *s, int32_t score, int32_t *item, const int32_t *p)
{
    const channel *c = channels_in(s);
    for (uint32_t n = 0; n < channels_of(p); n++, c++) {
        item[n < BOX_CHANNELS ? n : n - BOX_CHANNELS + BOX] = (c->place + 128) >> 8;
    }
    item[4] = score;
    item[5] = s->identity;
}

/* The slot of an identity, or NULL; of 0: an unused one. */
static slot *slot_of(void *state, const int32_t *p, uint16_t most, int32_t identity)
{
    for (uint16_t i = 0; i < most; i++) {
        slot *s = slot_at(state, p, i);
        if (s->identity == identity) {
            return s;
        }
    }
    return NULL;
}

/* Frees the slots of tracks that are no more. */
static void forget(void *state, const int32_t *p, uint16_t most, const tinyface_record *tracks, uint16_t count)
{
    for (uint16_t i = 0; i < most; i++) {
        slot *s = slot_at(state, p, i);
        s->identity = tinyface_is_followed(tracks, count, s->identity) ? s->identity : 0;
    }
}

static void finish(const tinyface_run *run, uint8_t stage, void *state, tinyface_record *record)
{
    const tinyface_stage *own = &run->program->stages[stage];
    const int32_t *p = run->parameters[stage];
    const tinyface_record *marks = &run->records[own->of], *tracks = &run->records[own->beside];
    const uint16_t count = tracks->count < own->most ? tracks->count : own->most;
    uint8_t ranks[TINYFACE_MOST_TRACKS] = {0}, claims[TINYFACE_MOST_TRACKS] = {0};

    if (marks->frame == run->begun && marks->count == tracks->count && tracks->count <= TINYFACE_MOST_TRACKS) {
        for (uint16_t i = 0; i < tracks->count; i++) {
            ranks[i] = tracks->items[(size_t)i * tracks->width + 4] > 0 ? 0 : TINYFACE_LOST;
        }
        tinyface_claims(tracks->count, tracks->items, tracks->width, ranks, marks, p[PRESENCE], p[SAME_Q16], claims);
    }
    forget(state, p, own->most, tracks, count);
    for (uint16_t i = 0; i < count; i++) {
        const int32_t *track = tracks->items + (size_t)i * tracks->width;
        const int32_t *mark = claims[i] == TINYFACE_CLAIM_OWN ? marks->items + (size_t)i * marks->width : NULL;
        slot *s = slot_of(state, p, own->most, track[5]);
        int32_t *item;
        if (track[5] <= 0 || (s == NULL && (mark == NULL || (s = slot_of(state, p, own->most, 0)) == NULL))) {
            continue; /* never marked */
        }
        item = tinyface_record_add(record);
        if (item == NULL) {
            return;
        }
        follow(s, track, mark, run->frame.time_ms, p);
        tell(s, mark == NULL ? 0 : mark[4] > TINYFACE_SCORE_IN_SIGHT ? mark[4] : TINYFACE_SCORE_IN_SIGHT, item, p);
    }
}

const tinyface_stage_decoder tinyface_decode_steady = {"steady", TINYFACE_RECORD_TRACKS, fits, NULL, finish};
