/* DEPTHWISE_CONV_2D on int8, 5x5 with stride 1 or 2: channels outside, pixels inside. CONV_2D of one input channel is the
 * same with as many filters for it.
 *
 * Two lines of one channel lie in one word: the upper one in its lower half, with 128 added, and the zero point where the
 * image ends. The words of three such pairs of lines stand side by side, column by column, so that a window is fifteen
 * words in a row and one pointer walks over it. Six lines of words, a strip, make two lines of outputs at stride 1, of
 * which the second one leaves out each first half, and one line at stride 2. Strips of a band follow each other, one
 * after the other for each channel, which is a plane; what two strips share is copied from the first to the second.
 *
 * Layouts as in depthwise_conv_2d.h. Order of access: in a band of output lines as many input channels at a time as
 * there are planes; all that the band sees of them is read before the first output of theirs is written. */
#ifndef TFK_DEPTHWISE_CONV_2D_5X5_H
#define TFK_DEPTHWISE_CONV_2D_5X5_H

#include <stdint.h>

#include "strip_products.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, input_channels;
    int32_t output_height, output_width, output_channels;
    int32_t kernel_height, kernel_width;     /* 5 */
    int32_t stride_height, stride_width;     /* both 1 or both 2 */
    int32_t dilation_height, dilation_width; /* 1 */
    int32_t pad_top, pad_left;               /* zeros above and to the left; the other sides follow */
    int32_t input_zero_point;                /* -128 .. 127 */
    int32_t output_zero_point, activation_min, activation_max; /* in the rows, too */
    int32_t depth_multiplier;
    int32_t row;    /* TFK_OPEN_ROW or TFK_SIGNED_ROW */
    int32_t planes; /* 1 to 4, no more than there are input channels */
    int32_t input_step, output_step; /* bytes from a pixel to the next: more than its channels where others make the
                                      * rest */
    int32_t band;   /* output lines made at a time, at least 1; even at stride 1 where there are several bands */
} tfk_depthwise_conv_2d_5x5_params;

/* Groups of four weights; halfwords of a filter as tfk_expand_filter leaves it. */
enum { TFK_5X5_GROUPS = 7, TFK_5X5_FILTER = 4 * TFK_5X5_GROUPS + 2 };

/* Bytes from one column of a strip to the next. */
enum { TFK_5X5_COLUMN = 12 };

/* How one filter walks along a plane; it is used up. depthwise_conv_2d_5x5_mac16.h knows where the fields stand. */
typedef struct {
    const uint8_t *x;   /* the first strip */
    int8_t *y;          /* the first output */
    int32_t line;       /* bytes from one line of the output to the next */
    int32_t strips;     /* of the band, */
    int32_t strip;      /* and bytes from one to the next */
    int32_t width;      /* outputs of a line */
    int32_t pixel;      /* bytes from one output to the next */
    const int16_t *w;   /* the filter as halfwords, for MAC16 */
    const int32_t *row; /* its numbers, TFK_OPEN_ROW or TFK_SIGNED_ROW */
    int32_t single;     /* at stride 1: 1 where the last strip has one line of outputs */
} tfk_5x5_walk;

/* Output lines of a strip. */
static inline int32_t tfk_5x5_lines(const tfk_depthwise_conv_2d_5x5_params *p)
{
    return p->stride_height == 1 ? 2 : 1;
}

/* Bytes of a strip. */
static inline int32_t tfk_5x5_strip_bytes(const tfk_depthwise_conv_2d_5x5_params *p)
{
    return TFK_5X5_COLUMN * ((p->output_width - 1) * p->stride_width + 5);
}

/* Bytes of scratch: a filter and the planes. */
static inline int32_t tfk_depthwise_conv_2d_5x5_s8_scratch_bytes(const tfk_depthwise_conv_2d_5x5_params *p)
{
    const int32_t lines = tfk_5x5_lines(p), strips = (p->band + lines - 1) / lines;
    return 3 + 2 * TFK_5X5_FILTER + p->planes * strips * tfk_5x5_strip_bytes(p);
}

/* A filter's words as numbers. */
static inline void tfk_5x5_numbers(const int32_t *packed, int32_t *w)
{
    for (int32_t i = 0; i < TFK_5X5_GROUPS; i++, w += 4) {
        const uint32_t word = (uint32_t)packed[i], mask = 0x00ff00ffu, bias = 0x007f007fu;
        const uint32_t first = (word & mask) - bias, second = ((word >> 8) & mask) - bias;
        w[0] = (int16_t)(first & 0xffffu);
        w[1] = (int16_t)(first >> 16);
        w[2] = (int16_t)(second & 0xffffu);
        w[3] = (int16_t)(second >> 16);
    }
}

/* Where a weight stands in a filter: those that stay in registers behind the others. k: 0 .. 24, column by column. */
static inline int32_t tfk_5x5_place(int32_t k)
{
    const int32_t column = k / 5, line = k % 5;
    if (column < 4) {
        return line == 0 ? 20 + column : 4 * column + line - 1;
    }
    return line == 0 ? 16 : line == 1 ? 24 : 15 + line;
}

