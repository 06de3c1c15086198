/* DEPTHWISE_CONV_2D on int8, 3x3 with stride 1 or 2, by bands of lines: channels outside, pixels inside. CONV_2D of one
 * input channel is the same with as many filters for it.
 *
 * What a band of output lines sees of an input channel is expanded to halfwords in a plane of scratch, with 128 added
 * and the zero point where the image ends. Two lines share the words of a line of the plane, a pair: the upper one
 * stands in the lower halves. A window lies in two pairs, so that two pointers walk along them, and its numbers stay in
 * registers. At stride 2 every line of outputs has its upper line in the lower halves; at stride 1 every second one has.
 *
 * Layouts as in depthwise_conv_2d.h. Order of access: in a band as many input channels at a time as there are planes;
 * all that the band sees of them is read before the first output of theirs is written. */
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
    int32_t row;    /* TFK_OPEN_ROW or TFK_SIGNED_ROW; TFK_TABLE_ROW or that in depthwise_conv_2d_padded.h */
    int32_t planes; /* 1 to 4, no more than there are input channels */
    int32_t input_step, output_step; /* bytes from a pixel to the next: more than its channels where others make the
                                      * rest */
    int32_t band;   /* output lines made at a time, at least 1 */
} tfk_depthwise_conv_2d_bands_params;

/* How one filter walks along a plane. depthwise_conv_2d_bands_mac16.h knows where the fields stand, of which it counts
 * `lines` down; its own place is `start`. */
typedef struct {
    const int16_t *word;    /* the plane's first word */
    int8_t *y;              /* the first output */
    int32_t line;           /* bytes from one line of the output to the next, */
    int32_t lines;          /* of which the band has so many */
    int32_t below;          /* bytes from one line of the plane to the next */
    int32_t turns;          /* outputs of a line; pairs of them at stride 1, */
    int32_t odd;            /* where 1 stands for the one that is left */
    int32_t pixel;          /* bytes from one output to the next */
    const int32_t *weights; /* three words of a filter, see below */
    const int32_t *row;     /* its numbers, TFK_OPEN_ROW or TFK_SIGNED_ROW */
    int32_t start;          /* one word before the first of the line */
} tfk_band;

/* Words of a plane's line. */
static inline int32_t tfk_band_words_of_line(const tfk_depthwise_conv_2d_bands_params *p)
{
    return (p->output_width - 1) * p->stride_width + 3;
}

/* Lines of a plane: pairs of what so many lines of outputs see. */
static inline int32_t tfk_band_pairs(const tfk_depthwise_conv_2d_bands_params *p, int32_t lines)
{
    return ((lines - 1) * p->stride_height + 4) >> 1;
}

