/* Follows what another stage finds from frame to frame: identities by overlap and constant velocity. A stage beside it
 * may mark each track anew in every frame; then detections are needed only for what is new or out of sight.
 * codegen/program/decoders/tracks.py says more and computes the same. */
#include "following.h"

#include <string.h>

enum {
    OVERLAP_Q16, SAME_Q16, BIRTH, PRESENCE, PATIENCE, COVER, REFUSALS, EYES, LEFT = EYES + 2, RIGHT = LEFT + 2,
    PARAMETERS = RIGHT + 2
};
enum { BOX = TINYFACE_BOX_VALUES, MOST_FOUND = 32, YOUNG = 3, UNSURE = 2, MOST_POINT = 4095, MOST_COUNT = 255 };
enum { MARKED = 1, SIGHTED = 2, HIDDEN = 4 };

typedef struct {
    int32_t identity;
    int32_t box[4], eyes[4];                    /* where it is, or is expected */
    int32_t velocity[2];                        /* of its middle, 1/256 px a second */
    int32_t score, unseen, covered, refused;    /* frames in a row without sight; marked on another; below presence */
    int32_t moves;                              /* how often its velocity was measured */
    uint32_t seen_ms, flags;
} track;

typedef struct {
    uint32_t count;
    int32_t last; /* identity */
    uint32_t frame, time_ms;
    track tracks[];
} memory;

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    if (stage->model != NULL || stage->of == TINYFACE_NO_STAGE || count != PARAMETERS || stage->most > TINYFACE_MOST_TRACKS ||
        stage->width != (p[EYES] < 0 ? BOX : BOX + 4) ||
        stage->state_bytes < sizeof(memory) + (uint32_t)stage->most * sizeof(track)) {
        return 0;
    }
    for (uint32_t i = EYES; i < PARAMETERS; i++) {
        if (p[i] > MOST_POINT || (p[i] < 0 && i >= LEFT)) {
            return 0;
        }
    }
    return p[OVERLAP_Q16] >= 0 && p[OVERLAP_Q16] <= 65536 && p[SAME_Q16] >= 0 && p[SAME_Q16] <= 65536 &&
           p[PATIENCE] >= 0 && p[PATIENCE] <= MOST_COUNT && p[COVER] >= 0 && p[COVER] <= MOST_COUNT &&
           p[REFUSALS] >= 1 && p[REFUSALS] <= MOST_COUNT && p[LEFT] <= p[LEFT + 1] && p[RIGHT] <= p[RIGHT + 1];
}

static int in_sight(const track *t)
{
    return t->unseen == 0 && t->covered == 0;
}

/* The mean of the points `first` to `last` of an item, rounded down; 0 where it has no such points. */
static void mean_of(const int32_t *item, uint16_t width, int32_t first, int32_t last, int32_t xy[2])
{
    for (int32_t axis = 0; axis < 2; axis++) {
        int64_t sum = 0;
        for (int32_t i = first; i >= 0 && i <= last && BOX + 2 * i + 1 < width; i++) {
            sum += tinyface_limited(item[BOX + 2 * i + axis], TINYFACE_REACH);
        }
        xy[axis] = (int32_t)tinyface_floor_div(sum, last - first + 1);
    }
}

/* It is here; half of what its velocity missed corrects that, at first all of it; a sixteenth where it mingles with
 * another one, whose marks draw its own along. */
static void see(track *t, const int32_t box[4], int32_t score, uint32_t now_ms, int mingled)
{
    const int32_t gap = tinyface_gap_ms(now_ms, t->seen_ms);

    for (unsigned axis = 0; axis < 2 && gap > 0; axis++) {
        const int64_t far = (int64_t)tinyface_middle2(box, axis) - tinyface_middle2(t->box, axis);
        const int64_t missed = tinyface_floor_div(far * 500, gap);
        const int64_t step = t->moves == 0 ? missed : missed >> (mingled ? 4 : 1);
        t->velocity[axis] = tinyface_limited(t->velocity[axis] + step, TINYFACE_REACH);
    }
    t->moves += gap > 0 && t->moves < YOUNG;
    memcpy(t->box, box, sizeof t->box);
    t->score = score > TINYFACE_SCORE_IN_SIGHT ? score : TINYFACE_SCORE_IN_SIGHT;
    t->seen_ms = now_ms;
    t->unseen = 0;
    t->covered = 0;
    t->flags |= SIGHTED;
}