/* One filter in plain C: of each halfword of a plane the byte that is not zero. */
static inline void tfk_5x5_channel_plain(const tfk_5x5_walk *b, const int32_t *packed, int32_t stride, int32_t form)
{
    int32_t w[4 * TFK_5X5_GROUPS];
    const uint8_t *strip = b->x;
    int8_t *y = b->y;
    tfk_5x5_numbers(packed, w);
    for (int32_t s = b->strips; s > 0; s--, strip += b->strip) {
        const int32_t lines = stride == 2 || (s == 1 && b->single != 0) ? 1 : 2;
        for (int32_t line = 0; line < lines; line++, y += b->line) {
            const uint8_t *x = strip + 2 * line;
            for (int32_t i = 0; i < b->width; i++, x += TFK_5X5_COLUMN * stride) {
                int32_t sum = tfk_start_of_row(b->row, form);
                for (int32_t k = 0; k < 25; k++) {
                    sum += x[k / 5 * TFK_5X5_COLUMN + 2 * (k % 5)] * w[tfk_5x5_place(k)];
                }
                y[i * b->pixel] = tfk_output_row_s8(sum, b->row, form);
            }
        }
    }
}

#if defined(TINYFACE_MAC16)
#include "depthwise_conv_2d_5x5_mac16.h"
#else
/* One filter. packed: int32 [7]; filter: int16 [TFK_5X5_FILTER], of scratch; stride: 1 or 2. */
static inline void tfk_5x5_channel(tfk_5x5_walk *b, const int32_t *packed, int16_t *filter, int32_t stride,
                                   int32_t form)
{
    b->w = filter;
    tfk_5x5_channel_plain(b, packed, stride, form);
}
#endif

/* What the planes of a band are filled with. */
typedef struct {
    int32_t pixels;     /* of a line of the input that the band sees */
    int32_t step;       /* bytes from one of them to the next, */
    int32_t input_line; /* and from one line to the next */
    int32_t strip;      /* bytes from one strip of a plane to the next, */
    int32_t plane;      /* and from one plane to the next */
    int32_t strips;
    int32_t begin, end; /* lines of the input, counted from the first one that the band sees, which the image has */
    int32_t planes;     /* to be filled */
    int32_t words;      /* 1: four channels of a word to four planes */
} tfk_5x5_fill;

/* A pair of lines of four channels. from: int8, the upper line's first pixel, at a multiple of 4; x: its place. */
#if defined(TINYFACE_MAC16)
static inline void tfk_5x5_words(const tfk_5x5_fill *q, const int8_t *from, uint8_t *x)
{
    tfk_5x5_pairs(from, from + q->input_line, q->pixels, q->step, x, q->plane);
}
#else
static TFK_APART void tfk_5x5_words(const tfk_5x5_fill *q, const int8_t *from, uint8_t *x)
{
    const int32_t step = q->step;
    const int8_t *below = from + q->input_line;
    uint8_t *a = x, *b = a + q->plane, *c = b + q->plane, *d = c + q->plane;
    for (int32_t i = q->pixels; i > 0; i--) {
        const uint32_t upper = *(const uint32_t *)(const void *)from ^ 0x80808080u;
        const uint32_t lower = *(const uint32_t *)(const void *)below ^ 0x80808080u;
        from += step;
        below += step;
        a[0] = (uint8_t)upper;
        b[0] = (uint8_t)(upper >> 8);
        c[0] = (uint8_t)(upper >> 16);
        d[0] = (uint8_t)(upper >> 24);
        a[2] = (uint8_t)lower;
        b[2] = (uint8_t)(lower >> 8);
        c[2] = (uint8_t)(lower >> 16);
        d[2] = (uint8_t)(lower >> 24);
        a += TFK_5X5_COLUMN;
        b += TFK_5X5_COLUMN;
        c += TFK_5X5_COLUMN;
        d += TFK_5X5_COLUMN;
    }
}
#endif

/* A line of as many channels as there are planes, at any address. */
static TFK_APART void tfk_5x5_bytes(const tfk_5x5_fill *q, const int8_t *from, uint8_t *x)
{
    const int32_t step = q->step;
    for (int32_t c = q->planes; c > 0; c--, from++, x += q->plane) {
        const int8_t *value = from;
        uint8_t *to = x;
        for (int32_t i = q->pixels; i > 0; i--, value += step, to += TFK_5X5_COLUMN) {
            *to = (uint8_t)*value ^ 0x80u;
        }
    }
}

/* Two pairs of lines of the strip before. x: uint8, the first column of the strip that is filled. */
static TFK_APART void tfk_5x5_copy(const tfk_5x5_fill *q, uint8_t *x)
{
    for (int32_t c = q->planes; c > 0; c--, x += q->plane) {
        uint32_t *to = (uint32_t *)(void *)x;
        const uint32_t *from = (const uint32_t *)(const void *)(x - q->strip);
        for (int32_t i = q->pixels >> 1; i > 0; i--, to += 6, from += 6) {
            const uint32_t first = from[1], second = from[2], third = from[4], fourth = from[5];
            to[0] = first;
            to[1] = second;
            to[3] = third;
            to[4] = fourth;
        }
        if ((q->pixels & 1) != 0) {
            const uint32_t first = from[1], second = from[2];
            to[0] = first;
            to[1] = second;
        }
    }
}

