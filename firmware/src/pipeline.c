/* From an output tensor to points in integers. codegen/program/points.py computes the same bytes. */
#include "tinyface/pipeline.h"

void tinyface_decode_points(const tinyface_pipeline *pipeline, const int8_t *output, tinyface_region region, int32_t *xy)
{
    for (uint32_t i = 0; i < 2U * pipeline->points; i++) {
        int32_t start = (i % 2U == 0 ? region.x : region.y) * 256 - 128;
        int32_t side = i % 2U == 0 ? region.width : region.height;
        int64_t n_q24 = pipeline->mean_q24[i] + (int64_t)(output[i] - pipeline->zero_point) * pipeline->scale_q24;
        /* The shift of a negative number rounds down: gcc and clang define it so. */
        xy[i] = (int32_t)(start + ((n_q24 * side + (1 << 15)) >> 16));
    }
}
