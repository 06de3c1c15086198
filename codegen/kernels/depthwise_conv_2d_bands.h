/* DEPTHWISE_CONV_2D on int8, 3x3 with stride 1 or 2, by bands of lines: channels outside, pixels inside. CONV_2D of one
 * input channel is the same with as many filters for it.
 *
 * What a band of output lines sees of four input channels is expanded to halfwords in scratch, with 128 added and the
 * zero point where the image ends. Two masks split the word of a pixel, so channels 0 and 2 share the words of one
 * plane, 1 and 3 those of another: the first in the lower halves, the second in the upper ones. Each filter then walks
 * along the lines of a plane, and its numbers stay in registers.
 *
 * A line of the first plane is followed by that of the other one, then by the next line. With stride 2 the third word
 * of an output is the first one of the next, and lies there twice; one unused word stands at either end of a line.
 *
 * Layouts as in depthwise_conv_2d.h. Order of access: in a band four input channels after the other, or two where there
 * is one plane; all that the band sees of them is read before the first output of theirs is written. */
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
    int32_t row;    /* TFK_TABLE_ROW or TFK_SIGNED_ROW */
    int32_t planes; /* 1 or 2; 1 where there is one input channel */
    int32_t input_step, output_step; /* bytes from a pixel to the next: more than its channels where others make the
                                      * rest */
    int32_t band;   /* output lines made at a time, at least 1 */
} tfk_depthwise_conv_2d_bands_params;

/* How one filter walks along a plane. depthwise_conv_2d_bands_mac16.h knows where the fields stand. */
typedef struct {
    const int16_t *word;    /* the plane's first word that an output needs */
    int8_t *y;              /* the first output */
    int32_t line;           /* bytes from one line of the output to the next, */
    int32_t lines;          /* of which the band has so many */
    int32_t below;          /* bytes from one line of the plane to the next */
    int32_t turns;          /* outputs of a line; pairs of them at stride 1, */
    int32_t odd;            /* where 1 stands for the one that is left */
    int32_t pixel;          /* bytes from one output to the next */
    const int32_t *weights; /* three words of a filter, see below */
    const int32_t *row;     /* its numbers, TFK_TABLE_ROW or TFK_SIGNED_ROW */
    int32_t own[5];         /* the walk's */
} tfk_band;

/* Words of one plane's line. */
static inline int32_t tfk_band_words_of_line(const tfk_depthwise_conv_2d_bands_params *p)
{
    return p->stride_width == 1 ? p->output_width + 2 : 3 * p->output_width + 2;
}

/* Bytes of scratch. */
static inline int32_t tfk_depthwise_conv_2d_bands_s8_scratch_bytes(const tfk_depthwise_conv_2d_bands_params *p)
{
    const int32_t lines = (p->band - 1) * p->stride_height + 3;
    return 3 + 4 * p->planes * tfk_band_words_of_line(p) * lines;
}

/* A filter's three words as twelve values: what tfk_expand_filter makes in scratch, whose bytes have no type of their
 * own. */
static inline void tfk_band_filter(const int32_t *packed, int16_t *w)
{
    for (int32_t i = 0; i < 12; i += 4, packed++) {
        const uint32_t word = (uint32_t)*packed, mask = 0x00ff00ffu, bias = 0x007f007fu;
        const uint32_t first = (word & mask) - bias, second = ((word >> 8) & mask) - bias;
        w[i] = (int16_t)(first & 0xffffu);
        w[i + 1] = (int16_t)(first >> 16);
        w[i + 2] = (int16_t)(second & 0xffffu);
        w[i + 3] = (int16_t)(second >> 16);
    }
}

