/* CONV_2D on int8: every input channel (of a group) meets every output channel.
 *
 * Layouts: input [batches, height, width, channels], weights [output channels, kernel height, kernel
 * width, input channels / groups], output [batches, height, width, channels], all row-major.
 *
 * The output may lie over input that is read already: in which order a kernel reads and writes is part of
 * its contract (codegen/kernels/conv_2d.py), and no pointer is restrict. */
#ifndef TFK_CONV_2D_H
#define TFK_CONV_2D_H

#include <stdint.h>

#include "patch_products.h"
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
    int32_t groups;
    int32_t row; /* TFK_TABLE_ROW or TFK_SCALED_ROW; the plain kernel has tables of its own */
} tfk_conv_2d_params;

/* The plain kernel: any geometry, any groups. Others are tested against it.
 * bias: int32 [output channels], without the input's zero point.
 * multiplier: int32, shift: int8 [output channels], any shift (see tfk_requantize). */
static inline void tfk_conv_2d_reference_s8(const tfk_conv_2d_params *p, const int8_t *input,
                                            const int8_t *weights, const int32_t *bias,
                                            const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    const int32_t depth = p->input_channels / p->groups;
    const int32_t channels_a_group = p->output_channels / p->groups;
    for (int32_t b = 0; b < p->batches; b++) {
        for (int32_t y = 0; y < p->output_height; y++) {
            for (int32_t x = 0; x < p->output_width; x++) {
                for (int32_t c = 0; c < p->output_channels; c++) {
                    const int32_t first = c / channels_a_group * depth;
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
                            const int8_t *pixel =
                                input + ((b * p->input_height + in_y) * p->input_width + in_x) * p->input_channels;
                            const int8_t *tap = weights + ((c * p->kernel_height + ky) * p->kernel_width + kx) * depth;
                            for (int32_t i = 0; i < depth; i++) {
                                sum += (pixel[first + i] - p->input_zero_point) * tap[i];
                            }
                        }
                    }
                    *output++ = tfk_output_any_s8(sum, multiplier[c], shift[c], p->output_zero_point,
                                                  p->activation_min, p->activation_max);
                }
            }
        }
    }
}

/* What the patch products need of a layer. */
static inline tfk_patch_products tfk_conv_2d_products(const tfk_conv_2d_params *p, int32_t depth)
{
    const tfk_patch_products products = {tfk_packed_depth(depth), p->output_channels, p->row,
                                         p->output_zero_point, p->activation_min, p->activation_max};
    return products;
}

/* Bytes of scratch of tfk_conv_2d_1x1_s8: two packed pixels. */
static inline int32_t tfk_conv_2d_1x1_s8_scratch_bytes(const tfk_conv_2d_params *p)
{
    return 2 * tfk_packed_depth(p->input_channels);
}

/* 1x1, stride 1, no padding, one group: each pixel is a patch.
 * weights: packed, rows: int32 [output channels, row], see patch_products.h.
 * scratch: uint8 [tfk_conv_2d_1x1_s8_scratch_bytes]. */
static inline void tfk_conv_2d_1x1_s8(const tfk_conv_2d_params *p, const int8_t *input, const uint8_t *weights,
                                      const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    const int32_t depth = p->input_channels;
    const tfk_patch_products products = tfk_conv_2d_products(p, depth);
    int32_t pixels = p->batches * p->output_height * p->output_width;
    int32_t offset[2];
    for (; pixels > 1; pixels -= 2) {
        offset[0] = tfk_pack_patch(input, depth, scratch);
        offset[1] = tfk_pack_patch(input + depth, depth, scratch + 1);
        tfk_two_patches(&products, scratch, offset, weights, rows, output);
        input += 2 * depth;
        output += 2 * p->output_channels;
    }
    if (pixels != 0) {
        offset[0] = tfk_pack_patch(input, depth, scratch);
        tfk_one_patch(&products, scratch, offset[0], weights, rows, output);
    }
}

/* Packs the pixels that one window sees; outside the image stands the zero point. Returns -128 * sum of X.
 * image: int8 [input height, input width, input channels]; y, x: the window's first line and column;
 * packed: of the patch's first value. */
static inline int32_t tfk_conv_2d_gather(const tfk_conv_2d_params *p, const int8_t *image, int32_t y, int32_t x,
                                         uint8_t *packed)
{
    const int32_t channels = p->input_channels;
    const int32_t line_values = p->kernel_width * channels;
    const int32_t reach_y = (p->kernel_height - 1) * p->dilation_height;
    const int together = p->dilation_width == 1 && x >= 0 && x + p->kernel_width <= p->input_width;
    int32_t sum = 0;
    if (together && y >= 0 && y + reach_y < p->input_height) {
        const int8_t *line = image + (y * p->input_width + x) * channels;
        for (int32_t ky = p->kernel_height; ky > 0; ky--) {
            for (int32_t i = 0; i < line_values; i++) {
                const int32_t value = (uint8_t)line[i] ^ 0x80;
                *packed = (uint8_t)value;
                packed += 2;
                sum += value;
            }
            line += p->dilation_height * p->input_width * channels;
        }
        return -128 * sum;
    }
    for (int32_t ky = 0; ky < p->kernel_height; ky++, y += p->dilation_height) {
        const int8_t *line = image + y * p->input_width * channels;
        const int inside = y >= 0 && y < p->input_height;
        int32_t in_x = x;
        for (int32_t kx = 0; kx < p->kernel_width; kx++, in_x += p->dilation_width, packed += 2 * channels) {
            if (inside && in_x >= 0 && in_x < p->input_width) {
                sum += tfk_pack(line + in_x * channels, channels, packed);
            } else {
                sum += tfk_pack_same(p->input_zero_point, channels, packed);
            }
        }
    }
    return -128 * sum;
}

/* Bytes of scratch of tfk_conv_2d_s8: two packed patches. */
static inline int32_t tfk_conv_2d_s8_scratch_bytes(const tfk_conv_2d_params *p)
{
    return 2 * tfk_packed_depth(p->kernel_height * p->kernel_width * p->input_channels);
}

/* Any geometry, one group: gathers two windows at a time, then works as 1x1.
 * weights: packed, rows: int32 [output channels, row], see patch_products.h.
 * scratch: uint8 [tfk_conv_2d_s8_scratch_bytes]. */
static inline void tfk_conv_2d_s8(const tfk_conv_2d_params *p, const int8_t *input, const uint8_t *weights,
                                  const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    const int32_t depth = p->kernel_height * p->kernel_width * p->input_channels;
    const int32_t image_bytes = p->input_height * p->input_width * p->input_channels;
    const tfk_patch_products products = tfk_conv_2d_products(p, depth);
    int32_t offset[2];
    int32_t waiting = 0; /* packed patches: 0 or 1 */
    tfk_pack_end(depth, scratch);
    tfk_pack_end(depth, scratch + 1);
    for (int32_t b = 0; b < p->batches; b++, input += image_bytes) {
        for (int32_t y = 0; y < p->output_height; y++) {
            for (int32_t x = 0; x < p->output_width; x++) {
                offset[waiting] = tfk_conv_2d_gather(p, input, y * p->stride_height - p->pad_top,
                                                     x * p->stride_width - p->pad_left, scratch + waiting);
                waiting++;
                if (waiting == 2) {
                    tfk_two_patches(&products, scratch, offset, weights, rows, output);
                    output += 2 * p->output_channels;
                    waiting = 0;
                }
            }
        }
    }
    if (waiting == 1) {
        tfk_one_patch(&products, scratch, offset[0], weights, rows, output);
    }
}

#endif
