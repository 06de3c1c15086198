/* CONV_2D on int8 by expanded lines, for windows of few channels: nothing is gathered.
 *
 * The lines that a band of output lines sees are expanded to halfwords in scratch once, with the zero point where the
 * image ends. What a window sees of a line is then one row of values, which meets its part of the filter
 * (strip_products.h); the parts are rounded up to a multiple of four values, of which the last meet weights of 0.
 *
 * Layouts as in conv_2d.h. Order of access: all input of a band is read before its first output is written, and nothing
 * of it again unless a later band has a window there; outputs of a band are written channel by channel. */
#ifndef TFK_CONV_2D_LINES_H
#define TFK_CONV_2D_LINES_H

#include <stdint.h>

#include "strip_products.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, input_channels;
    int32_t output_height, output_width, output_channels;
    int32_t kernel_height, kernel_width;
    int32_t stride_height, stride_width;       /* the width's times the input's channels is even */
    int32_t dilation_height, dilation_width;   /* the width's is 1 */
    int32_t pad_top, pad_left; /* zeros above and to the left; the other sides follow */
    int32_t input_zero_point;  /* -128 .. 127 */
    int32_t output_zero_point, activation_min, activation_max; /* in the rows, too */
    int32_t row;         /* TFK_OPEN_ROW or TFK_TURNED_ROW */
    int32_t output_step; /* bytes from an output pixel to the next: more than its channels where others make the rest */
    int32_t lines;       /* of output made at a time, at least 1 */
} tfk_conv_2d_lines_params;

/* Groups of four weights that meet a line. */
static inline int32_t tfk_conv_2d_lines_groups(const tfk_conv_2d_lines_params *p)
{
    return tfk_strip_depth(p->kernel_width * p->input_channels) >> 2;
}

/* Values of an expanded line. */
static inline int32_t tfk_conv_2d_lines_values(const tfk_conv_2d_lines_params *p)
{
    return ((p->output_width - 1) * p->stride_width + p->kernel_width) * p->input_channels;
}

/* Halfwords of an expanded line, an even number. */
static inline int32_t tfk_conv_2d_lines_halves(const tfk_conv_2d_lines_params *p)
{
    return (tfk_conv_2d_lines_values(p) + 1) & ~1;
}

/* Lines that so many lines of output see. */
static inline int32_t tfk_conv_2d_lines_seen(const tfk_conv_2d_lines_params *p, int32_t lines)
{
    return (lines - 1) * p->stride_height + (p->kernel_height - 1) * p->dilation_height + 1;
}

/* Bytes of scratch: a filter, the lines, and words behind both that are loaded and not used. */
static inline int32_t tfk_conv_2d_lines_s8_scratch_bytes(const tfk_conv_2d_lines_params *p)
{
    const int32_t filter = 4 * tfk_conv_2d_lines_groups(p) * p->kernel_height + 2;
    return 3 + 2 * (filter + tfk_conv_2d_lines_seen(p, p->lines) * tfk_conv_2d_lines_halves(p) + 8);
}

/* A line as halfwords; line: int8 [input width, input channels], or NULL where the image has none. */
static inline void tfk_conv_2d_lines_expand(const tfk_conv_2d_lines_params *p, const int8_t *line, int16_t *x)
{
    const int32_t values = tfk_conv_2d_lines_values(p), channels = p->input_channels;
    const int32_t left = p->pad_left * channels, there = p->input_width * channels;
    const int32_t count = line == NULL ? 0 : there < values - left ? there : values - left;
    const int32_t before = line == NULL ? 0 : left;
    tfk_expand_same(p->input_zero_point, before, x);
    tfk_expand_values(line, count, x + before);
    tfk_expand_same(p->input_zero_point, values - before - count, x + before + count);
}

/* Outputs of one channel in a band. x: int16, the lines; w: int16, the filter; y: the first output. */
static TFK_APART void tfk_conv_2d_lines_channel(const tfk_conv_2d_lines_params *p, const int16_t *x, const int16_t *w,
                                                const int32_t *row, int32_t lines, int8_t *y)
{
    const int32_t groups = tfk_conv_2d_lines_groups(p), line = tfk_conv_2d_lines_halves(p);
    const int32_t next = p->stride_width * p->input_channels, below = p->dilation_height * line;
    const int32_t form = p->row, start = tfk_start_of_row(row, form), height = p->kernel_height;
    const int32_t width = p->output_width, step = p->output_step, down = p->stride_height * line;
    for (; lines > 0; lines--, x += down) {
        const int16_t *window = x;
        for (int32_t i = width; i > 0; i--, window += next, y += step) {
            *y = tfk_output_row_s8(tfk_lines_sum(window, below, w, groups, height, start), row, form);
        }
    }
}

/* weights: int32 [output channels, kernel height, groups], each line of a filter filled up with zeros, as halfwords in
 * their own order (codegen/numerics/halfword_filters.py);
 * rows: int32 [output channels, row], biases minus (128 + input zero point) times the sum of the filter;
 * scratch: uint8 [tfk_conv_2d_lines_s8_scratch_bytes], at any address. */
static inline void tfk_conv_2d_lines_s8(const tfk_conv_2d_lines_params *p, const int8_t *input, const int32_t *weights,
                                        const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    const int32_t groups = tfk_conv_2d_lines_groups(p) * p->kernel_height, halves = tfk_conv_2d_lines_halves(p);
    const int32_t line = p->input_width * p->input_channels;
    int16_t *const filter = tfk_strip_aligned(scratch), *const x = filter + 4 * groups + 2;
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * line) {
        for (int32_t y = 0; y < p->output_height; y += p->lines) {
            const int32_t lines = p->output_height - y < p->lines ? p->output_height - y : p->lines;
            const int32_t top = y * p->stride_height - p->pad_top, seen = tfk_conv_2d_lines_seen(p, lines);
            for (int32_t i = 0; i < seen; i++) {
                const int there = top + i >= 0 && top + i < p->input_height;
                tfk_conv_2d_lines_expand(p, there ? input + (top + i) * line : NULL, x + i * halves);
            }
            uint32_t *const behind = (uint32_t *)(void *)(x + seen * halves);
            behind[0] = behind[1] = behind[2] = behind[3] = 0; /* loaded, not used */
            for (int32_t c = 0; c < p->output_channels; c++) {
                tfk_expand_filter(weights + c * groups, groups, filter);
                tfk_conv_2d_lines_channel(p, x, filter, rows + c * p->row, lines, output + c);
            }
            output += lines * p->output_width * p->output_step;
        }
    }
}

#endif
