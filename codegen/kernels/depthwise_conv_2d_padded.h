/* DEPTHWISE_CONV_2D on int8, 3x3 with stride 1 or 2, in plain C: channels outside, pixels inside. CONV_2D of one input
 * channel is the same with as many filters for it.
 *
 * What a band of output lines sees of four input channels (of one where there is one) is copied to scratch with 128
 * added, so that no load needs a sign, and with the zero point where the image ends, so that no window leaves it. A
 * filter then meets all outputs of the band: its numbers are looked at once.
 *
 * Layouts as in depthwise_conv_2d.h. Order of access: in a band four input channels after the other; all that the band
 * sees of them is read before the first output of theirs is written. */
#ifndef TFK_DEPTHWISE_CONV_2D_PADDED_H
#define TFK_DEPTHWISE_CONV_2D_PADDED_H

#include <stdint.h>
#include <string.h>

#include "depthwise_conv_2d_bands.h"

/* Bytes from one copied pixel to the next. */
enum { TFK_PADDED_STEP = 4 };

/* And from one line to the next. */
static inline int32_t tfk_padded_line(const tfk_depthwise_conv_2d_bands_params *p)
{
    return TFK_PADDED_STEP * ((p->output_width - 1) * p->stride_width + 3);
}

/* Bytes of scratch: sums and the copy. */
static inline int32_t tfk_depthwise_conv_2d_padded_s8_scratch_bytes(const tfk_depthwise_conv_2d_bands_params *p)
{
    return 3 + 4 * p->output_width * p->band + tfk_padded_line(p) * ((p->band - 1) * p->stride_height + 3);
}

/* Copies lines of up to four channels.
 * from: int8, the first line's first pixel; x: uint8, its place. */
static inline void tfk_padded_fill(const tfk_depthwise_conv_2d_bands_params *p, const int8_t *from, int32_t count,
                                   int32_t lines, uint8_t *x)
{
    const int32_t seen = (p->output_width - 1) * p->stride_width + 3 - p->pad_left, step = p->input_step;
    const int32_t pixels = p->input_width < seen ? p->input_width : seen, input_line = p->input_width * step;
    const int32_t line = tfk_padded_line(p);
    const int words = ((p->input_channels | step) & 3) == 0 && ((uintptr_t)from & 3u) == 0;
    for (; lines > 0; lines--, from += input_line, x += line) {
        if (words) {
            const int8_t *four = from;
            uint32_t *to = (uint32_t *)(void *)x;
            for (int32_t i = pixels; i > 1; i -= 2, four += 2 * step, to += 2) {
                to[0] = *(const uint32_t *)(const void *)four ^ 0x80808080u;
                to[1] = *(const uint32_t *)(const void *)(four + step) ^ 0x80808080u;
            }
            if ((pixels & 1) != 0) {
                *to = *(const uint32_t *)(const void *)four ^ 0x80808080u;
            }
            continue;
        }
        for (int32_t c = 0; c < count; c++) {
            const int8_t *value = from + c;
            uint8_t *to = x + c;
            for (int32_t i = pixels; i > 0; i--, value += step, to += TFK_PADDED_STEP) {
                *to = (uint8_t)*value ^ 0x80u;
            }
        }
    }
}

/* Three neighbours of a line. */
static inline int32_t tfk_padded_three(const uint8_t *x, int32_t a, int32_t b, int32_t c)
{
    return x[0] * a + x[TFK_PADDED_STEP] * b + x[2 * TFK_PADDED_STEP] * c;
}

/* The upper two lines of all windows of a band: sixteen registers hold six numbers of a filter beside the rest, but not
 * nine. Loops that are known to run have their count at once.
 * x: uint8, of the first window; line, next: bytes to its next line and to the next window; below: bytes from one line
 * of windows to the next; w: int16 [6]; sums: int32 [lines, count]. */
static inline void tfk_padded_upper(const uint8_t *x, int32_t line, int32_t next, int32_t below, const int16_t *w,
                                    int32_t bias, int32_t lines, int32_t count, int32_t *sums)
{
    const int32_t a = w[0], b = w[1], c = w[2], d = w[3], e = w[4], f = w[5];
    for (; lines > 0; lines--, x += below) {
        const uint8_t *upper = x, *middle = x + line;
        int32_t left = count;
/* No load of the second line comes before the first store and takes a register of the filter. */
#define TFK_PADDED_WINDOW(step)                              \
    do {                                                     \
        *sums = bias + tfk_padded_three(upper, a, b, c);     \
        *sums += tfk_padded_three(middle, d, e, f);          \
        upper += (step);                                     \
        middle += (step);                                    \
        sums++;                                              \
    } while (--left > 0)
        if (next == TFK_PADDED_STEP) {
            TFK_PADDED_WINDOW(TFK_PADDED_STEP);
        } else {
            TFK_PADDED_WINDOW(2 * TFK_PADDED_STEP);
        }
#undef TFK_PADDED_WINDOW
    }
}

