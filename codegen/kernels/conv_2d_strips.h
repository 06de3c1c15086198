/* CONV_2D on int8 by strips of pixels: filters outside, pixels inside.
 *
 * A strip of pixels (1x1) or of gathered windows is expanded to halfwords in scratch; each filter is expanded once a
 * strip and meets all its pixels (strip_products.h). The constants are read once a strip, not once a pixel pair.
 *
 * Layouts as in conv_2d.h. Order of access: all input of a strip is read before its first output is written, and
 * nothing of it again unless a later strip has a window there; outputs of a strip are written channel by channel. */
#ifndef TFK_CONV_2D_STRIPS_H
#define TFK_CONV_2D_STRIPS_H

#include <stdint.h>

#include "strip_products.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, input_channels;
    int32_t output_height, output_width, output_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t dilation_height, dilation_width;
    int32_t pad_top, pad_left; /* zeros above and to the left; the other sides follow */
    int32_t input_zero_point;  /* -128 .. 127 */
    int32_t output_zero_point, activation_min, activation_max; /* in the rows, too */
    int32_t row;   /* TFK_OPEN_ROW or TFK_TURNED_ROW */
    int32_t output_step; /* bytes from an output pixel to the next: more than its channels where others make the rest */
    int32_t strip; /* pixels expanded at a time, at least 1 */
} tfk_conv_2d_strips_params;

/* Bytes of scratch. */
static inline int32_t tfk_conv_2d_strips_s8_scratch_bytes(const tfk_conv_2d_strips_params *p)
{
    return tfk_strip_bytes(p->kernel_height * p->kernel_width * p->input_channels, p->strip);
}

/* Some values of one line of a window. Where channels are a multiple of 4, halfwords lie in the order of groups. */
static inline void tfk_conv_2d_strips_expand(const tfk_conv_2d_strips_params *p, const int8_t *values, int32_t count,
                                             int16_t *x)
{
    if ((p->input_channels & 3) == 0) {
        tfk_expand_groups(values, count >> 2, x);
    } else {
        tfk_expand_values(values, count, x);
    }
}

/* The same where it is seldom called, or for few values: of a whole strip, of one pixel in a window that leaves the
 * image. */
static TFK_APART void tfk_conv_2d_strips_apart(const tfk_conv_2d_strips_params *p, const int8_t *values, int32_t count,
                                               int16_t *x)
{
    tfk_conv_2d_strips_expand(p, values, count, x);
}

/* Some values outside the image. */
static TFK_APART void tfk_conv_2d_strips_outside(const tfk_conv_2d_strips_params *p, int32_t count, int16_t *x)
{
    tfk_expand_same(p->input_zero_point, count, x);
}

/* The window of one output pixel; outside the image stands the zero point.
 * image: int8 [input height, input width, input channels]; y, x: the window's first line and column;
 * window: int16 [kernel height, kernel width, input channels]. */
static inline void tfk_conv_2d_strips_gather(const tfk_conv_2d_strips_params *p, const int8_t *image, int32_t y,
                                             int32_t x, int16_t *window)
{
    const int32_t channels = p->input_channels;
    const int32_t line_values = p->kernel_width * channels;
    const int together = p->dilation_width == 1 && x >= 0 && x + p->kernel_width <= p->input_width;
    for (int32_t ky = 0; ky < p->kernel_height; ky++, y += p->dilation_height, window += line_values) {
        const int8_t *const line = image + y * p->input_width * channels;
        if (y < 0 || y >= p->input_height) {
            tfk_conv_2d_strips_outside(p, line_values, window);
        } else if (together) {
            tfk_conv_2d_strips_expand(p, line + x * channels, line_values, window);
        } else {
            for (int32_t kx = 0; kx < p->kernel_width; kx++) {
                const int32_t in_x = x + kx * p->dilation_width;
                if (in_x >= 0 && in_x < p->input_width) {
                    tfk_conv_2d_strips_apart(p, line + in_x * channels, channels, window + kx * channels);
                } else {
                    tfk_conv_2d_strips_outside(p, channels, window + kx * channels);
                }
            }
        }
    }
}

/* Any geometry, one group.
 * weights: int32 [output channels, depth rounded up to a multiple of 4, / 4], filters as in strip_products.h;
 * rows: int32 [output channels, row], biases minus (128 + input zero point) times the sum of the filter;
 * scratch: uint8 [tfk_conv_2d_strips_s8_scratch_bytes], at any address. */
static inline void tfk_conv_2d_strips_s8(const tfk_conv_2d_strips_params *p, const int8_t *input,
                                         const int32_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    const int32_t values = p->kernel_height * p->kernel_width * p->input_channels;
    const int32_t depth = tfk_strip_depth(values), groups = depth >> 2;
    const int32_t image_pixels = p->output_height * p->output_width;
    const int32_t image_bytes = p->input_height * p->input_width * p->input_channels;
    const int whole = p->kernel_height == 1 && p->kernel_width == 1 && p->stride_height == 1 && p->stride_width == 1 &&
                      p->output_height == p->input_height && p->output_width == p->input_width && values == depth;
    int16_t *const filter = tfk_strip_aligned(scratch), *const strip = filter + depth + 2;
    int32_t left = p->batches * image_pixels, x = 0, y = 0;
    for (; left > 0; left -= p->strip) {
        const int32_t pixels = left < p->strip ? left : p->strip;
        if (whole) {
            tfk_conv_2d_strips_apart(p, input, pixels * depth, strip);
            input += pixels * depth;
        } else {
            int16_t *window = strip;
            for (int32_t i = 0; i < pixels; i++, window += depth) {
                tfk_conv_2d_strips_gather(p, input, y * p->stride_height - p->pad_top,
                                          x * p->stride_width - p->pad_left, window);
                if (values != depth) { /* one to three */
                    window[values] = window[(values + depth) >> 1] = window[depth - 1] = 0;
                }
                x++;
                if (x == p->output_width) {
                    x = 0;
                    y++;
                }
                if (y == p->output_height) {
                    y = 0;
                    input += image_bytes;
                }
            }
        }
        uint32_t *const behind = (uint32_t *)(void *)(strip + pixels * depth);
        behind[0] = behind[1] = behind[2] = behind[3] = 0; /* loaded, not used */
        const int32_t *packed = weights, *row = rows;
        for (int32_t c = 0; c < p->output_channels; c++, packed += groups, row += p->row) {
            tfk_expand_filter(packed, groups, filter);
            tfk_strip_channel(strip, pixels, filter, groups, row, p->row, output + c, p->output_step);
        }
        output += pixels * p->output_step;
    }
}

/* The same with few bytes of scratch, and with very few: kernels of their own for the planner, which knows what each
 * costs. Arguments as above. */
static inline void tfk_conv_2d_short_strips_s8(const tfk_conv_2d_strips_params *p, const int8_t *input,
                                               const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                               int8_t *output)
{
    tfk_conv_2d_strips_s8(p, input, weights, rows, scratch, output);
}

static inline void tfk_conv_2d_shortest_strips_s8(const tfk_conv_2d_strips_params *p, const int8_t *input,
                                                  const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                                  int8_t *output)
{
    tfk_conv_2d_strips_s8(p, input, weights, rows, scratch, output);
}

#endif