/* Bytes of scratch. */
static inline int32_t tfk_depthwise_conv_2d_bands_s8_scratch_bytes(const tfk_depthwise_conv_2d_bands_params *p)
{
    return 3 + 4 * p->planes * tfk_band_words_of_line(p) * tfk_band_pairs(p, p->band);
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

/* One filter in plain C. */
static inline void tfk_band_channel_plain(const tfk_band *b, int32_t stride, int32_t form)
{
    int16_t w[12];
    const int32_t outputs = stride == 1 ? 2 * b->turns + b->odd : b->turns, below = b->below / 2; /* halfwords */
    int8_t *y = b->y;
    tfk_band_filter(b->weights, w);
    for (int32_t line = 0; line < b->lines; line++, y += b->line) {
        for (int32_t i = 0; i < outputs; i++) {
            int32_t sum = tfk_start_of_row(b->row, form);
            for (int32_t k = 0; k < 9; k++) {
                const int32_t seen = line * stride + k % 3;
                sum += b->word[(seen >> 1) * below + 2 * (i * stride + k / 3) + (seen & 1)] * w[k];
            }
            y[i * b->pixel] = tfk_output_row_s8(sum, b->row, form);
        }
    }
}

/* What the planes of a band are filled with. */
typedef struct {
    int32_t begin, end;    /* lines of the input, counted from the first one that the band sees, which the image has */
    int32_t pairs;         /* lines of a plane, */
    int32_t below;         /* and bytes from one to the next */
    int32_t plane;         /* bytes from one plane to the next */
    int32_t left, pixels;  /* columns left of the image, and those that the image has, */
    int32_t columns;       /* of so many */
    int32_t planes;        /* to be filled */
    int32_t step;          /* bytes from a pixel of the input to the next, */
    int32_t input_line;    /* and from one line to the next */
    int32_t words;         /* turns in which words hold four values of a line: pixels, or a quarter of them where there
                            * is one channel; 0: bytes are taken one by one. Then, */
    int32_t taken, across, /* bytes from one word to the next, from one of its values to the next in the plane, */
        next;              /* and from those of one word to those of the next; */
    int32_t rest;          /* pixels of a line behind the last word */
} tfk_band_fills;

#if defined(TINYFACE_MAC16)
#include "depthwise_conv_2d_bands_mac16.h"
#else
/* One filter. stride: 1 or 2. */
static inline void tfk_band_channel(tfk_band *b, int32_t stride, int32_t form)
{
    tfk_band_channel_plain(b, stride, form);
}

/* A pair of lines by words. from: int8, the upper line's first pixel, at a multiple of 4; x: its place. */
static TFK_APART void tfk_band_words(const tfk_band_fills *q, const int8_t *from, uint8_t *x)
{
    const int8_t *below = from + q->input_line;
    for (int32_t i = q->words; i > 0; i--, from += q->taken, below += q->taken, x += q->next) {
        const uint32_t upper = *(const uint32_t *)(const void *)from ^ 0x80808080u;
        const uint32_t lower = *(const uint32_t *)(const void *)below ^ 0x80808080u;
        uint8_t *to = x;
        for (int32_t shift = 0; shift < 32; shift += 8, to += q->across) {
            *(uint32_t *)(void *)to = (upper >> shift & 0xffu) | (lower >> shift & 0xffu) << 16;
        }
    }
}
#endif

/* A line of each channel at any address, or so many pixels of it. x: uint8, the first pixel's half. */
static TFK_APART void tfk_band_bytes(const tfk_band_fills *q, const int8_t *from, uint8_t *x, int32_t pixels)
{
    const int32_t step = q->step;
    for (int32_t c = q->planes; c > 0; c--, from++, x += q->plane) {
        const int8_t *value = from;
        int16_t *to = (int16_t *)(void *)x;
        for (int32_t i = pixels; i > 0; i--, value += step, to += 2) {
            *to = (int16_t)((uint8_t)*value ^ 0x80u);
        }
    }
}

/* So many words of the zero point. */
static TFK_APART void tfk_band_clear(uint8_t *x, int32_t words, int32_t zero_point)
{
    const uint32_t word = (uint32_t)(zero_point + 128) * 0x00010001u;
    uint32_t *to = (uint32_t *)(void *)x;
    for (; words > 0; words--) {
        *to++ = word;
    }
}

/* What lies outside the image, in all planes. x: uint8, the first plane. */
static TFK_APART void tfk_band_outside(const tfk_band_fills *q, uint8_t *x, int32_t planes, int32_t zero_point)
{
    const int32_t right = q->left + q->pixels, rest = q->columns - right;
    for (; planes > 0; planes--) {
        for (int32_t line = 0; line < 2 * q->pairs; line += 2, x += q->below) {
            if (line < q->begin || line + 1 >= q->end) {
                tfk_band_clear(x, q->columns, zero_point);
            } else {
                tfk_band_clear(x, q->left, zero_point);
                tfk_band_clear(x + 4 * right, rest, zero_point);
            }
        }
    }
}

/* All planes of a band, but for what lies outside the image.
 * from: int8, the first channel in the first line that the band sees, be it in the image or not, at the first pixel;
 * x: uint8, that pixel's column in the first plane. */
static TFK_APART void tfk_band_fill(const tfk_band_fills *q, const int8_t *from, uint8_t *x)
{
    for (int32_t line = 0; line < 2 * q->pairs; line += 2, from += 2 * q->input_line, x += q->below) {
        const int upper = line >= q->begin && line < q->end, lower = line + 1 >= q->begin && line + 1 < q->end;
        if (q->words != 0 && upper && lower) {
            const int32_t place = q->pixels - q->rest;
            tfk_band_words(q, from, x);
            if (q->rest != 0) {
                tfk_band_bytes(q, from + place, x + 4 * place, q->rest);
                tfk_band_bytes(q, from + place + q->input_line, x + 4 * place + 2, q->rest);
            }
            continue;
        }
        if (upper) {
            tfk_band_bytes(q, from, x, q->pixels);
        }
        if (lower) {
            tfk_band_bytes(q, from + q->input_line, x + 2, q->pixels);
        }
    }
}

/* By words, where all channels of a turn stand in one, or four pixels of the only channel.
 * from: int8, the first pixel of the first line that the image has. */
static inline void tfk_band_by_words(tfk_band_fills *q, const int8_t *from)
{
    const uintptr_t places = (uintptr_t)from | (uintptr_t)q->input_line;
    q->words = q->rest = 0;
    if (((places | (uintptr_t)q->step) & 3u) == 0 && q->planes == 4) {
        q->words = q->pixels;
        q->taken = q->step;
        q->across = q->plane;
        q->next = 4;
    } else if ((places & 3u) == 0 && q->planes == 1 && q->step == 1) {
        q->words = q->pixels >> 2;
        q->rest = q->pixels & 3;
        q->taken = 4;
        q->across = 4;
        q->next = 16;
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
    const int32_t pixel = p->output_step, width = p->output_width * pixel, stride = p->stride_width;
    const int32_t step = p->input_step, input_line = p->input_width * step, columns = tfk_band_words_of_line(p);
    const int32_t seen = columns - p->pad_left, pixels = p->input_width < seen ? p->input_width : seen;
    const int32_t turns = stride == 1 ? p->output_width >> 1 : p->output_width, below = 4 * columns;
    uint8_t *const planes = (uint8_t *)tfk_strip_aligned(scratch);
    for (int32_t b = 0; b < p->batches; b++, input += p->input_height * input_line) {
        for (int32_t y = 0; y < p->output_height; y += p->band) {
            const int32_t lines = p->output_height - y < p->band ? p->output_height - y : p->band;
            const int32_t top = y * stride - p->pad_top, pairs = tfk_band_pairs(p, lines), plane = pairs * below;
            tfk_band_fills fill = {-top, p->input_height - top, pairs, below, plane, p->pad_left, pixels, columns,
                                   0, step, input_line, 0, 0, 0, 0, 0};
            tfk_band walk = {NULL, NULL, width, 0, below, turns, p->output_width & 1, pixel, NULL, NULL, 0};
            tfk_band_outside(&fill, planes, p->planes, p->input_zero_point);
            for (int32_t c = 0; c < p->input_channels; c += p->planes) {
                const int8_t *const from = input + top * input_line + c;
                fill.planes = p->input_channels - c < p->planes ? p->input_channels - c : p->planes;
                tfk_band_by_words(&fill, from);
                tfk_band_fill(&fill, from, planes + 4 * p->pad_left);
                walk.word = (const int16_t *)(const void *)planes;
                for (int32_t i = 0; i < fill.planes; i++, walk.word += plane / 2) {
                    for (int32_t f = 0; f < p->depth_multiplier; f++) {
                        const int32_t channel = (c + i) * p->depth_multiplier + f;
                        walk.y = output + channel;
                        walk.lines = lines;
                        walk.weights = weights + 3 * channel;
                        walk.row = rows + p->row * channel;
                        tfk_band_channel(&walk, stride, p->row);
                    }
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