/* All strips of a band, but for what lies outside the image.
 * from: int8, the first channel in the first line that the band sees, be it in the image or not, at the first pixel;
 * x: uint8, that pixel's column in the first plane. */
static TFK_APART void tfk_5x5_planes(const tfk_5x5_fill *q, const int8_t *from, uint8_t *x)
{
    for (int32_t s = 0; s < q->strips; s++, x += q->strip) {
        if (s > 0) {
            tfk_5x5_copy(q, x);
        }
        for (int32_t pair = s > 0 ? 2 : 0; pair < 3; pair++) {
            const int32_t line = 2 * (s + pair);
            const int8_t *const lines = from + line * q->input_line;
            uint8_t *const to = x + 4 * pair;
            if (q->words != 0 && line >= q->begin && line + 1 < q->end) {
                tfk_5x5_words(q, lines, to);
                continue;
            }
            if (line >= q->begin && line < q->end) {
                tfk_5x5_bytes(q, lines, to);
            }
            if (line + 1 >= q->begin && line + 1 < q->end) {
                tfk_5x5_bytes(q, lines + q->input_line, to + 2);
            }
        }
    }
}

/* So many bytes of words of the zero point. */
static TFK_APART void tfk_5x5_clear(uint8_t *x, int32_t bytes, int32_t zero_point)
{
    const uint32_t word = (uint32_t)(zero_point + 128) * 0x00010001u;
    uint32_t *to = (uint32_t *)(void *)x;
    for (; bytes > 0; bytes -= TFK_5X5_COLUMN, to += 3) {
        to[0] = to[1] = to[2] = word;
    }
}

/* Dilation 1.
 * weights: int32 [output channels, 7]: the 25 of a channel, each in its place (see tfk_5x5_place), then three zeros, as
 * halfwords in their own order (codegen/numerics/halfword_filters.py);
 * rows: int32 [output channels, row], biases minus (128 + input zero point) times the sum of the filter;
 * scratch: uint8 [tfk_depthwise_conv_2d_5x5_s8_scratch_bytes], at any address. */
static inline void tfk_depthwise_conv_2d_5x5_s8(const tfk_depthwise_conv_2d_5x5_params *p, const int8_t *input,
                                                const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                                int8_t *output)
{
    const int32_t pixel = p->output_step, width = p->output_width * pixel, stride = p->stride_width;
    const int32_t step = p->input_step, input_line = p->input_width * step, lines_a_strip = tfk_5x5_lines(p);
    const int32_t strip = tfk_5x5_strip_bytes(p), seen = (p->output_width - 1) * stride + 5 - p->pad_left;
    const int32_t pixels = p->input_width < seen ? p->input_width : seen;
    int16_t *const filter = tfk_strip_aligned(scratch);
    uint8_t *const planes = (uint8_t *)(filter + TFK_5X5_FILTER);
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * input_line) {
        for (int32_t y = 0; y < p->output_height; y += p->band) {
            const int32_t lines = p->output_height - y < p->band ? p->output_height - y : p->band;
            const int32_t strips = (lines + lines_a_strip - 1) / lines_a_strip, plane = strips * strip;
            const int32_t top = y * stride - p->pad_top;
            tfk_5x5_fill fill = {pixels, step, input_line, strip, plane, strips, -top, p->input_height - top, 0, 0};
            tfk_5x5_walk walk = {NULL, NULL, width, strips, strip, p->output_width, pixel, NULL, NULL, lines & 1};
            tfk_5x5_clear(planes, p->planes * plane, p->input_zero_point);
            for (int32_t c = 0; c < p->input_channels; c += p->planes) {
                const int8_t *const from = input + top * input_line + c;
                const int32_t count = p->input_channels - c < p->planes ? p->input_channels - c : p->planes;
                fill.planes = count;
                fill.words = count == 4 && ((uintptr_t)from & 3u) == 0 && ((step | input_line) & 3) == 0;
                tfk_5x5_planes(&fill, from, planes + TFK_5X5_COLUMN * p->pad_left);
                for (int32_t i = 0; i < count * p->depth_multiplier; i++) {
                    const int32_t channel = c * p->depth_multiplier + i;
                    walk.x = planes + i / p->depth_multiplier * plane;
                    walk.y = output + channel;
                    walk.row = rows + p->row * channel;
                    walk.strips = strips;
                    tfk_5x5_channel(&walk, weights + TFK_5X5_GROUPS * channel, filter, stride, p->row);
                }
            }
            output += lines * width;
        }
    }
}

/* The same with few bytes of scratch: a kernel of its own for the planner. Arguments as above. */
static inline void tfk_depthwise_conv_2d_thin_5x5_s8(const tfk_depthwise_conv_2d_5x5_params *p, const int8_t *input,
                                                     const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                                     int8_t *output)
{
    tfk_depthwise_conv_2d_5x5_s8(p, input, weights, rows, scratch, output);
}

#endif
