/* A shape as networks tell it: a mean one and the deviation from it, in sides of the region that they saw.
 * codegen/program/decoders/points.py computes the same. */
#include "tinyface/stage.h"

void tinyface_shape_in(tinyface_region region, const int32_t *mean_q24, uint32_t points, const int8_t *output,
                       int32_t scale_q24, int32_t zero, int32_t *xy)
{
    for (uint32_t i = 0; i < 2U * points; i++) {
        int32_t start = (i % 2U == 0 ? region.x : region.y) * 256 - 128;
        int32_t side = i % 2U == 0 ? region.width : region.height;
        int64_t n_q24 = mean_q24[i] + (int64_t)(output[i] - zero) * scale_q24;
        /* The shift of a negative number rounds down: gcc and clang define it so. */
        xy[i] = (int32_t)(start + ((n_q24 * side + (1 << 15)) >> 16));
        if (i % 2U == 1) {
            tinyface_turn_point(region, xy + i - 1, xy + i);
        }
    }
}
