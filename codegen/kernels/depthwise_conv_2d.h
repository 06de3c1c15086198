/* DEPTHWISE_CONV_2D on int8: output channel c * depth multiplier + m reads input channel c.
 *
 * Layouts: input [batches, height, width, channels], weights [kernel height, kernel width, output
 * channels], output [batches, height, width, channels], all row-major.
 *
 * The output may lie over input that is read already: in which order a kernel reads and writes is part of
 * its contract (codegen/kernels/depthwise_conv_2d.py), and no pointer is restrict. */
#ifndef TFK_DEPTHWISE_CONV_2D_H
#define TFK_DEPTHWISE_CONV_2D_H

#include <stdint.h>
#include <string.h>

#include "requantize.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, input_channels;
    int32_t output_height, output_width, output_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t dilation_height, dilation_width;
    int32_t pad_top, pad_left;             /* zeros above and to the left; the other sides follow */
    int32_t input_zero_point;              /* -128 .. 127 */
    int32_t output_zero_point;             /* -128 .. 127 */
    int32_t activation_min, activation_max; /* within -128 .. 127 */
    int32_t depth_multiplier;
    int32_t row; /* TFK_TABLE_ROW or TFK_SCALED_ROW; the plain kernel has tables of its own */
} tfk_depthwise_conv_2d_params;

/* row: of the output's channel, with the bias in it. */
static inline int8_t tfk_depthwise_conv_2d_output(const tfk_depthwise_conv_2d_params *p, int32_t accumulator,
                                                  const int32_t *row)
{
    return p->row == TFK_TABLE_ROW ? tfk_output_table_s8(accumulator, row)
                                   : tfk_output_scaled_s8(accumulator, row, p->output_zero_point,
                                                          p->activation_min, p->activation_max);
}

/* The plain kernel: any geometry, any depth multiplier. Others are tested against it.
 * bias: int32 [output channels], without the input's zero point.
 * multiplier: int32, shift: int8 [output channels], any shift (see tfk_requantize). */
static inline void tfk_depthwise_conv_2d_reference_s8(const tfk_depthwise_conv_2d_params *p, const int8_t *input,
                                                      const int8_t *weights, const int32_t *bias,
                                                      const int32_t *multiplier, const int8_t *shift,
                                                      int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++) {
        for (int32_t y = 0; y < p->output_height; y++) {
            for (int32_t x = 0; x < p->output_width; x++) {
                for (int32_t c = 0; c < p->output_channels; c++) {
                    const int32_t channel = c / p->depth_multiplier;
                    int32_t sum = bias[c];
                    for (int32_t ky = 0; ky < p->kernel_height; ky++) {
                        const int32_t in_y = y * p->stride_height - p->pad_top + ky * p->dilation_height;
                        if (in_y < 0 || in_y >= p->input_height) {
                            continue;
                        }
                        for (int32_t kx = 0; kx < p->kernel_width; kx++) {
                            const int32_t in_x = x * p->stride_width - p->pad_left + kx * p->dilation_width;
                            if (in_x < 0 || in_x >= p->input_width) {
                                continue;
                            }
                            const int32_t pixel = (b * p->input_height + in_y) * p->input_width + in_x;
                            const int32_t tap = ky * p->kernel_width + kx;
                            sum += (input[pixel * p->input_channels + channel] - p->input_zero_point) *
                                   weights[tap * p->output_channels + c];
                        }
                    }
                    *output++ = tfk_output_any_s8(sum, multiplier[c], shift[c], p->output_zero_point,
                                                  p->activation_min, p->activation_max);
                }
            }
        }
    }
}

/* Number of the first tap that lies inside the image: start + taps * dilation >= 0. */
static inline int32_t tfk_depthwise_conv_2d_first_tap(int32_t start, int32_t dilation)
{
    return start >= 0 ? 0 : (-start + dilation - 1) / dilation;
}

/* Number of taps before the first that lies beyond the image: start + taps * dilation < size. */
static inline int32_t tfk_depthwise_conv_2d_end_tap(int32_t start, int32_t dilation, int32_t size, int32_t taps)
{
    const int32_t room = size <= start ? 0 : (size - start + dilation - 1) / dilation;
    return room < taps ? room : taps;
}

/* Any geometry, depth multiplier 1: the taps inside the image are found once a pixel.
 * rows: int32 [output channels, row], biases without the input's zero point. */
