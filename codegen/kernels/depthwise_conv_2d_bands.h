/* DEPTHWISE_CONV_2D on int8, 3x3 with stride 1 or 2, by bands of lines: channels outside, pixels inside.
 *
 * What a band of output lines sees of one input channel is expanded to a plane of halfwords in scratch, with 128 added
 * and the zero point where the image ends. Each filter of that channel then walks down the plane, and its numbers stay
 * in registers.
 *
 * A plane has `lines` lines of an even number of columns. Two neighbouring columns are the halves of a word, and the
 * words of a pair of columns lie below each other: halfword (line, column) stands at
 *     2 * (column / 2 * lines + line) + column % 2.
 * So a filter that moves down finds its next words behind the last ones.
 *
 * Layouts as in depthwise_conv_2d.h. Order of access: in a band channel after channel; all that the band sees of an
 * input channel is read before the first output of that channel is written. */
#ifndef TFK_DEPTHWISE_CONV_2D_BANDS_H
#define TFK_DEPTHWISE_CONV_2D_BANDS_H

#include <stdint.h>

#include "strip_products.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, input_channels;
    int32_t output_height, output_width, output_channels;
    int32_t kernel_height, kernel_width;     /* 3 */
    int32_t stride_height, stride_width;     /* both 1 or both 2 */
    int32_t dilation_height, dilation_width; /* 1 */
    int32_t pad_top, pad_left;               /* zeros above and to the left; the other sides follow */
    int32_t input_zero_point;                /* -128 .. 127 */
    int32_t output_zero_point, activation_min, activation_max; /* in the rows, too */
    int32_t depth_multiplier;
    int32_t row;  /* TFK_TABLE_ROW or TFK_SIGNED_ROW */
    int32_t input_step, output_step; /* bytes from a pixel to the next: more than its channels where others make the
                                      * rest */
    int32_t band; /* output lines made at a time, at least 1 */
} tfk_depthwise_conv_2d_bands_params;

/* How one filter walks over a plane. */
typedef struct {
    const int16_t *plane;
    int32_t lines;        /* of the plane */
    int32_t columns;      /* of the output */
    int32_t outputs;      /* lines of the output */
    int32_t pixel, line;  /* bytes from one output to the next, and to the next line */
} tfk_band;

/* Pairs of columns that outputs see. */
static inline int32_t tfk_depthwise_conv_2d_bands_pairs(const tfk_depthwise_conv_2d_bands_params *p)
{
    return p->stride_width == 1 ? ((p->output_width + 1) >> 1) + 1 : p->output_width + 1;
}

/* Bytes of scratch: a filter and a plane. */
static inline int32_t tfk_depthwise_conv_2d_bands_s8_scratch_bytes(const tfk_depthwise_conv_2d_bands_params *p)
{
    const int32_t lines = (p->band - 1) * p->stride_width + 3;
    return 3 + 28 + 4 * tfk_depthwise_conv_2d_bands_pairs(p) * lines;
}

/* One filter in plain C. w: int16 [9]; row: TFK_TABLE_ROW or TFK_SIGNED_ROW numbers; y: the first output. */
static inline void tfk_band_channel_plain(const tfk_band *b, int32_t stride, const int16_t *w, const int32_t *row,
                                          int32_t form, int8_t *y)
{
    for (int32_t column = 0; column < b->columns; column++, y += b->pixel) {
        const int32_t x = column * stride;
        const int16_t *const left = b->plane + 2 * (x >> 1) * b->lines + (x & 1);
        const int16_t *const middle = b->plane + 2 * ((x + 1) >> 1) * b->lines + ((x + 1) & 1);
        const int16_t *const right = left + 2 * b->lines;
        for (int32_t line = 0; line < b->outputs; line++) {
            const int32_t at = 2 * line * stride; /* neighbours in a column are two halfwords apart */
            const int32_t sum = row[0] + left[at] * w[0] + middle[at] * w[1] + right[at] * w[2] +
                                left[at + 2] * w[3] + middle[at + 2] * w[4] + right[at + 2] * w[5] +
                                left[at + 4] * w[6] + middle[at + 4] * w[7] + right[at + 4] * w[8];
            y[line * b->line] = form == TFK_TABLE_ROW ? tfk_output_table_s8(sum, row) : tfk_output_signed_s8(sum, row);
        }
    }
}