/* As a detection that lies in the box shows it. */
static void see_found(track *t, const int32_t *p, const tinyface_record *found, const int32_t *item, uint32_t now_ms)
{
    int32_t box[4];
    tinyface_box_of(item, box);
    see(t, box, item[4], now_ms, 0);
    for (int i = 0; i < 2 && p[EYES] >= 0; i++) {
        mean_of(item, found->width, p[EYES + i], p[EYES + i], t->eyes + 2 * i);
    }
}

/* Whether the own mark of a track other than `but` covers this box. */
static int is_covered(const int32_t covered[4], const tinyface_record *marks, uint32_t count, const uint8_t *claims,
                      uint32_t but)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t box[4];
        tinyface_box_of(marks->items + (size_t)i * marks->width, box);
        if (i != but && claims[i] == TINYFACE_CLAIM_OWN && tinyface_covers(box, covered)) {
            return 1;
        }
    }
    return 0;
}

/* Each track takes its own mark of the frame before; doubles that just began go. */
static void take_marks(memory *m, const int32_t *p, const tinyface_record *marks)
{
    uint8_t ranks[TINYFACE_MOST_TRACKS] = {0}, claims[TINYFACE_MOST_TRACKS];
    const uint32_t count = m->count;

    for (uint32_t i = 0; i < count; i++) {
        const track *t = &m->tracks[i];
        ranks[i] = !in_sight(t) ? TINYFACE_LOST : t->moves < YOUNG ? 1 : 0;
    }
    tinyface_claims((uint16_t)count, m->tracks[0].box, sizeof(track) / sizeof(int32_t), ranks, marks, p[PRESENCE], p[SAME_Q16], claims);
    m->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const int32_t *mark = marks->items + (size_t)i * marks->width;
        track *t = &m->tracks[i];
        if (claims[i] == TINYFACE_CLAIM_OWN) {
            int32_t box[4];
            tinyface_box_of(mark, box);
            see(t, box, mark[4], m->time_ms, is_covered(box, marks, count, claims, i));
            for (int e = 0; e < 2 && p[EYES] >= 0; e++) {
                mean_of(mark, marks->width, p[LEFT + 2 * e], p[LEFT + 2 * e + 1], t->eyes + 2 * e);
            }
            t->flags |= MARKED;
            t->refused = 0;
        } else if (claims[i] == TINYFACE_CLAIM_REFUSED &&
                   !(t->moves >= YOUNG && is_covered(t->box, marks, count, claims, i))) {
            t->refused += t->refused < MOST_COUNT;
        } else {
            t->flags |= HIDDEN;
            t->covered++;
            if (t->moves < YOUNG) {
                continue;
            }
        }
        if (t != &m->tracks[m->count]) {
            m->tracks[m->count] = *t;
        }
        m->count++;
    }
}

/* Where it is expected so many milliseconds later. */
static void move(track *t, int32_t gap)
{
    for (int axis = 0; axis < 2; axis++) {
        const int64_t d = tinyface_floor_div((int64_t)t->velocity[axis] * gap + 500, 1000);
        t->box[axis] = tinyface_limited(t->box[axis] + d, TINYFACE_REACH);
        t->eyes[axis] = tinyface_limited(t->eyes[axis] + d, TINYFACE_REACH);
        t->eyes[axis + 2] = tinyface_limited(t->eyes[axis + 2] + d, TINYFACE_REACH);
    }
}

static const int32_t *item_of(const tinyface_record *record, uint32_t i)
{
    return record->items + (size_t)i * record->width;
}

/* How much a detection overlaps one of the tracks that `among` (bits) names, at the most. */
static int32_t most_shared(const memory *m, const int32_t *item, uint32_t among)
{
    int32_t box[4], most = 0;
    tinyface_box_of(item, box);
    for (uint32_t i = 0; i < m->count; i++) {
        const int32_t share = among >> i & 1U ? tinyface_overlap_q16(m->tracks[i].box, box) : 0;
        most = share > most ? share : most;
    }
    return most;
}

/* The tracks in `open` (bits) that overlap this detection and no other free one. */
static uint32_t rivals_for(const memory *m, const int32_t *p, const tinyface_record *found, uint32_t n, uint32_t open,
                           uint32_t unused, uint32_t of)
{
    uint32_t rivals = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t near = 0;
        for (uint32_t d = 0; (open >> i & 1U) && d < n; d++) {
            int32_t box[4];
            tinyface_box_of(item_of(found, d), box);
            near |= (uint32_t)(tinyface_overlap_q16(m->tracks[i].box, box) > p[OVERLAP_Q16]) << d;
        }
        if ((near >> of & 1U) && !(near & unused & ~(1U << of))) {
            rivals |= 1U << i;
        }
    }
    return rivals;
}