static inline void tfk_depthwise_conv_2d_s8(const tfk_depthwise_conv_2d_params *p, const int8_t *input,
                                            const int8_t *weights, const int32_t *rows, int8_t *output)
{
    const int32_t channels = p->input_channels;
    const int32_t row_bytes = p->input_width * channels;
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * row_bytes) {
        for (int32_t y = 0; y < p->output_height; y++) {
            const int32_t top = y * p->stride_height - p->pad_top;
            const int32_t ky_first = tfk_depthwise_conv_2d_first_tap(top, p->dilation_height);
            const int32_t ky_end =
                tfk_depthwise_conv_2d_end_tap(top, p->dilation_height, p->input_height, p->kernel_height);
            for (int32_t x = 0; x < p->output_width; x++) {
                const int32_t left = x * p->stride_width - p->pad_left;
                const int32_t kx_first = tfk_depthwise_conv_2d_first_tap(left, p->dilation_width);
                const int32_t kx_end =
                    tfk_depthwise_conv_2d_end_tap(left, p->dilation_width, p->input_width, p->kernel_width);
                const int32_t *row_of_channel = rows;
                for (int32_t c = 0; c < channels; c++, row_of_channel += p->row) {
                    int32_t sum = row_of_channel[0];
                    for (int32_t ky = ky_first; ky < ky_end; ky++) {
                        const int8_t *row = input + (top + ky * p->dilation_height) * row_bytes + left * channels + c;
                        const int8_t *tap = weights + ky * p->kernel_width * channels + c;
                        for (int32_t kx = kx_first; kx < kx_end; kx++) {
                            sum += (row[kx * p->dilation_width * channels] - p->input_zero_point) * tap[kx * channels];
                        }
                    }
                    *output++ = tfk_depthwise_conv_2d_output(p, sum, row_of_channel);
                }
            }
        }
    }
}

/* Neighbouring output pixels that one pass over the channels makes at stride 1. */
enum { TFK_DEPTHWISE_PIXELS = 4 };

/* One output pixel of a 3x3 kernel.
 * lines: three times int8 [3, channels]; weights: int8 [channels, 9]; rows: int32 [channels, row], whose biases have
 * the input's zero point folded in. */
static inline void tfk_depthwise_conv_2d_one_pixel(const tfk_depthwise_conv_2d_params *p, const int8_t *const lines[3],
                                                   const int8_t *weights, const int32_t *rows, int8_t *output)
{
    const int32_t channels = p->input_channels;
    const int8_t *top = lines[0], *middle = lines[1], *bottom = lines[2];
    for (int32_t c = 0; c < channels; c++, top++, middle++, bottom++, weights += 9, rows += p->row) {
        int32_t sum = rows[0];
        sum += top[0] * weights[0];
        sum += top[channels] * weights[1];
        sum += top[2 * channels] * weights[2];
        sum += middle[0] * weights[3];
        sum += middle[channels] * weights[4];
        sum += middle[2 * channels] * weights[5];
        sum += bottom[0] * weights[6];
        sum += bottom[channels] * weights[7];
        sum += bottom[2 * channels] * weights[8];
        *output++ = tfk_depthwise_conv_2d_output(p, sum, rows);
    }
}

/* Four neighbouring output pixels at stride 1 share their weights and most of their columns.
 * lines: three times int8 [6, channels]; output: int8 [4, channels]. */
static inline void tfk_depthwise_conv_2d_four_pixels(const tfk_depthwise_conv_2d_params *p,
                                                     const int8_t *const lines[3], const int8_t *weights,
                                                     const int32_t *rows, int8_t *output)
{
    const int32_t channels = p->input_channels;
    for (int32_t c = 0; c < channels; c++, rows += p->row) {
        int32_t first = rows[0], second = first, third = first, fourth = first;
        for (int32_t k = 0; k < 3; k++, weights += 3) {
            const int32_t left = weights[0], middle = weights[1], right = weights[2];
            const int8_t *column = lines[k] + c;
            int32_t pixel = *column;
            first += pixel * left;
            column += channels;
            pixel = *column;
            first += pixel * middle;
            second += pixel * left;
            column += channels;
            pixel = *column;
            first += pixel * right;
            second += pixel * middle;
            third += pixel * left;
            column += channels;
            pixel = *column;
            second += pixel * right;
            third += pixel * middle;
            fourth += pixel * left;
            column += channels;
            pixel = *column;
            third += pixel * right;
            fourth += pixel * middle;
            column += channels;
            pixel = *column;
            fourth += pixel * right;
        }
        int8_t *pixel_output = output + c;
        if (p->row == TFK_TABLE_ROW) {
            const int32_t one = tfk_output_table_s8(first, rows), two = tfk_output_table_s8(second, rows);
            const int32_t three = tfk_output_table_s8(third, rows), four = tfk_output_table_s8(fourth, rows);
            *pixel_output = (int8_t)one;
            pixel_output += channels;
            *pixel_output = (int8_t)two;
            pixel_output += channels;
            *pixel_output = (int8_t)three;
            pixel_output += channels;
            *pixel_output = (int8_t)four;
        } else {
            const int32_t sums[4] = {first, second, third, fourth};
            for (int32_t i = 0; i < 4; i++, pixel_output += channels) {
                *pixel_output = tfk_depthwise_conv_2d_output(p, sums[i], rows);
            }
        }
    }
}