/* The third line of windows, and their outputs.
 * x: uint8, of that line; w: int16 [3]; y: int8, one each `pixel` bytes. */
static inline void tfk_padded_lowest(const uint8_t *x, int32_t next, int32_t below, const int16_t *w,
                                     const int32_t *row, int32_t form, int32_t lines, int32_t count,
                                     const int32_t *sums, int8_t *y, int32_t pixel)
{
    const int32_t a = w[0], b = w[1], c = w[2];
    const int32_t numbers[TFK_TABLE_ROW] = {0, row[1], row[2], row[3], row[4]};
    for (; lines > 0; lines--, x += below) {
        const uint8_t *lowest = x;
        int32_t left = count;
#define TFK_PADDED_OUTPUT(step, output, row_of_it)                             \
    do {                                                                       \
        *y = output(*sums++ + tfk_padded_three(lowest, a, b, c), (row_of_it)); \
        lowest += (step);                                                      \
        y += pixel;                                                            \
    } while (--left > 0)
        if (form != TFK_TABLE_ROW) {
            TFK_PADDED_OUTPUT(next, tfk_output_signed_s8, row);
        } else if (next == TFK_PADDED_STEP) {
            TFK_PADDED_OUTPUT(TFK_PADDED_STEP, tfk_output_table_s8, numbers);
        } else {
            TFK_PADDED_OUTPUT(2 * TFK_PADDED_STEP, tfk_output_table_s8, numbers);
        }
#undef TFK_PADDED_OUTPUT
    }
}

/* One filter meets a band. x: uint8, the first value of its channel; lines: of the output; y: the first one. */
static inline void tfk_padded_filter(const tfk_depthwise_conv_2d_bands_params *p, const uint8_t *x, const int16_t *w,
                                     const int32_t *row, int32_t lines, int32_t *sums, int8_t *y)
{
    const int32_t line = tfk_padded_line(p), next = TFK_PADDED_STEP * p->stride_width, count = p->output_width;
    const int32_t below = p->stride_height * line, pixel = p->output_step;
    tfk_padded_upper(x, line, next, below, w, row[0], lines, count, sums);
    tfk_padded_lowest(x + 2 * line, next, below, w + 6, row, p->row, lines, count, sums, y, pixel);
}

/* Dilation 1.
 * weights: int16 [output channels, 9], for halfwords are loaded with their sign;
 * rows: int32 [output channels, row], biases minus (128 + input zero point) times the sum of the filter;
 * scratch: uint8 [tfk_depthwise_conv_2d_padded_s8_scratch_bytes], at any address. */
static inline void tfk_depthwise_conv_2d_padded_s8(const tfk_depthwise_conv_2d_bands_params *p, const int8_t *input,
                                                   const int16_t *weights, const int32_t *rows, uint8_t *scratch,
                                                   int8_t *output)
{
    const int32_t channels = p->input_channels, stride = p->stride_height, line = tfk_padded_line(p);
    const int32_t input_line = p->input_width * p->input_step, output_line = p->output_width * p->output_step;
    int32_t *const sums = (int32_t *)(void *)tfk_strip_aligned(scratch);
    uint8_t *const copy = (uint8_t *)(void *)(sums + p->output_width * p->band);
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * input_line) {
        for (int32_t y = 0; y < p->output_height; y += p->band) {
            const int32_t lines = p->output_height - y < p->band ? p->output_height - y : p->band;
            const int32_t seen = (lines - 1) * stride + 3, top = y * stride - p->pad_top, start = top < 0 ? 0 : top;
            const int32_t end = top + seen < p->input_height ? top + seen : p->input_height;
            uint8_t *const place = copy + (start - top) * line + p->pad_left * TFK_PADDED_STEP;
            memset(copy, p->input_zero_point + 128, (size_t)(seen * line));
            for (int32_t c = 0; c < channels; c += 4) {
                const int32_t count = channels - c < 4 ? channels - c : 4;
                tfk_padded_fill(p, input + start * input_line + c, count, end - start, place);
                for (int32_t f = c * p->depth_multiplier; f < (c + count) * p->depth_multiplier; f++) {
                    tfk_padded_filter(p, copy + f / p->depth_multiplier - c, weights + 9 * f, rows + p->row * f, lines,
                                      sums, output + f);
                }
            }
            output += lines * output_line;
        }
    }
}

#endif
