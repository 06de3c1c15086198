/* Boxes from a grid of anchors over one or more levels: score, box and key points of each, then greedy suppression of
 * what overlaps. codegen/program/decoders/boxes.py names the parameters and computes the same. */
#include "tinyface/stage.h"

#include <stddef.h>
#include <string.h>

/* Parameters: the head, then for each level its part and width, height of each of its anchors in 1/256 of a cell's
 * unit, then for each level with EXPONENTIAL sizes the 256 factors (times 65536) of its output's values. */
enum { KEY_POINTS, CLASSES, THRESHOLD, OVERLAP_Q8, KEEP, LEVELS, HEAD };
enum {
    SCORES, BOXES, SCORES_AT, BOXES_AT, COLUMNS, ROWS, ANCHORS, FORM, SCALE_Q16, ZERO, SCORE_SCALE_Q16, SCORE_ZERO, LEVEL
};
enum { CENTRE = 0, SIDES = 1, EXPONENTIAL = 2, FIXED = 3, FORMS };
enum { BOX = TINYFACE_BOX_VALUES, TABLE = 256, MOST_CELLS = 4095 };
enum { MOST_SCALE = 1 << 22, MOST_ANCHOR = 1 << 14, MOST_LENGTH = 1 << 29 }; /* no product below leaves 64 bits */

static uint32_t box_values(const int32_t *p, const int32_t *level)
{
    return level[FORM] == FIXED ? 0U : 4U + 2U * (uint32_t)p[KEY_POINTS];
}

/* Whether `cells` groups of `each` values lie in the output. */
static int inside(const tinyface_model *model, int32_t output, int32_t at, uint32_t anchors, uint32_t each)
{
    return output >= 0 && output < model->n_outputs && at >= 0 && model->outputs[output].dtype == TINYFACE_INT8 &&
           (uint64_t)(uint32_t)at + (uint64_t)anchors * each <= model->outputs[output].bytes;
}

static int level_fits(const tinyface_model *model, const int32_t *p, const int32_t *level)
{
    uint32_t anchors;
    if (level[COLUMNS] < 1 || level[COLUMNS] > MOST_CELLS || level[ROWS] < 1 || level[ROWS] > MOST_CELLS ||
        level[ANCHORS] < 1 || level[ANCHORS] > 255) {
        return 0;
    }
    anchors = (uint32_t)level[COLUMNS] * (uint32_t)level[ROWS] * (uint32_t)level[ANCHORS];
    return inside(model, level[SCORES], level[SCORES_AT], anchors, (uint32_t)p[CLASSES]) &&
           inside(model, level[BOXES], level[BOXES_AT], anchors, box_values(p, level)) && level[FORM] >= 0 &&
           level[FORM] < FORMS && (level[FORM] != FIXED || p[KEY_POINTS] == 0) && level[SCALE_Q16] >= 0 && level[SCALE_Q16] <= MOST_SCALE && level[ZERO] >= INT8_MIN && level[ZERO] <= INT8_MAX &&
           level[SCORE_SCALE_Q16] >= 0 && level[SCORE_SCALE_Q16] < 1 << 30 && level[SCORE_ZERO] >= INT8_MIN &&
           level[SCORE_ZERO] <= INT8_MAX;
}

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    uint32_t at = HEAD, tables = 0;

    if (stage->model == NULL || count < HEAD || p[KEY_POINTS] < 0 || p[KEY_POINTS] > 255 || p[CLASSES] < 1 ||
        p[CLASSES] > 255 || stage->width != BOX + 2U * (uint32_t)p[KEY_POINTS] || p[OVERLAP_Q8] < 0 ||
        p[OVERLAP_Q8] > 256 || p[KEEP] < 1 || p[KEEP] > stage->most || p[LEVELS] < 1 || p[LEVELS] > 255) {
        return 0;
    }
    for (int32_t i = 0; i < p[LEVELS]; i++) {
        const int32_t *level = p + at;
        if (count - at < LEVEL || !level_fits(stage->model, p, level) ||
            count - at - LEVEL < 2U * (uint32_t)level[ANCHORS]) {
            return 0;
        }
        for (int32_t a = 0; a < 2 * level[ANCHORS]; a++) {
            if (level[LEVEL + a] < 0 || level[LEVEL + a] > MOST_ANCHOR) {
                return 0;
            }
        }
        tables += level[FORM] == EXPONENTIAL;
        at += LEVEL + 2U * (uint32_t)level[ANCHORS];
    }
    if (count - at != TABLE * tables) {
        return 0;
    }
    for (; at < count; at++) {
        if (p[at] < 0) {
            return 0;
        }
    }
    return 1;
}