/* Copies three lines of an image; outside it stands the zero point.
 * image: int8 [input height, input width, channels]; top, left: the first line and column, also below 0; columns: of
 * each line; copy: int8 [3, columns, channels]. */
static inline void tfk_depthwise_conv_2d_copy(const tfk_depthwise_conv_2d_params *p, const int8_t *image, int32_t top,
                                              int32_t left, int32_t columns, int8_t *copy)
{
    const int32_t channels = p->input_channels;
    const int32_t before = left < 0 ? -left : 0;
    const int32_t room = p->input_width - left;
    const int32_t inside = (room < columns ? room : columns) - before;
    for (int32_t y = top; y < top + 3; y++, copy += columns * channels) {
        if (y < 0 || y >= p->input_height || inside <= 0) {
            memset(copy, p->input_zero_point, (size_t)(columns * channels));
            continue;
        }
        const int32_t after = columns - before - inside;
        memset(copy, p->input_zero_point, (size_t)(before * channels));
        memcpy(copy + before * channels, image + (y * p->input_width + left + before) * channels,
               (size_t)(inside * channels));
        memset(copy + (before + inside) * channels, p->input_zero_point, (size_t)(after * channels));
    }
}

/* Bytes of scratch of tfk_depthwise_conv_2d_3x3_s8: the lines of as many pixels as are made at once. */
static inline int32_t tfk_depthwise_conv_2d_3x3_s8_scratch_bytes(const tfk_depthwise_conv_2d_params *p)
{
    const int four = p->stride_width == 1 && p->output_width >= TFK_DEPTHWISE_PIXELS;
    return 3 * (four ? TFK_DEPTHWISE_PIXELS + 2 : 3) * p->input_channels;
}

/* 3x3, dilation 1, depth multiplier 1; any stride and padding. Pixels whose window lies inside the image are read
 * where they are, others from a copy with its padding.
 * weights: int8 [channels, 3, 3]: the nine of a channel lie together.
 * rows: int32 [channels, row], biases minus input zero point times the sum of the filter.
 * scratch: uint8 [tfk_depthwise_conv_2d_3x3_s8_scratch_bytes]. */
static inline void tfk_depthwise_conv_2d_3x3_s8(const tfk_depthwise_conv_2d_params *p, const int8_t *input,
                                                const int8_t *weights, const int32_t *rows, uint8_t *scratch,
                                                int8_t *output)
{
    const int32_t channels = p->input_channels;
    const int32_t line_bytes = p->input_width * channels;
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * line_bytes) {
        for (int32_t y = 0; y < p->output_height; y++) {
            const int32_t top = y * p->stride_height - p->pad_top;
            int32_t pixels; /* made at once */
            for (int32_t x = 0; x < p->output_width; x += pixels, output += pixels * channels) {
                const int32_t left = x * p->stride_width - p->pad_left;
                const int four = p->stride_width == 1 && x + TFK_DEPTHWISE_PIXELS <= p->output_width;
                pixels = four ? TFK_DEPTHWISE_PIXELS : 1;
                const int32_t columns = pixels + 2;
                const int8_t *first = input + top * line_bytes + left * channels;
                int32_t step = line_bytes;
                if (top < 0 || left < 0 || top + 3 > p->input_height || left + columns > p->input_width) {
                    int8_t *const copy = (int8_t *)scratch;
                    tfk_depthwise_conv_2d_copy(p, input, top, left, columns, copy);
                    first = copy;
                    step = columns * channels;
                }
                const int8_t *const lines[3] = {first, first + step, first + 2 * step};
                if (four) {
                    tfk_depthwise_conv_2d_four_pixels(p, lines, weights, rows, output);
                } else {
                    tfk_depthwise_conv_2d_one_pixel(p, lines, weights, rows, output);
                }
            }
        }
    }
}

#endif
