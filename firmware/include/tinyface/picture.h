/* Frames, pixels, and the way from a frame to an input tensor. Integer only; codegen/program/picture.py
 * computes the same bytes. */
#ifndef TINYFACE_PICTURE_H
#define TINYFACE_PICTURE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TINYFACE_MAX_SIDE_PX = 4095 };

typedef enum { TINYFACE_GRAY8 = 1, TINYFACE_RGB888 = 2, TINYFACE_RGB565 = 3 } tinyface_pixels;

/* A decoded frame; rows are contiguous. RGB565 has its high byte first, as cameras send it. */
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

#ifdef __cplusplus
}
#endif
#endif
