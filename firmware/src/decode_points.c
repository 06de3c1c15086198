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
    for (uint32_t i = 0; i < stage->width; i++) {
        int32_t start = (i % 2U == 0 ? region.x : region.y) * 256 - 128;
        int32_t side = i % 2U == 0 ? region.width : region.height;
        int64_t n_q24 = p[MEAN + i] + (int64_t)(output[i] - p[ZERO]) * p[SCALE];
        /* The shift of a negative number rounds down: gcc and clang define it so. */
        xy[i] = (int32_t)(start + ((n_q24 * side + (1 << 15)) >> 16));
        if (i % 2U == 1) {
            tinyface_turn_point(region, xy + i - 1, xy + i);
        }
    }
}

const tinyface_stage_decoder tinyface_decode_points = {"points", TINYFACE_RECORD_POINTS, fits, decode, NULL};