/* One filter in plain C. upper: 1 where its channel stands in the upper halves. */
static inline void tfk_band_channel_plain(const tfk_band *b, int32_t stride, int32_t upper, int32_t form)
{
    int16_t w[12];
    const int32_t outputs = stride == 1 ? 2 * b->turns + b->odd : b->turns;
    const int32_t step = stride == 1 ? 2 : 6, below = b->below / 2; /* halfwords */
    int8_t *y = b->y;
    tfk_band_filter(b->weights, w);
    for (int32_t line = 0; line < b->lines; line++, y += b->line) {
        const int16_t *x = b->word + line * stride * below + upper;
        for (int32_t i = 0; i < outputs; i++, x += step) {
            int32_t sum = b->row[0];
            for (int32_t k = 0; k < 9; k++) {
                sum += x[k % 3 * below + 2 * (k / 3)] * w[k];
            }
            y[i * b->pixel] =
                form == TFK_TABLE_ROW ? tfk_output_table_s8(sum, b->row) : tfk_output_signed_s8(sum, b->row);
        }
    }
}

/* Pixels of a band that are expanded in one way: all of its lines; with stride 2 first every second one of a line, whose
 * words stand twice, then the others. */
typedef struct {
    int32_t from;  /* bytes to the first one in a line of the input */
    int32_t word;  /* and words to its place in a line of the plane */
    int32_t lines;
    int32_t pixels;
    int32_t step;  /* bytes from one pixel to the next */
    int32_t next;  /* and words */
    int32_t twice; /* 1 where each word also stands behind itself, else 0 */
    int32_t input_line;
    int32_t below; /* words from one line of the planes to the next */
    int32_t other; /* words from the first plane to the second one */
} tfk_band_pixels;

#if defined(TINYFACE_MAC16)
#include "depthwise_conv_2d_bands_mac16.h"
#else
/* Filters that belong to one channel, one after the other: see above. b: the first one's; it is used up.
 * word, lines: what each starts with. */
static inline void tfk_band_filters(tfk_band *b, const int16_t *word, int32_t lines, int32_t count, int32_t stride,
                                    int32_t upper, int32_t form)
{
    b->word = word;
    b->lines = lines;
    for (; count > 0; count--, b->y++, b->weights += 3, b->row += form) {
        tfk_band_channel_plain(b, stride, upper, form);
    }
}

/* Four channels to both planes. from: int8, at a multiple of 4, the first line's; x: its place. */
static TFK_APART void tfk_band_words(const tfk_band_pixels *q, const int8_t *from, uint32_t *x)
{
    const tfk_band_pixels g = *q;
    for (int32_t line = g.lines; line > 0; line--, from += g.input_line, x += g.below) {
        for (int32_t i = 0; i < g.pixels; i++) {
            const uint32_t word = *(const uint32_t *)(const void *)(from + i * g.step) ^ 0x80808080u;
            uint32_t *const to = x + i * g.next;
            to[0] = to[g.twice] = word & 0x00ff00ffu;
            to[g.other] = to[g.other + g.twice] = (word >> 8) & 0x00ff00ffu;
        }
    }
}
#endif

/* So many words of the zero point. */
static TFK_APART void tfk_band_clear(uint32_t *x, int32_t words, int32_t zero_point)
{
    const uint32_t word = (uint32_t)(zero_point + 128) * 0x00010001u;
    for (; words > 3; words -= 4, x += 4) {
        x[0] = x[1] = x[2] = x[3] = word;
    }
    for (; words > 0; words--) {
        *x++ = word;
    }
}

/* Two channels to one plane; shift: 0 or 8. Arguments as above. */
static inline void tfk_band_half_words(const tfk_band_pixels *q, const int8_t *from, uint32_t *x, int32_t shift)
{
    const tfk_band_pixels g = *q;
    for (int32_t line = g.lines; line > 0; line--, from += g.input_line, x += g.below) {
        const int8_t *pixel = from;
        uint32_t *to = x;
        for (int32_t i = g.pixels; i > 0; i--, pixel += g.step, to += g.next) {
            to[0] = to[g.twice] = (*(const uint32_t *)(const void *)pixel >> shift & 0x00ff00ffu) ^ 0x00800080u;
        }
    }
}

