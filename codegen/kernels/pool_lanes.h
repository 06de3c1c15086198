/* What pools by lanes share: four channels of a pixel are a word, and windows may reach outside the image. */
#ifndef TFK_POOL_LANES_H
#define TFK_POOL_LANES_H

#include <stdint.h>

/* Places of an axis that a window sees. */
typedef struct {
    int32_t first, count;
} tfk_seen;

/* start: of the window, below 0 where it reaches outside; window, size: of the window and of the axis. */
static inline tfk_seen tfk_seen_of(int32_t start, int32_t window, int32_t size)
{
    const int32_t first = start < 0 ? 0 : start;
    const int32_t end = start + window < size ? start + window : size;
    const tfk_seen seen = {first, end - first};
    return seen;
}

/* What one group of four channels meets: lines of pixels `step` bytes apart, then `skip` bytes to the next line. */
typedef struct {
    int32_t rows, columns;
    int32_t step, skip;
} tfk_lane_window;

/* rows, columns: at least one of each; width, channels: of the image. Lines that fill it are one line. */
static inline tfk_lane_window tfk_lane_window_of(int32_t rows, int32_t columns, int32_t width, int32_t channels)
{
    const int whole = columns == width;
    const tfk_lane_window window = {
        whole ? 1 : rows,
        whole ? rows * columns : columns,
        channels,
        (width - columns) * channels,
    };
    return window;
}

/* Words are read at multiples of 4 alone. */
static inline int tfk_lanes_lie_at(const int8_t *values)
{
    return ((uintptr_t)values & 3u) == 0;
}

/* Four values as they lie there, the first one in the lowest byte. */
static inline uint32_t tfk_lanes_at(const int8_t *values)
{
    return *(const uint32_t *)(const void *)values;
}

/* All windows of p: make(p, first pixel, rows, columns, output) for each output pixel, or apart(...) where the pixels do
 * not lie at multiples of 4. */
#define TFK_POOL_BY_LANES(p, input, output, make, apart)                                                             \
    for (int32_t b = 0; b < (p)->batches; b++) {                                                                     \
        for (int32_t y = 0; y < (p)->output_height; y++) {                                                           \
            const int32_t top = y * (p)->stride_height - (p)->pad_top;                                               \
            const tfk_seen rows = tfk_seen_of(top, (p)->window_height, (p)->input_height);                           \
            const int8_t *line = (input) + (b * (p)->input_height + rows.first) * (p)->input_width * (p)->channels;  \
            for (int32_t x = 0; x < (p)->output_width; x++, (output) += (p)->channels) {                             \
                const int32_t left = x * (p)->stride_width - (p)->pad_left;                                          \
                const tfk_seen columns = tfk_seen_of(left, (p)->window_width, (p)->input_width);                     \
                const int8_t *first = line + columns.first * (p)->channels;                                          \
                if (tfk_lanes_lie_at(first)) {                                                                       \
                    make(p, first, rows.count, columns.count, output);                                               \
                } else {                                                                                             \
                    apart(p, first, rows.count, columns.count, output);                                              \
                }                                                                                                    \
            }                                                                                                        \
        }                                                                                                            \
    }

#endif