/* From input pixels to frame pixels along one axis. */
typedef struct {
    int64_t start;    /* of the region, in 1/256 px from the centre of the frame's first pixel */
    int64_t ratio_q16;
} axis;

static axis axis_of(int16_t start, uint16_t size, uint16_t cells)
{
    axis a = {(int64_t)start * 256 - 128, ((int64_t)size << 16) / cells};
    return a;
}

/* A length in input px times 65536 as one in frame px times 256. */
static int32_t length(const axis *a, int64_t q16)
{
    int64_t value = (((q16 + 128) >> 8) * a->ratio_q16 + 32768) >> 16;
    return (int32_t)(value < -MOST_LENGTH ? -MOST_LENGTH : value > MOST_LENGTH ? MOST_LENGTH : value);
}

static int32_t position(const axis *a, int64_t q16)
{
    return (int32_t)(a->start + length(a, q16));
}

/* The place of a score among the best, highest first and of equal ones the first found; NULL where all are better. */
static int32_t *place_for(tinyface_record *record, int32_t score)
{
    size_t width = record->width, at = record->count;
    int32_t *items = record->items;

    while (at > 0 && items[(at - 1) * width + 4] < score) {
        at--;
    }
    if (at >= record->most) {
        return NULL;
    }
    if (record->count < record->most) {
        record->count++;
    }
    memmove(items + (at + 1) * width, items + at * width, (record->count - 1U - at) * width * sizeof *items);
    return items + at * width;
}

static void box_of(const int32_t *level, const int32_t *table, const int32_t *anchor, const int8_t *values,
                   int64_t cx, int64_t cy, int64_t box[4])
{
    int64_t v[4];
    if (level[FORM] == FIXED) { /* the anchor itself */
        box[2] = ((int64_t)level[SCALE_Q16] * anchor[0]) >> 8;
        box[3] = ((int64_t)level[SCALE_Q16] * anchor[1]) >> 8;
        box[0] = cx - (box[2] >> 1);
        box[1] = cy - (box[3] >> 1);
        return;
    }
    for (int i = 0; i < 4; i++) {
        v[i] = ((int64_t)(values[i] - level[ZERO]) * level[SCALE_Q16] * anchor[i % 2]) >> 8;
    }
    if (level[FORM] == SIDES) { /* how far left, top, right and bottom are */
        box[0] = cx - v[0];
        box[1] = cy - v[1];
        box[2] = v[0] + v[2];
        box[3] = v[1] + v[3];
    } else {
        if (level[FORM] == EXPONENTIAL) {
            v[2] = ((int64_t)table[values[2] + 128] * anchor[0]) >> 8;
            v[3] = ((int64_t)table[values[3] + 128] * anchor[1]) >> 8;
        }
        box[0] = cx + v[0] - (v[2] >> 1);
        box[1] = cy + v[1] - (v[3] >> 1);
        box[2] = v[2];
        box[3] = v[3];
    }
}

/* The best class of an anchor: its index, and its score in *score. */
static int32_t best_class(const int32_t *p, const int32_t *level, const int8_t *scores, int32_t *score)
{
    int32_t best = 0;
    for (int32_t c = 1; c < p[CLASSES]; c++) {
        best = scores[c] > scores[best] ? c : best;
    }
    *score = (int32_t)(((int64_t)(scores[best] - level[SCORE_ZERO]) * level[SCORE_SCALE_Q16] + 32768) >> 16);
    return best;
}

