/* Pixels of a frame of any format as gray or RGB. */
#ifndef TINYFACE_PIXELS_H
#define TINYFACE_PIXELS_H

#include "tinyface/picture.h"

/* Adds `weight` times the sum of `n` pixels of row y from column x on, all inside the frame, a channel. */
void tinyface_add_span(const tinyface_frame *frame, uint8_t layout, uint32_t y, uint32_t x, uint32_t n, uint32_t weight,
                       uint32_t *sums);

#endif