/* Gives the tracks in `open` (bits) the free detections that they overlap most, the best pair first. */
static void match(memory *m, const int32_t *p, const tinyface_record *found, uint32_t n, uint32_t open, uint32_t *unused,
                  uint32_t now_ms)
{
    for (;;) {
        int32_t best = p[OVERLAP_Q16];
        uint32_t at = 0, of = MOST_FOUND, rivals;
        for (uint32_t i = 0; i < m->count; i++) {
            for (uint32_t d = 0; (open >> i & 1U) && d < n; d++) {
                int32_t box[4], share;
                if (!(*unused >> d & 1U)) {
                    continue;
                }
                tinyface_box_of(item_of(found, d), box);
                share = tinyface_overlap_q16(m->tracks[i].box, box);
                if (share > best) {
                    best = share;
                    at = i;
                    of = d;
                }
            }
        }
        if (of == MOST_FOUND) {
            return;
        }
        open &= ~(1U << at);
        *unused &= ~(1U << of);
        if (m->tracks[at].flags & SIGHTED) {
            continue;
        }
        rivals = rivals_for(m, p, found, n, open, *unused, of);
        if (rivals == 0) {
            see_found(&m->tracks[at], p, found, item_of(found, of), now_ms);
            continue;
        }
        rivals |= 1U << at; /* they may be behind one another: all go on as they went */
        open &= ~rivals;
        for (uint32_t i = 0; i < m->count; i++) {
            m->tracks[i].flags |= rivals >> i & 1U ? HIDDEN : 0U;
            m->tracks[i].covered += (int32_t)(rivals >> i & 1U);
        }
    }
}

/* Free detections (bits) at which a track may be that was lost; none of one in sight. */
static uint32_t places_of(const track *t, const int32_t *p, const tinyface_record *found, uint32_t n, uint32_t unused,
                          uint32_t now_ms)
{
    const int32_t gap = tinyface_gap_ms(now_ms, t->seen_ms);
    uint32_t places = 0;
    for (uint32_t d = 0; d < n && !in_sight(t); d++) {
        const int32_t *item = item_of(found, d);
        int32_t box[4];
        tinyface_box_of(item, box);
        if ((unused >> d & 1U) && item[4] >= p[BIRTH] &&
            (tinyface_overlap_q16(t->box, box) > p[OVERLAP_Q16] || tinyface_in_reach(t->box, t->velocity, box, gap))) {
            places |= 1U << d;
        }
    }
    return places;
}

/* A track that was lost and can be at one detection alone takes it from those that may be elsewhere, too: so more of
 * them are somewhere, however near another one is expected. */
static void take_only_places(memory *m, const int32_t *p, const tinyface_record *found, uint32_t n, uint32_t *unused,
                             uint32_t now_ms)
{
    for (;;) {
        uint32_t places[TINYFACE_MOST_TRACKS] = {0}, contested = 0, at = 0;
        for (uint32_t i = 0; i < m->count; i++) {
            places[i] = places_of(&m->tracks[i], p, found, n, *unused, now_ms);
            contested |= places[i] & (places[i] - 1) ? places[i] : 0U; /* those of tracks that have several */
        }
        while (at < m->count && (places[at] == 0 || places[at] & (places[at] - 1) || !(places[at] & contested))) {
            at++;
        }
        if (at == m->count) {
            return;
        }
        for (uint32_t d = 0; d < n; d++) {
            if (places[at] == 1U << d) {
                see_found(&m->tracks[at], p, found, item_of(found, d), now_ms);
            }
        }
        *unused &= ~places[at];
    }
}

/* What no track explains is rather one that was lost and may have come so far than a new one; the nearest pair
 * first. */
static void find_again(memory *m, const int32_t *p, const tinyface_record *found, uint32_t n, uint32_t *unused,
                       uint32_t now_ms)
{
    for (;;) {
        int64_t least = INT64_MAX;
        uint32_t at = 0, of = MOST_FOUND;
        for (uint32_t i = 0; i < m->count; i++) {
            const track *t = &m->tracks[i];
            const int32_t gap = tinyface_gap_ms(now_ms, t->seen_ms);
            for (uint32_t d = 0; d < n && !in_sight(t); d++) {
                const int32_t *item = item_of(found, d);
                int32_t box[4];
                tinyface_box_of(item, box);
                if ((*unused >> d & 1U) && item[4] >= p[BIRTH] && tinyface_in_reach(t->box, t->velocity, box, gap) &&
                    tinyface_far(t->box, box) < least) {
                    least = tinyface_far(t->box, box);
                    at = i;
                    of = d;
                }
            }
        }
        if (of == MOST_FOUND) {
            return;
        }
        *unused &= ~(1U << of);
        see_found(&m->tracks[at], p, found, item_of(found, of), now_ms);
    }
}

