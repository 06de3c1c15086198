/* MAX_POOL_2D on int8 [batches, height, width, channels]: largest of the pixels inside the image.
 *
 * The output may lie over input that is read already (codegen/kernels/pools.py). */
#ifndef TFK_MAX_POOL_2D_H
#define TFK_MAX_POOL_2D_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t batches;
    int32_t input_height, input_width, channels;
    int32_t output_height, output_width;
    int32_t window_height, window_width;
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t activation_min, activation_max; /* within -128 .. 127 */
} tfk_max_pool_2d_params;

/* One output pixel: rows x columns pixels from `first` on, at least one of each. */
static inline void tfk_max_pool_2d_pixel(const tfk_max_pool_2d_params *p, const int8_t *first, int32_t rows,
                                         int32_t columns, int8_t *output)
{
    for (int32_t c = 0; c < p->channels; c++) {
        int32_t largest = -128;
        for (int32_t y = 0; y < rows; y++) {
            const int8_t *pixel = first + y * p->input_width * p->channels + c;
            for (int32_t x = 0; x < columns; x++) {
                const int32_t value = pixel[x * p->channels];
                largest = value > largest ? value : largest;
            }
        }
        output[c] = (int8_t)tfk_clamp(largest, p->activation_min, p->activation_max);
    }
}

/* Windows may reach outside the image; what is outside does not count. */
static inline void tfk_max_pool_2d_s8(const tfk_max_pool_2d_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++) {
        for (int32_t y = 0; y < p->output_height; y++) {
            const int32_t top = y * p->stride_height - p->pad_top;
            const int32_t first_y = top < 0 ? 0 : top;
            const int32_t end_y = top + p->window_height < p->input_height ? top + p->window_height : p->input_height;
            for (int32_t x = 0; x < p->output_width; x++, output += p->channels) {
                const int32_t left = x * p->stride_width - p->pad_left;
                const int32_t first_x = left < 0 ? 0 : left;
                const int32_t end_x = left + p->window_width < p->input_width ? left + p->window_width : p->input_width;
                const int8_t *first =
                    input + ((b * p->input_height + first_y) * p->input_width + first_x) * p->channels;
                tfk_max_pool_2d_pixel(p, first, end_y - first_y, end_x - first_x, output);
            }
        }
    }
}

/* No window reaches outside the image: its size is a constant. */
static inline void tfk_max_pool_2d_inside_s8(const tfk_max_pool_2d_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++) {
        for (int32_t y = 0; y < p->output_height; y++) {
            for (int32_t x = 0; x < p->output_width; x++, output += p->channels) {
                const int32_t row = b * p->input_height + y * p->stride_height;
                const int8_t *first = input + (row * p->input_width + x * p->stride_width) * p->channels;
                tfk_max_pool_2d_pixel(p, first, p->window_height, p->window_width, output);
            }
        }
    }
}

#endif
