/* Landmarks: a mean shape and the network's deviation from it, in sides of the region. Parameters: points, output scale in
 * sides times 2^24, zero point, then x, y of each point of the mean shape in sides times 2^24.
 * codegen/program/decoders/points.py computes the same. */
#include "tinyface/stage.h"

#include <stddef.h>

enum { POINTS = 0, SCALE = 1, ZERO = 2, MEAN = 3 };

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    return stage->model != NULL && count >= MEAN && p[POINTS] > 0 && 2 * (int64_t)p[POINTS] == stage->width &&
           count == MEAN + (uint32_t)stage->width && p[SCALE] >= 0 && p[SCALE] <= TINYFACE_MAX_SCALE_Q24 &&
           p[ZERO] >= INT8_MIN && p[ZERO] <= INT8_MAX && stage->model->outputs[0].dtype == TINYFACE_INT8 &&
           stage->model->outputs[0].bytes == stage->width;
}

static void decode(const tinyface_stage *stage, const int32_t *p, void *arena, tinyface_region region,
                   tinyface_record *record)
{
    const int8_t *output = stage->model->output(arena, 0);
    int32_t *xy = tinyface_record_add(record);

    if (xy == NULL) {
        return;
    }
    tinyface_shape_in(region, p + MEAN, stage->width / 2U, output, p[SCALE], p[ZERO], xy);
}

const tinyface_stage_decoder tinyface_decode_points = {"points", TINYFACE_RECORD_POINTS, fits, decode, NULL};
