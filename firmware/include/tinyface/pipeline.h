/* From a decoded frame to the input tensor, and from the output tensor to points.
 * Integer only; codegen/pipeline.py computes the same bytes. */
#ifndef TINYFACE_PIPELINE_H
#define TINYFACE_PIPELINE_H

#include <stdint.h>

#include "tinyface/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TINYFACE_MAX_SIDE_PX = 4095,
    TINYFACE_MAX_SCALE_Q24 = 0xFFFFFF /* less than a crop side for each step of the output: points fit 32 bits */
};

typedef enum { TINYFACE_GRAY8 = 1, TINYFACE_RGB888 = 2, TINYFACE_RGB565 = 3 } tinyface_pixels;

/* A decoded frame; rows are contiguous. RGB565 is big-endian, as the OV2640 sends it. */
typedef struct {
    tinyface_pixels format;
    uint16_t width, height;
    const uint8_t *data;
} tinyface_frame;

/* A square in frame pixels; may reach outside the frame, where pixels count as black. */
typedef struct {
    int16_t x, y;
    uint16_t side; /* 1 .. TINYFACE_MAX_SIDE_PX */
} tinyface_crop;

/* What the card says about a model's pictures and points. kind 0: no decoder, raw tensors only. */
typedef struct {
    uint8_t has_picture_input; /* 1: input 0 is int8 [1, height, width, 1] of p - 128 */
    uint16_t width, height;
    uint16_t points;           /* 0: no landmark decoder */
    const int32_t *mean_q24;   /* [2 * points], crop sides times 2^24, x then y */
    int32_t scale_q24;         /* output scale in crop sides times 2^24, 0 to TINYFACE_MAX_SCALE_Q24 */
    int32_t zero_point;        /* -128 to 127 */
} tinyface_pipeline;

/* The model and the pipeline this firmware was generated with. */
extern const tinyface_model *const tinyface_main;
extern const tinyface_pipeline tinyface_pipeline_main;

/* Bytes of a frame of this format, 0 for an unknown one. */
uint32_t tinyface_frame_bytes(uint8_t format, uint16_t width, uint16_t height);

/* The largest square in the middle of a frame. */
tinyface_crop tinyface_centre_square(uint16_t width, uint16_t height);

/* One pixel as integer luma, (77 R + 150 G + 29 B) >> 8. RGB565 channels are first widened to
 * 8 bits by repeating their top bits. */
uint8_t tinyface_gray_at(const tinyface_frame *frame, uint32_t x, uint32_t y);

/* Gray, crop, area average, p - 128. out: int8 [height, width]. Returns 0, or -1 for a bad crop. */
int tinyface_crop_to_input(const tinyface_frame *frame, tinyface_crop crop, uint16_t height, uint16_t width,
                           int8_t *out);

/* Points in frame pixels times 256, (0, 0) = centre of the top-left pixel.
 * output: int8 [2 * points]; xy: int32 [points, 2]. */
void tinyface_decode_points(const tinyface_pipeline *pipeline, const int8_t *output, tinyface_crop crop,
                            int32_t *xy);

#ifdef __cplusplus
}
#endif
#endif
