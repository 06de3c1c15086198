/* Frames, pixels, and the way from a frame to an input tensor. Integer only; codegen/program/picture.py
 * computes the same bytes. */
#ifndef TINYFACE_PICTURE_H
#define TINYFACE_PICTURE_H

#include <stdint.h>

#include "tinyface/engine.h"

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
    uint32_t time_ms; /* when the camera gave it, since boot; of a sent picture what its sender says */
} tinyface_frame;

/* A part of a frame in its pixels; may reach outside, where pixels count as black. */
typedef struct {
    int16_t x, y;
    uint16_t width, height; /* 1 .. TINYFACE_MAX_SIDE_PX each; both 0: no region */
    int16_t turn;           /* about its middle, clockwise, in 1/65536 of a full turn */
} tinyface_region;

/* What frames become: nothing (input 0 is a plain tensor), gray or RGB pixels; the value is the number of channels. */
enum { TINYFACE_LAYOUT_TENSOR = 0, TINYFACE_LAYOUT_GRAY = 1, TINYFACE_LAYOUT_RGB = 3 };

/* Input 0 of a model: a tensor, or [1, height, width, layout] of int8 or uint8 in which pixel p is p + shift, limited
 * to the type. All 0 for a tensor. */
typedef struct {
    uint8_t layout;
    uint16_t width, height; /* px */
    int16_t shift;
} tinyface_input_spec;

/* Bytes of a frame of this format, 0 for an unknown one. */
uint32_t tinyface_frame_bytes(uint8_t format, uint16_t width, uint16_t height);

/* The two rules that cut a frame for an input of width x height px. Both keep the input's aspect; the side that does
 * not fill the frame is a quotient, the start half of what is left or lacks, rounded down. No region where a side
 * would be longer than TINYFACE_MAX_SIDE_PX or the input has none.
 * centre: the largest one in the middle, its quotient rounded down (at least 1 px): the middle square for a square.
 * whole: the smallest one around the whole frame, its quotient rounded up. */
tinyface_region tinyface_region_centre(uint16_t frame_width, uint16_t frame_height, uint16_t width, uint16_t height);
tinyface_region tinyface_region_whole(uint16_t frame_width, uint16_t frame_height, uint16_t width, uint16_t height);

/* One pixel as integer luma, (77 R + 150 G + 29 B) >> 8. RGB565 channels are first widened to
 * 8 bits by repeating their top bits. */
uint8_t tinyface_gray_at(const tinyface_frame *frame, uint32_t x, uint32_t y);

/* Turns and directions, at most one off: the cosine and sine of a turn times 2^14, and the turn that takes a level line to
 * the direction (dx, dy), each below 2^40 either way; 0 for (0, 0). */
typedef struct {
    int32_t cosine, sine;
} tinyface_direction;

tinyface_direction tinyface_direction_of(int16_t turn);
int16_t tinyface_turn_of(int64_t dx, int64_t dy);

/* Where a point of the level region lies when that is turned: frame pixels times 256, (0, 0) is the centre of the top-left
 * pixel. */
void tinyface_turn_point(tinyface_region region, int32_t *x, int32_t *y);

/* Region, gray or RGB (a gray frame thrice), area average of each channel (turned: the mean of samples at most a pixel
 * apart), shift.
 * out: int8 or uint8 [spec->height, spec->width, spec->layout]. Returns 0, or -1 for a region, a spec or a type that is
 * none of these. */
int tinyface_region_to_input(const tinyface_frame *frame, tinyface_region region, const tinyface_input_spec *spec,
                             tinyface_dtype dtype, void *out);

#ifdef __cplusplus
}
#endif
#endif
