/* The pixels of a region that does not lie level. */
#ifndef TINYFACE_PICTURE_TURNED_H
#define TINYFACE_PICTURE_TURNED_H

#include "tinyface/picture.h"

/* Walks over the samples of a turned region, cell by cell. All positions are frame pixels times 2^24, (0, 0) is the centre of
 * the first pixel. */
typedef struct {
    const tinyface_frame *frame;
    int64_t start_x, start_y;   /* of the first sample */
    int64_t ax, ay, bx, by;     /* one sample on, one row of samples down */
    uint32_t across, down;      /* samples along the sides of a cell */
} tinyface_turned;

tinyface_turned tinyface_turned_start(const tinyface_frame *frame, tinyface_region region, uint16_t width, uint16_t height);

/* The mean of cell (column, row), a channel: gray (1 channel) or RGB (3). */
void tinyface_turned_cell(const tinyface_turned *turned, uint32_t column, uint32_t row, uint8_t channels, uint8_t mean[3]);

#endif
