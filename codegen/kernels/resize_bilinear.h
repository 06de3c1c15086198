/* RESIZE_BILINEAR on int8: each output pixel is a weighted mean of four input pixels, weights in 1/1024.
 *
 * The output may lie over input that is read already (codegen/ops/resize_bilinear.py). */
#ifndef TFK_RESIZE_BILINEAR_H
#define TFK_RESIZE_BILINEAR_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
    int32_t batches;
    int32_t image_bytes; /* of the input */
    int32_t output_height, output_width;
    int32_t channels;
} tfk_resize_bilinear_params;

enum { TFK_RESIZE_ONE = 1024 };

/* input: int8 [batches, height, width, channels].
 * rows: int32 [output height, 3]: byte offsets of the upper and the lower row, weight of the lower one;
 * columns: int32 [output width, 3]: the same for the left and the right pixel; weights -512 .. 1023.
 * output: int8 [batches, output height, output width, channels]. */
static inline void tfk_resize_bilinear_s8(const tfk_resize_bilinear_params *p, const int8_t *input,
                                          const int32_t *rows, const int32_t *columns, int8_t *output)
{
    for (int32_t b = 0; b < p->batches; b++) {
        for (int32_t y = 0; y < p->output_height; y++) {
            const int8_t *const upper = input + rows[3 * y];
            const int8_t *const lower = input + rows[3 * y + 1];
            const int32_t down = rows[3 * y + 2];
            for (int32_t x = 0; x < p->output_width; x++) {
                const int32_t left = columns[3 * x], right = columns[3 * x + 1];
                const int32_t aside = columns[3 * x + 2];
                for (int32_t c = 0; c < p->channels; c++) {
                    const int32_t top = upper[left + c] * (TFK_RESIZE_ONE - aside) + upper[right + c] * aside;
                    const int32_t bottom = lower[left + c] * (TFK_RESIZE_ONE - aside) + lower[right + c] * aside;
                    const int32_t sum = top * (TFK_RESIZE_ONE - down) + bottom * down;
                    *output++ = (int8_t)tfk_rounding_shift_right(sum, 20);
                }
            }
        }
        input += p->image_bytes;
    }
}

#endif