/* The same at any address; upper: bytes to the channel of the upper halves. */
static inline void tfk_band_bytes(const tfk_band_pixels *q, const int8_t *from, uint32_t *x, int32_t upper)
{
    const tfk_band_pixels g = *q;
    for (int32_t line = g.lines; line > 0; line--, from += g.input_line, x += g.below) {
        const int8_t *pixel = from;
        uint32_t *to = x;
        for (int32_t i = g.pixels; i > 0; i--, pixel += g.step, to += g.next) {
            to[0] = to[g.twice] = ((uint8_t)pixel[0] | (uint32_t)(uint8_t)pixel[upper] << 16) ^ 0x00800080u;
        }
    }
}

/* One channel at stride 2, four pixels of a word: the even ones stand twice. Lines begin at multiples of 4 bytes and of
 * two pixels, and have a multiple of 4. */
static inline void tfk_band_fours(const tfk_band_pixels *q, const int8_t *from, uint32_t *x)
{
    const tfk_band_pixels g = *q;
    for (int32_t line = g.lines; line > 0; line--, from += g.input_line, x += g.below) {
        const uint32_t *word = (const uint32_t *)(const void *)from;
        uint32_t *to = x;
        for (int32_t i = g.pixels >> 1; i > 0; i--, to += 6) {
            const uint32_t four = *word++ ^ 0x80808080u;
            to[0] = to[1] = four & 0xffu;
            to[2] = four >> 8 & 0xffu;
            to[3] = to[4] = four >> 16 & 0xffu;
            to[5] = four >> 24;
        }
    }
}

/* tfk_band_fill where there are other than four channels, one plane, or any address. */
static TFK_APART void tfk_band_fill_otherwise(const tfk_depthwise_conv_2d_bands_params *p, const tfk_band_pixels *q,
                                              const int8_t *from, int32_t count, int32_t first, uint32_t *x)
{
    const int aligned = ((uintptr_t)from & 3u) == 0;
    if (aligned && p->input_step == 1 && p->stride_width == 2 && ((p->input_width | q->pixels << 1) & 3) == 0 &&
        (p->pad_left & 1) == 0) {
        tfk_band_fours(q, from, x + q->word);
        return;
    }
    for (int32_t i = p->stride_width; i > 0; i--, q++) {
        const int8_t *const pixel = from + q->from;
        uint32_t *const to = x + q->word;
        if (aligned && ((p->input_channels | p->input_step) & 3) == 0) {
            tfk_band_half_words(q, pixel, to, 8 * first);
        } else {
            for (int32_t c = first; c < first + p->planes && c < count; c++) {
                tfk_band_bytes(q, pixel + c, to + (c - first) * q->other, c + 2 < count ? 2 : 0);
            }
        }
    }
}

/* All lines of up to four channels to the planes, whose rest keeps the zero point.
 * q: what is to be filled; from: int8, the first channel's first value; first: 0, or 1 for the second plane alone; x:
 * the first line's place. */
static inline void tfk_band_fill(const tfk_depthwise_conv_2d_bands_params *p, const tfk_band_pixels *q,
                                 const int8_t *from, int32_t count, int32_t first, uint32_t *x)
{
    if (((p->input_channels | p->input_step) & 3) != 0 || p->planes == 1 || ((uintptr_t)from & 3u) != 0) {
        tfk_band_fill_otherwise(p, q, from, count, first, x);
        return;
    }
    for (int32_t i = 0; i < p->stride_width; i++) {
        tfk_band_words(q + i, from + q[i].from, x + q[i].word);
    }
}

/* Which pixels of so many lines are expanded in which way. */
static inline void tfk_band_ways(const tfk_depthwise_conv_2d_bands_params *p, int32_t lines, tfk_band_pixels *q)
{
    const int32_t step = p->input_step, seen = (p->output_width - 1) * p->stride_width + 3 - p->pad_left;
    const int32_t pixels = p->input_width < seen ? p->input_width : seen, other = tfk_band_words_of_line(p);
    const int32_t odd = p->pad_left & 1; /* 1: the first pixel is one of the others */
    const tfk_band_pixels all = {0, p->pad_left, lines, pixels, step, 1, 0, p->input_width * step,
                                 p->planes * other, other};
    q[0] = all;
    if (p->stride_width == 2) {
        q[0].from = odd * step;
        q[0].word = 3 * ((p->pad_left + 1) >> 1);
        q[0].pixels = (pixels + 1 - odd) >> 1;
        q[0].step = 2 * step;
        q[0].next = 3;
        q[0].twice = 1;
        q[1] = q[0];
        q[1].from = (1 - odd) * step;
        q[1].word = 3 * (p->pad_left >> 1) + 2;
        q[1].pixels = (pixels + odd) >> 1;
        q[1].twice = 0;
    }
}

