/* Names what each track is by votes over time: softmax of a classifier's scores through a first-order low-pass filter a
 * class, in 1/2^30, clocked by the frame's own time. codegen/program/decoders/votes.py says more and computes the same. */
#include "following.h"

#include <string.h>

enum { CLASSES, TIME_MS, SURE_Q16, WEIGHTS_Q16, STEPS = 256, PARAMETERS = WEIGHTS_Q16 + STEPS };
enum { WIDTH = TINYFACE_VOTE_VALUES, ONE = 1 << 16, KEPT_ONE = 1 << 30, KEPT_SHIFT = 14 };
enum { MOST_CLASSES = 4096, MOST_TIME_MS = 600000 };

/* What is known of one track. */
typedef struct {
    int32_t identity; /* 0: unused */
    uint32_t time_ms; /* of its last vote, at first of the frame in which it was seen first */
    int32_t shares[]; /* probability of each class, times 2^30 */
} slot;

static uint32_t slot_bytes(const int32_t *p)
{
    return (uint32_t)sizeof(slot) + (uint32_t)p[CLASSES] * (uint32_t)sizeof(int32_t);
}

static slot *slot_at(void *state, const int32_t *p, uint32_t i)
{
    return (slot *)(void *)((uint8_t *)state + (size_t)i * slot_bytes(p));
}

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    if (stage->model != NULL || stage->of == TINYFACE_NO_STAGE || stage->beside == TINYFACE_NO_STAGE ||
        count != PARAMETERS || p[CLASSES] < 1 || p[CLASSES] > MOST_CLASSES || stage->width != WIDTH ||
        stage->most > TINYFACE_MOST_TRACKS || stage->state_bytes < stage->most * slot_bytes(p)) {
        return 0;
    }
    for (uint32_t i = WEIGHTS_Q16; i < PARAMETERS; i++) {
        if (p[i] < 0 || p[i] > ONE) {
            return 0;
        }
    }
    return p[TIME_MS] >= 1 && p[TIME_MS] <= MOST_TIME_MS && p[SURE_Q16] >= 0 && p[SURE_Q16] <= ONE && p[WEIGHTS_Q16] > 0;
}

/* What a class counts whose score is so far below the best one's. */
static int32_t weight_of(const int32_t *p, int64_t below)
{
    return p[WEIGHTS_Q16 + (below < STEPS ? below : STEPS - 1)];
}

/* Whether a pair of the told ones, index and score, is of a class. */
static int is_class(const int32_t *pair, const int32_t *p)
{
    return pair[0] >= 0 && pair[0] < p[CLASSES];
}

/* Counts the classes that are told of a track: `pairs` of index and score. */
static void vote(slot *s, const int32_t *told, uint32_t pairs, uint32_t now_ms, const int32_t *p)
{
    const int64_t gap = tinyface_gap_ms(now_ms, s->time_ms), share = gap * ONE / (p[TIME_MS] + gap);
    int64_t total = 0, best = INT64_MIN;

    s->time_ms = now_ms;
    for (uint32_t i = 0; i < pairs; i++) {
        const int32_t *pair = told + 2U * i;
        best = is_class(pair, p) && pair[1] > best ? pair[1] : best;
    }
    for (uint32_t i = 0; i < pairs; i++) {
        const int32_t *pair = told + 2U * i;
        total += is_class(pair, p) ? weight_of(p, best - pair[1]) : 0;
    }
    for (uint32_t i = 0; i < pairs; i++) {
        const int32_t *pair = told + 2U * i;
        if (is_class(pair, p)) {
            const int64_t seen = (int64_t)weight_of(p, best - pair[1]) * KEPT_ONE / total;
            s->shares[pair[0]] += (int32_t)((share * (seen - s->shares[pair[0]]) + 32768) >> 16);
        }
    }
}

/* A track and what it is called, if that is sure. */
static void tell(const slot *s, const int32_t *track, int32_t *item, const int32_t *p)
{
    int32_t best = 0, told;

    for (int32_t c = 1; c < p[CLASSES]; c++) {
        best = s->shares[c] > s->shares[best] ? c : best;
    }
    told = (s->shares[best] + (1 << (KEPT_SHIFT - 1))) >> KEPT_SHIFT;
    memcpy(item, track, TINYFACE_BOX_VALUES * sizeof *item);
    item[TINYFACE_BOX_VALUES] = track[4] > 0 && told >= p[SURE_Q16] ? best : -1;
    item[TINYFACE_BOX_VALUES + 1] = told;
}

/* The slot of an identity; of 0: an unused one. NULL where there is none. */
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

/* Of a track that was not there before: all classes are alike. */
static slot *begin(void *state, const int32_t *p, uint16_t most, int32_t identity, uint32_t now_ms)
{
    slot *s = slot_of(state, p, most, 0);

    if (s != NULL) {
        s->identity = identity;
        s->time_ms = now_ms;
        for (int32_t c = 0; c < p[CLASSES]; c++) {
            s->shares[c] = KEPT_ONE / p[CLASSES];
        }
    }
    return s;
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
    const tinyface_record *votes = &run->records[own->of], *tracks = &run->records[own->beside];
    const uint16_t count = tracks->count < own->most ? tracks->count : own->most;
    const int is_fresh = votes->frame == run->begun && votes->count == tracks->count;

    forget(state, p, own->most, tracks, count);
    for (uint16_t i = 0; i < count; i++) {
        const int32_t *track = tracks->items + (size_t)i * tracks->width;
        slot *s = slot_of(state, p, own->most, track[5]);
        int32_t *item;
        if (track[5] <= 0 || (s == NULL && (s = begin(state, p, own->most, track[5], run->frame.time_ms)) == NULL)) {
            continue; /* no track */
        }
        item = tinyface_record_add(record);
        if (item == NULL) {
            return;
        }
        if (is_fresh && track[4] > 0) {
            vote(s, votes->items + (size_t)i * votes->width, votes->width / 2U, run->frame.time_ms, p);
        }
        tell(s, track, item, p);
    }
}

const tinyface_stage_decoder tinyface_decode_votes = {"votes", TINYFACE_RECORD_VOTES, fits, NULL, finish};
