/* TRANSPOSE_CONV on int8: a convolution whose strides spread the input over the output.
 *
 * Layouts: input [batches, height, width, channels], weights [output channels, kernel height, kernel
 * width, input channels], output [batches, height, width, channels], all row-major. The output may lie over
 * input that is read already (codegen/ops/transpose_conv.py). */
#ifndef TFK_TRANSPOSE_CONV_H
#define TFK_TRANSPOSE_CONV_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, input_channels;
    int32_t output_height, output_width, output_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;              /* rows and columns cut off above and to the left */
    int32_t input_zero_point;               /* -128 .. 127 */
    int32_t output_zero_point;              /* -128 .. 127 */
    int32_t activation_min, activation_max; /* within -128 .. 127 */
} tfk_transpose_conv_params;

/* Sum over the taps that meet output pixel (y, x): tap ky reads input row (y - ky) / stride.
 * image: int8, one input; filter: int8, weights of one output channel; y, x: counted from the uncut edge. */
static inline int32_t tfk_transpose_conv_sum(const tfk_transpose_conv_params *p, const int8_t *image,
                                             const int8_t *filter, int32_t y, int32_t x)
{
    const int32_t depth = p->input_channels;
    int32_t sum = 0;
    int32_t in_y = y / p->stride_height;
    for (int32_t ky = y % p->stride_height; ky < p->kernel_height; ky += p->stride_height, in_y--) {
        int32_t in_x = x / p->stride_width;
        if (in_y < 0 || in_y >= p->input_height) {
            continue;
        }
        for (int32_t kx = x % p->stride_width; kx < p->kernel_width; kx += p->stride_width, in_x--) {
            if (in_x < 0 || in_x >= p->input_width) {
                continue;
            }
            const int8_t *const pixel = image + (in_y * p->input_width + in_x) * depth;
            const int8_t *const tap = filter + (ky * p->kernel_width + kx) * depth;
            for (int32_t i = 0; i < depth; i++) {
                sum += (pixel[i] - p->input_zero_point) * tap[i];
            }
        }
    }
    return sum;
}

/* bias: int32 [output channels], without the input's zero point.
 * multiplier: int32, shift: int8 [output channels], any shift (see tfk_requantize). */
static inline void tfk_transpose_conv_s8(const tfk_transpose_conv_params *p, const int8_t *input,
                                         const int8_t *weights, const int32_t *bias, const int32_t *multiplier,
                                         const int8_t *shift, int8_t *output)
{
    const int32_t filter_bytes = p->kernel_height * p->kernel_width * p->input_channels;
    for (int32_t b = 0; b < p->batches; b++) {
        for (int32_t y = p->pad_top; y < p->pad_top + p->output_height; y++) {
            for (int32_t x = p->pad_left; x < p->pad_left + p->output_width; x++) {
                for (int32_t c = 0; c < p->output_channels; c++) {
                    const int32_t sum = tfk_transpose_conv_sum(p, input, weights + c * filter_bytes, y, x);
                    *output++ = tfk_output_any_s8(bias[c] + sum, multiplier[c], shift[c], p->output_zero_point,
                                                  p->activation_min, p->activation_max);
                }
            }
        }
        input += p->input_height * p->input_width * p->input_channels;
    }
}

#endif