#if defined(TINYFACE_MAC16)
#include "depthwise_conv_2d_bands_mac16.h"
#else
/* Arguments as above. */
static inline void tfk_band_channel(const tfk_band *b, int32_t stride, const int16_t *w, const int32_t *row,
                                    int32_t form, int8_t *y)
{
    tfk_band_channel_plain(b, stride, w, row, form, y);
}
#endif

/* One channel of an image to the plane, whose rest keeps the zero point.
 * from: int8, the channel's first value of the first of `height` lines; plane: int16, where it belongs; odd: 1 where
 * that is the upper half of a word; inside: values of a line; lines: of the plane. */
static inline void tfk_band_fill(const tfk_depthwise_conv_2d_bands_params *p, const int8_t *from, int32_t height,
                                 int32_t inside, int16_t *plane, int32_t odd, int32_t lines)
{
    const int32_t step = p->input_step, next = 2 * lines; /* halfwords from one pair of columns to the next */
    for (; height > 0; height--, plane += 2, from += p->input_width * step) {
        const int8_t *value = from;
        int16_t *x = plane;
        int32_t rest = inside;
        if (odd != 0) {
            x[1] = (int16_t)((uint8_t)*value ^ 0x80);
            value += step;
            x += next;
            rest--;
        }
        for (int32_t pairs = rest >> 1; pairs > 0; pairs--) {
            const uint32_t left = (uint8_t)*value, right = (uint8_t)value[step];
            *(uint32_t *)(void *)x = (left | right << 16) ^ 0x00800080u;
            value += 2 * step;
            x += next;
        }
        if ((rest & 1) != 0) {
            x[0] = (int16_t)((uint8_t)*value ^ 0x80);
        }
    }
}

/* Dilation 1.
 * weights: int32 [output channels, 3]: the nine of a channel, then three zeros, as halfwords in their own order
 * (codegen/numerics/halfword_filters.py);
 * rows: int32 [output channels, row], biases minus (128 + input zero point) times the sum of the filter;
 * scratch: uint8 [tfk_depthwise_conv_2d_bands_s8_scratch_bytes], at any address. */
static inline void tfk_depthwise_conv_2d_bands_s8(const tfk_depthwise_conv_2d_bands_params *p, const int8_t *input,
                                                  const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                                  int8_t *output)
{
    const int32_t channels = p->input_channels, pairs = tfk_depthwise_conv_2d_bands_pairs(p);
    const int32_t seen = 2 * pairs; /* columns of the plane */
    const int32_t inside = p->input_width < seen - p->pad_left ? p->input_width : seen - p->pad_left;
    int16_t *const filter = tfk_strip_aligned(scratch), *const plane = filter + 14;
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * p->input_width * p->input_step) {
        for (int32_t y = 0; y < p->output_height; y += p->band) {
            const int32_t outputs = p->output_height - y < p->band ? p->output_height - y : p->band;
            const int32_t lines = (outputs - 1) * p->stride_width + 3;
            const int32_t top = y * p->stride_width - p->pad_top, first = top < 0 ? 0 : top;
            const int32_t end = top + lines < p->input_height ? top + lines : p->input_height;
            const tfk_band band = {plane, lines, p->output_width, outputs, p->output_step,
                                   p->output_width * p->output_step};
            const int8_t *from = input + first * p->input_width * p->input_step;
            const int32_t *packed = weights, *row = rows;
            int16_t *const corner = plane + 2 * ((p->pad_left >> 1) * lines + first - top);
            int8_t *to = output;
            tfk_expand_same(p->input_zero_point, 2 * pairs * lines, plane);
            for (int32_t c = 0; c < channels; c++, from++) {
                tfk_band_fill(p, from, end - first, inside, corner, p->pad_left & 1, lines);
                for (int32_t m = p->depth_multiplier; m > 0; m--, packed += 3, row += p->row) {
                    tfk_expand_filter(packed, 3, filter);
                    tfk_band_channel(&band, p->stride_width, filter, row, p->row, to++);
                }
            }
            output += outputs * p->output_width * p->output_step;
        }
    }
}

/* The same with few bytes of scratch: a kernel of its own for the planner. Arguments as above. */
static inline void tfk_depthwise_conv_2d_thin_bands_s8(const tfk_depthwise_conv_2d_bands_params *p,
                                                       const int8_t *input, const int32_t *weights,
                                                       const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    tfk_depthwise_conv_2d_bands_s8(p, input, weights, rows, scratch, output);
}

#endif