/* The outputs of up to four input channels in a band.
 * b: what all filters share; c: the first channel; first: of the planes; word: of the first one; y: the band's first
 * output. */
static TFK_APART void tfk_band_channels(const tfk_depthwise_conv_2d_bands_params *p, tfk_band *b, const int32_t *weights,
                                     const int32_t *rows, int32_t c, int32_t first, int32_t lines,
                                     const int16_t *word, int8_t *y)
{
    const int32_t stride = p->stride_width, form = p->row, other = 2 * tfk_band_words_of_line(p); /* halfwords */
    for (int32_t i = 0; i < 2 * p->planes; i++) {
        const int32_t plane = i >> 1, upper = i & 1, channel = c + first + plane + 2 * upper;
        if (channel < p->input_channels) {
            const int32_t filter = channel * p->depth_multiplier;
            b->y = y + filter;
            b->weights = weights + 3 * filter;
            b->row = rows + form * filter;
            tfk_band_filters(b, word + plane * other, lines, p->depth_multiplier, stride, upper, form);
        }
    }
}

/* Dilation 1.
 * weights: int32 [output channels, 3]: the nine of a channel, column by column, then three zeros, as halfwords in their
 * own order (codegen/numerics/halfword_filters.py);
 * rows: int32 [output channels, row], biases minus (128 + input zero point) times the sum of the filter;
 * scratch: uint8 [tfk_depthwise_conv_2d_bands_s8_scratch_bytes], at any address. */
static inline void tfk_depthwise_conv_2d_bands_s8(const tfk_depthwise_conv_2d_bands_params *p, const int8_t *input,
                                                  const int32_t *weights, const int32_t *rows, uint8_t *scratch,
                                                  int8_t *output)
{
    const int32_t channels = p->input_channels, pixel = p->output_step, width = p->output_width * pixel;
    const int32_t below = p->planes * tfk_band_words_of_line(p), stride = p->stride_width;
    const int32_t input_line = p->input_width * p->input_step;
    const int32_t turns = stride == 1 ? p->output_width >> 1 : p->output_width;
    uint32_t *const planes = (uint32_t *)(void *)tfk_strip_aligned(scratch);
    const int16_t *const word = (const int16_t *)(const void *)(planes + (stride == 2));
    tfk_band band = {NULL, NULL, width, 0, 4 * below, turns, p->output_width & 1, pixel, NULL, NULL, {0}};
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * input_line) {
        for (int32_t y = 0; y < p->output_height; y += p->band) {
            const int32_t lines = p->output_height - y < p->band ? p->output_height - y : p->band;
            const int32_t seen = (lines - 1) * stride + 3, top = y * stride - p->pad_top, start = top < 0 ? 0 : top;
            const int32_t end = top + seen < p->input_height ? top + seen : p->input_height;
            const int8_t *const from = input + start * input_line;
            tfk_band_pixels ways[2];
            tfk_band_ways(p, end - start, ways);
            tfk_band_clear(planes, below * seen, p->input_zero_point);
            for (int32_t c = 0; c < channels; c += 4) {
                const int32_t count = channels - c < 4 ? channels - c : 4;
                for (int32_t first = 0; first < 2 && first < count; first += p->planes) {
                    tfk_band_fill(p, ways, from + c, count, first, planes + (start - top) * below);
                    tfk_band_channels(p, &band, weights, rows, c, first, lines, word, output);
                }
            }
            output += lines * width;
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
