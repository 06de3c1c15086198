/* Landmarks of one thing and whether it is there at all: a box around the points, raised by a share of its height, with
 * the score of the answer, and all points. Parameters: below. codegen/program/decoders/marks.py computes the same. */
#include "tinyface/stage.h"

#include <stddef.h>

/* Then x, y of each point of the mean shape in sides of the region times 2^24. PRESENCE < 0: there is no such output. */
enum { POINTS_OUTPUT, PRESENCE, POINTS, SCALE, ZERO, SCORE_SCALE_Q16, SCORE_ZERO, FOREHEAD_Q8, MEAN };
enum { BOX = TINYFACE_BOX_VALUES, MOST_LENGTH = 1 << 29, MOST_SCORE_SCALE = 1 << 30 };

static int is_int8(const tinyface_model *model, int32_t output, uint32_t bytes)
{
    return output >= 0 && output < model->n_outputs && model->outputs[output].dtype == TINYFACE_INT8 &&
           model->outputs[output].bytes == bytes;
}

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    return stage->model != NULL && count >= MEAN && p[POINTS] > 0 && BOX + 2 * (int64_t)p[POINTS] == stage->width &&
           count - MEAN == 2U * (uint32_t)p[POINTS] && p[SCALE] >= 0 && p[SCALE] <= TINYFACE_MAX_SCALE_Q24 &&
           p[ZERO] >= INT8_MIN && p[ZERO] <= INT8_MAX && p[SCORE_SCALE_Q16] >= 0 &&
           p[SCORE_SCALE_Q16] < MOST_SCORE_SCALE && p[SCORE_ZERO] >= INT8_MIN && p[SCORE_ZERO] <= INT8_MAX &&
           p[FOREHEAD_Q8] >= 0 && p[FOREHEAD_Q8] <= 256 &&
           is_int8(stage->model, p[POINTS_OUTPUT], 2U * (uint32_t)p[POINTS]) &&
           (p[PRESENCE] < 0 || is_int8(stage->model, p[PRESENCE], 1));
}

static int32_t shorter(int64_t length)
{
    return (int32_t)(length > MOST_LENGTH ? MOST_LENGTH : length);
}

static void decode(const tinyface_stage *stage, const int32_t *p, void *arena, tinyface_region region,
                   tinyface_record *record)
{
    int32_t *item = tinyface_record_add(record), *xy, right, bottom;

    if (item == NULL) {
        return;
    }
    xy = item + BOX;
    tinyface_shape_in(region, p + MEAN, (uint32_t)p[POINTS],
                      stage->model->output(arena, (uint16_t)p[POINTS_OUTPUT]), p[SCALE], p[ZERO], xy);
    item[0] = right = xy[0];
    item[1] = bottom = xy[1];
    for (int32_t i = 2; i < 2 * p[POINTS]; i += 2) {
        item[0] = xy[i] < item[0] ? xy[i] : item[0];
        item[1] = xy[i + 1] < item[1] ? xy[i + 1] : item[1];
        right = xy[i] > right ? xy[i] : right;
        bottom = xy[i + 1] > bottom ? xy[i + 1] : bottom;
    }
    item[2] = shorter((int64_t)right - item[0]);
    item[3] = shorter((int64_t)bottom - item[1]);
    right = (int32_t)(((int64_t)item[3] * p[FOREHEAD_Q8] + 128) >> 8); /* what the box is raised by */
    item[1] -= right;
    item[3] += right;
    item[4] = 0;
    if (p[PRESENCE] >= 0) {
        const int8_t *answer = stage->model->output(arena, (uint16_t)p[PRESENCE]);
        item[4] = (int32_t)(((int64_t)(answer[0] - p[SCORE_ZERO]) * p[SCORE_SCALE_Q16] + 32768) >> 16);
    }
    item[5] = 0;
}

const tinyface_stage_decoder tinyface_decode_marks = {"marks", TINYFACE_RECORD_BOXES, fits, decode, NULL};