static void decode_level(const tinyface_stage *stage, const int32_t *p, const int32_t *level, const int32_t *table,
                         void *arena, tinyface_region region, tinyface_record *record)
{
    const int8_t *scores = (const int8_t *)stage->model->output(arena, (uint16_t)level[SCORES]) + level[SCORES_AT];
    const int8_t *boxes = (const int8_t *)stage->model->output(arena, (uint16_t)level[BOXES]) + level[BOXES_AT];
    const axis x = axis_of(region.x, region.width, stage->input.width);
    const axis y = axis_of(region.y, region.height, stage->input.height);
    const int32_t per_row = level[COLUMNS] * level[ANCHORS], n = level[ROWS] * per_row;

    for (int32_t i = 0; i < n; i++, scores += p[CLASSES], boxes += box_values(p, level)) {
        const int32_t *anchor = level + LEVEL + 2 * (i % level[ANCHORS]);
        int32_t score, kind = best_class(p, level, scores, &score), *item;
        int64_t cx, cy, box[4];

        item = score >= p[THRESHOLD] ? place_for(record, score) : NULL;
        if (item == NULL) {
            continue;
        }
        cx = ((2 * (int64_t)(i % per_row / level[ANCHORS]) + 1) * stage->input.width << 15) / level[COLUMNS];
        cy = ((2 * (int64_t)(i / per_row) + 1) * stage->input.height << 15) / level[ROWS];
        box_of(level, table, anchor, boxes, cx, cy, box);
        item[2] = length(&x, box[2] > 0 ? box[2] : 0);
        item[3] = length(&y, box[3] > 0 ? box[3] : 0);
        item[0] = position(&x, box[0]) + (item[2] >> 1);
        item[1] = position(&y, box[1]) + (item[3] >> 1);
        tinyface_turn_point(region, item, item + 1);
        item[0] -= item[2] >> 1;
        item[1] -= item[3] >> 1;
        item[4] = score;
        item[5] = kind;
        for (int32_t k = 0; k < 2 * p[KEY_POINTS]; k += 2) {
            const int8_t *v = boxes + 4 + k;
            item[BOX + k] = position(&x, cx + (((int64_t)(v[0] - level[ZERO]) * level[SCALE_Q16] * anchor[0]) >> 8));
            item[BOX + k + 1] = position(&y, cy + (((int64_t)(v[1] - level[ZERO]) * level[SCALE_Q16] * anchor[1]) >> 8));
            tinyface_turn_point(region, item + BOX + k, item + BOX + k + 1);
        }
    }
}

static void decode(const tinyface_stage *stage, const int32_t *p, void *arena, tinyface_region region,
                   tinyface_record *record)
{
    const int32_t *level = p + HEAD, *table = level;

    for (int32_t i = 0; i < p[LEVELS]; i++) {
        table += LEVEL + 2 * table[ANCHORS];
    }
    for (int32_t i = 0; i < p[LEVELS]; i++, level += LEVEL + 2 * level[ANCHORS]) {
        decode_level(stage, p, level, table, arena, region, record);
        table += level[FORM] == EXPONENTIAL ? TABLE : 0;
    }
}

/* Whether two boxes share more than overlap_q8/256 of what they cover together. */
static int overlap(const int32_t *a, const int32_t *b, int32_t overlap_q8)
{
    int64_t left = a[0] > b[0] ? a[0] : b[0], top = a[1] > b[1] ? a[1] : b[1];
    int64_t right = (int64_t)a[0] + a[2] < (int64_t)b[0] + b[2] ? (int64_t)a[0] + a[2] : (int64_t)b[0] + b[2];
    int64_t bottom = (int64_t)a[1] + a[3] < (int64_t)b[1] + b[3] ? (int64_t)a[1] + a[3] : (int64_t)b[1] + b[3];
    int64_t shared, both;

    if (right <= left || bottom <= top) {
        return 0;
    }
    shared = ((right - left) >> 4) * ((bottom - top) >> 4); /* 1/16 px: no product leaves 64 bits */
    both = ((int64_t)a[2] >> 4) * (a[3] >> 4) + ((int64_t)b[2] >> 4) * (b[3] >> 4) - shared;
    return shared * 256 > both * overlap_q8;
}

static void finish(const tinyface_run *run, uint8_t stage, void *state, tinyface_record *record)
{
    const int32_t *p = run->parameters[stage];
    const size_t width = record->width;
    uint16_t kept = 0;

    (void)state;
    for (uint16_t i = 0; i < record->count && kept < p[KEEP]; i++) {
        const int32_t *item = record->items + i * width;
        int stays = 1;
        for (uint16_t k = 0; k < kept && stays; k++) {
            const int32_t *better = record->items + k * width;
            stays = better[5] != item[5] || !overlap(better, item, p[OVERLAP_Q8]);
        }
        if (stays) {
            memmove(record->items + kept * width, item, width * sizeof *item);
            kept++;
        }
    }
    record->count = kept;
}

const tinyface_stage_decoder tinyface_decode_boxes = {"boxes", TINYFACE_RECORD_BOXES, fits, decode, finish};