/* Detections correct tracks that were not marked; those that are of none become tracks. */
static void take_found(memory *m, const int32_t *p, const tinyface_record *found, uint16_t most, uint32_t now_ms)
{
    const uint32_t n = found->count < MOST_FOUND ? found->count : MOST_FOUND;
    uint32_t visible = 0, unused = 0xFFFFFFFFU;

    for (uint32_t i = 0; i < m->count; i++) {
        visible |= (uint32_t)in_sight(&m->tracks[i]) << i;
    }
    match(m, p, found, n, visible, &unused, now_ms);
    for (uint32_t d = 0; d < n; d++) {
        const int32_t seen = most_shared(m, item_of(found, d), visible);
        if (seen > p[OVERLAP_Q16] && seen >= most_shared(m, item_of(found, d), ~visible)) {
            unused &= ~(1U << d); /* of one in sight, rather than of one out of sight */
        }
    }
    take_only_places(m, p, found, n, &unused, now_ms);
    match(m, p, found, n, ~visible, &unused, now_ms);
    find_again(m, p, found, n, &unused, now_ms);
    for (uint32_t d = 0; d < n && m->count < most; d++) {
        const int32_t *item = item_of(found, d);
        track *t = &m->tracks[m->count];
        if ((unused >> d & 1U) && item[4] >= p[BIRTH] && most_shared(m, item, 0xFFFFFFFFU) <= p[OVERLAP_Q16]) {
            m->last = m->last == INT32_MAX ? 1 : m->last + 1;
            memset(t, 0, sizeof *t);
            t->identity = m->last;
            t->seen_ms = now_ms;
            see_found(t, p, found, item, now_ms);
            m->count++;
        }
    }
}

static int stays(const track *t, const int32_t *p, int looked)
{
    const int refused = t->flags & MARKED ? t->refused >= p[REFUSALS]
                                          : t->refused >= UNSURE && looked && !(t->flags & SIGHTED);
    return t->unseen <= p[PATIENCE] && t->covered <= p[COVER] && !refused;
}

static void finish(const tinyface_run *run, uint8_t stage, void *state, tinyface_record *record)
{
    const tinyface_stage *own = &run->program->stages[stage];
    const int32_t *p = run->parameters[stage];
    const tinyface_record *found = &run->records[own->of];
    const tinyface_record *marks = own->beside == TINYFACE_NO_STAGE ? NULL : &run->records[own->beside];
    const uint32_t now_ms = run->frame.time_ms;
    const int looked = found->frame == run->begun;
    memory *m = state;
    int marked = m->frame != 0 && marks != NULL && marks->frame == m->frame && marks->count == m->count, hazy = 0;
    uint32_t count;

    for (uint32_t i = 0; i < m->count; i++) {
        m->tracks[i].flags &= MARKED;
    }
    if (marked) {
        take_marks(m, p, marks);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        move(&m->tracks[i], tinyface_gap_ms(now_ms, m->time_ms));
    }
    if (looked) {
        take_found(m, p, found, own->most, now_ms);
    }
    count = m->count;
    m->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        track *t = &m->tracks[i];
        int32_t *item;
        t->unseen += (marked || looked) && !(t->flags & (SIGHTED | HIDDEN));
        if (!stays(t, p, looked) || !tinyface_lies_in(t->box, run->frame.width, run->frame.height)) {
            continue;
        }
        item = tinyface_record_add(record);
        if (item == NULL) {
            break;
        }
        memcpy(item, t->box, sizeof t->box);
        item[4] = in_sight(t) ? t->score : 0;
        item[5] = t->identity;
        memcpy(item + BOX, t->eyes, p[EYES] >= 0 ? sizeof t->eyes : 0);
        hazy |= !in_sight(t) || (marks == NULL && t->moves == 0);
        if (t != &m->tracks[m->count]) {
            m->tracks[m->count] = *t;
        }
        m->count++;
    }
    m->frame = run->begun;
    m->time_ms = now_ms;
    record->asks = (uint8_t)(m->count == 0 || hazy);
}

const tinyface_stage_decoder tinyface_decode_tracks = {"tracks", TINYFACE_RECORD_TRACKS, fits, NULL, finish};
