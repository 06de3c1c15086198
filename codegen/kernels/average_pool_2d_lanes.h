/* AVERAGE_POOL_2D on int8 [batches, height, width, channels], channels a multiple of 4, windows of at most 255 pixels:
 * the outputs of average_pool_2d.h by four sums at once, in halves of two words.
 *
 * A word of four channels with 128 added holds them unsigned. The sum of words and that of their odd bytes, modulo 2^32,
 * give all four sums, for each is below 2^16.
 *
 * With a = sum + n / 2, n pixels, and 2^24 = n * q + r, 0 <= r < n, a mean is (a * (q + 1) - c) >> 24. Where a is k * n,
 * a * (q + 1) is k * 2^24 + k * (n - r): with c = 0 that gives k. For even n such an a is a tie between k - 1 and k: with
 * c = 129 * (n - r) it gives k from 129 on (a mean of 1) and k - 1 below, which is away from zero. All other a lie at least
 * 2^24 / n from a multiple of 2^24, and both c and a * (n - r) / n, the excess of the product, are less. */
#ifndef TFK_AVERAGE_POOL_2D_LANES_H
#define TFK_AVERAGE_POOL_2D_LANES_H

#include <stdint.h>

#include "average_pool_2d.h"
#include "mac16.h"
#include "pool_lanes.h"

/* Of four channels: 16 bits each; even holds the first and the third one. */
typedef struct {
    uint32_t even, odd;
} tfk_lane_sums;

#if defined(TINYFACE_MAC16)
#include "average_pool_2d_lanes_mac16.h"
#else
/* values: of the first pixel, at a multiple of 4; half: what each sum starts with. */
static inline tfk_lane_sums tfk_sum_lanes(tfk_lane_window w, const int8_t *values, uint32_t half)
{
    uint32_t all = half * 0x01010101u, odd = half * 0x00010001u;
    for (int32_t y = 0; y < w.rows; y++, values += w.skip) {
        for (int32_t x = 0; x < w.columns; x++, values += w.step) {
            const uint32_t lanes = tfk_lanes_at(values) ^ 0x80808080u;
            all += lanes;
            odd += (lanes >> 8) & 0x00ff00ffu;
        }
    }
    const tfk_lane_sums sums = {all - (odd << 8), odd};
    return sums;
}
#endif

/* How sums become means: see above; with -128 in it for the values' 128. */
typedef struct {
    uint32_t half, scale, offset;
} tfk_lane_mean;

/* count: pixels, 1 .. 255. */
static inline tfk_lane_mean tfk_lane_mean_of(uint32_t count)
{
    const uint32_t scale = (1u << 24) / count + 1u, excess = scale * count - (1u << 24);
    const tfk_lane_mean mean = {count / 2u, scale, 0x80000000u - (count % 2u != 0 ? 0u : 129u * excess)};
    return mean;
}

/* sum: of values with 128 added, and mean.half. */
static inline int8_t tfk_mean_of_lane(const tfk_average_pool_2d_params *p, uint32_t sum, tfk_lane_mean mean)
{
    const int32_t scaled = (int32_t)(sum * mean.scale + mean.offset);
    return (int8_t)tfk_clamp(scaled >> 24, p->activation_min, p->activation_max);
}

/* One output pixel: rows x columns pixels from `first` on, at most 255, at a multiple of 4. */
static TFK_APART void tfk_average_pool_2d_lanes(const tfk_average_pool_2d_params *p, const int8_t *first, int32_t rows,
                                                int32_t columns, int8_t *output)
{
    const tfk_lane_window window = tfk_lane_window_of(rows, columns, p->input_width, p->channels);
    const tfk_lane_mean mean = tfk_lane_mean_of((uint32_t)(rows * columns));
    for (int32_t c = 0; c < p->channels; c += 4) {
        const tfk_lane_sums sums = tfk_sum_lanes(window, first + c, mean.half);
        output[c] = tfk_mean_of_lane(p, sums.even & 0xffffu, mean);
        output[c + 1] = tfk_mean_of_lane(p, sums.odd & 0xffffu, mean);
        output[c + 2] = tfk_mean_of_lane(p, sums.even >> 16, mean);
        output[c + 3] = tfk_mean_of_lane(p, sums.odd >> 16, mean);
    }
}

/* The same at any address. */
static TFK_SELDOM void tfk_average_pool_2d_apart(const tfk_average_pool_2d_params *p, const int8_t *first, int32_t rows,
                                                 int32_t columns, int8_t *output)
{
    tfk_average_pool_2d_pixel(p, first, rows, columns, output);
}

/* Windows may reach outside the image; what is outside does not count. */
static inline void tfk_average_pool_2d_lanes_s8(const tfk_average_pool_2d_params *p, const int8_t *input,
                                                int8_t *output)
{
    TFK_POOL_BY_LANES(p, input, output, tfk_average_pool_2d_lanes, tfk_average_pool_2d_apart)
}

#endif
