/* MAX_POOL_2D on int8 [batches, height, width, channels], channels a multiple of 4: four channels of a pixel are a word.
 *
 * Shifted so that a channel is its highest byte, a word compares as the channel does: the bytes below only choose between
 * equals, and go. */
#ifndef TFK_MAX_POOL_2D_LANES_H
#define TFK_MAX_POOL_2D_LANES_H

#include <stdint.h>

#include "mac16.h"
#include "max_pool_2d.h"
#include "pool_lanes.h"

/* Of four channels: each is the highest byte. */
typedef struct {
    int32_t of_0, of_1, of_2, of_3;
} tfk_lanes;

#if defined(TINYFACE_MAC16)
#include "max_pool_2d_lanes_mac16.h"
#else
static inline int32_t tfk_larger_lane(int32_t a, uint32_t b)
{
    return (int32_t)b > a ? (int32_t)b : a;
}

/* values: of the first pixel, at a multiple of 4; least: what each lane is at least. */
static inline tfk_lanes tfk_largest_lanes(tfk_lane_window w, const int8_t *values, int32_t least)
{
    tfk_lanes most = {least, least, least, least};
    for (int32_t y = 0; y < w.rows; y++, values += w.skip) {
        for (int32_t x = 0; x < w.columns; x++, values += w.step) {
            const uint32_t lanes = tfk_lanes_at(values);
            most.of_0 = tfk_larger_lane(most.of_0, lanes << 24);
            most.of_1 = tfk_larger_lane(most.of_1, lanes << 16);
            most.of_2 = tfk_larger_lane(most.of_2, lanes << 8);
            most.of_3 = tfk_larger_lane(most.of_3, lanes);
        }
    }
    return most;
}
#endif

/* What the activation allows of a lane. */
static inline int8_t tfk_largest_of_lane(const tfk_max_pool_2d_params *p, int32_t lane)
{
    const int32_t value = lane >> 24;
    return (int8_t)(value < p->activation_max ? value : p->activation_max);
}

/* One output pixel: rows x columns pixels from `first` on, at a multiple of 4. */
static TFK_APART void tfk_max_pool_2d_lanes(const tfk_max_pool_2d_params *p, const int8_t *first, int32_t rows,
                                            int32_t columns, int8_t *output)
{
    const tfk_lane_window window = tfk_lane_window_of(rows, columns, p->input_width, p->channels);
    const int32_t least = p->activation_min * (1 << 24);
#if defined(TINYFACE_MAC16)
    if (rows == 2 && columns == 2 && p->activation_min == -128 && p->activation_max == 127) {
        tfk_largest_of_two_by_two(first, p->channels, p->input_width * p->channels, p->channels, output);
        return;
    }
#endif
    for (int32_t c = 0; c < p->channels; c += 4) {
        const tfk_lanes most = tfk_largest_lanes(window, first + c, least);
        output[c] = tfk_largest_of_lane(p, most.of_0);
        output[c + 1] = tfk_largest_of_lane(p, most.of_1);
        output[c + 2] = tfk_largest_of_lane(p, most.of_2);
        output[c + 3] = tfk_largest_of_lane(p, most.of_3);
    }
}

/* The same at any address. */
static TFK_SELDOM void tfk_max_pool_2d_apart(const tfk_max_pool_2d_params *p, const int8_t *first, int32_t rows,
                                             int32_t columns, int8_t *output)
{
    tfk_max_pool_2d_pixel(p, first, rows, columns, output);
}

/* Windows may reach outside the image; what is outside does not count. */
static inline void tfk_max_pool_2d_lanes_s8(const tfk_max_pool_2d_params *p, const int8_t *input, int8_t *output)
{
    TFK_POOL_BY_LANES(p, input, output, tfk_max_pool_2d_lanes, tfk_max_pool_2d_apart)
}

#endif
