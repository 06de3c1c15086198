/* From a frame to an input tensor in integers: region, gray or RGB, area average, shift. codegen/program/picture.py computes
 * the same bytes. Reads the frame as it is: no copy, no row buffer. */
#include "tinyface/picture.h"

#include "picture_turned.h"
#include "pixels.h"

/* Half of what `size` leaves of the frame or lacks, rounded down. */
static int16_t start_of(uint16_t frame, uint32_t size)
{
    return size <= frame ? (int16_t)((frame - size) / 2U) : (int16_t)-(int32_t)((size - frame + 1U) / 2U);
}

static tinyface_region in_the_middle(uint16_t frame_width, uint16_t frame_height, uint32_t width, uint32_t height)
{
    tinyface_region region = {0, 0, 0, 0, 0};
    if (width <= TINYFACE_MAX_SIDE_PX && height <= TINYFACE_MAX_SIDE_PX) {
        region.x = start_of(frame_width, width);
        region.y = start_of(frame_height, height);
        region.width = (uint16_t)width;
        region.height = (uint16_t)height;
    }
    return region;
}

tinyface_region tinyface_region_centre(uint16_t frame_width, uint16_t frame_height, uint16_t width, uint16_t height)
{
    uint32_t across = (uint32_t)frame_width * height, down = (uint32_t)frame_height * width, size;
    if (across == 0 || down == 0) {
        return in_the_middle(0, 0, 0, 0);
    }
    if (across > down) {
        size = down / height;
        return in_the_middle(frame_width, frame_height, size > 0 ? size : 1U, frame_height);
    }
    size = across / width;
    return in_the_middle(frame_width, frame_height, frame_width, size > 0 ? size : 1U);
}

tinyface_region tinyface_region_whole(uint16_t frame_width, uint16_t frame_height, uint16_t width, uint16_t height)
{
    uint32_t across = (uint32_t)frame_width * height, down = (uint32_t)frame_height * width;
    if (across == 0 || down == 0) {
        return in_the_middle(0, 0, 0, 0);
    }
    if (across > down) {
        return in_the_middle(frame_width, frame_height, frame_width, (across + width - 1U) / width);
    }
    return in_the_middle(frame_width, frame_height, (down + height - 1U) / height, frame_height);
}

/* The source pixels that an output cell covers along one axis, clipped to the frame: the first and
 * the last one with their overlaps in 1/cells px, the ones between are covered whole. Positions are
 * frame pixels; first > last where nothing is inside. */
typedef struct {
    int32_t first, last;
    uint32_t first_overlap, last_overlap;
} cover;

/* Steps through the cells of one axis without a division a cell. */
typedef struct {
    int32_t size;         /* of the frame along this axis */
    int32_t pixel;        /* frame pixel in which the next cell starts */
    uint32_t offset;      /* its start within that pixel, in 1/cells px */
    uint32_t cells, side; /* of the region; a cell covers side/cells px */
    uint32_t whole, rest; /* side = whole * cells + rest */
} walker;

static void walk_start(walker *w, int32_t origin, uint16_t size, uint32_t cells, uint32_t side)
{
    w->size = size;
    w->pixel = origin;
    w->offset = 0;
    w->cells = cells;
    w->side = side;
    w->whole = side / cells;
    w->rest = side % cells;
}

static cover walk_next(walker *w)
{
    cover c;
    c.first = w->pixel;
    c.first_overlap = w->cells - w->offset;
    w->pixel += (int32_t)w->whole;
    w->offset += w->rest;
    if (w->offset >= w->cells) {
        w->offset -= w->cells;
        w->pixel++;
    }
    /* The cell ends where the next one starts; a start on a pixel's edge belongs to the pixel before. */
    c.last = w->offset > 0 ? w->pixel : w->pixel - 1;
    c.last_overlap = w->offset > 0 ? w->offset : w->cells;
    if (c.first == c.last) {
        c.first_overlap = w->side;
        c.last_overlap = w->side;
    }
    if (c.first < 0) {
        c.first_overlap = c.last == 0 ? c.last_overlap : w->cells;
        c.first = 0;
    }
    if (c.last >= w->size) {
        c.last_overlap = c.first == w->size - 1 ? c.first_overlap : w->cells;
        c.last = w->size - 1;
    }
    return c;
}

/* Adds `weight` times the overlap-weighted sum of row y under the columns `c`, a channel. */
static void add_row(const tinyface_frame *frame, uint8_t layout, int32_t y, uint32_t weight, const cover *c,
                    uint32_t cells, uint32_t *sums)
{
    uint32_t row = (uint32_t)y, first = (uint32_t)c->first, last = (uint32_t)c->last;
    tinyface_add_span(frame, layout, row, first, 1, weight * c->first_overlap, sums);
    if (last > first) {
        tinyface_add_span(frame, layout, row, last, 1, weight * c->last_overlap, sums);
        if (last - first > 1) {
            tinyface_add_span(frame, layout, row, first + 1, last - first - 1, weight * cells, sums);
        }
    }
}

/* Overlap-weighted sums under one output pixel, one a channel: each at most 255 times the region's area. */
static void cell_sums(const tinyface_frame *frame, uint8_t layout, const cover *rows, uint32_t row_cells,
                      const cover *columns, uint32_t column_cells, uint32_t *sums)
{
    sums[0] = 0;
    sums[1] = 0;
    sums[2] = 0;
    if (columns->first > columns->last || rows->first > rows->last) {
        return;
    }
    add_row(frame, layout, rows->first, rows->first_overlap, columns, column_cells, sums);
    if (rows->last > rows->first) {
        add_row(frame, layout, rows->last, rows->last_overlap, columns, column_cells, sums);
        for (int32_t y = rows->first + 1; y < rows->last; y++) {
            add_row(frame, layout, y, row_cells, columns, column_cells, sums);
        }
    }
}

/* The byte of pixel + shift limited to the type. */
static uint8_t shifted(uint32_t pixel, int32_t shift, tinyface_dtype dtype)
{
    int32_t low = dtype == TINYFACE_INT8 ? INT8_MIN : 0, high = dtype == TINYFACE_INT8 ? INT8_MAX : UINT8_MAX;
    int32_t value = (int32_t)pixel + shift;
    return (uint8_t)(value < low ? low : value > high ? high : value);
}

/* The pixels of a region that lies level, as bytes of the input. */
static void level_to_input(const tinyface_frame *frame, tinyface_region region, const tinyface_input_spec *spec,
                           tinyface_dtype dtype, uint8_t *byte)
{
    uint32_t area = (uint32_t)region.width * region.height, sums[3];
    walker down;

    walk_start(&down, region.y, frame->height, spec->height, region.height);
    for (uint32_t i = 0; i < spec->height; i++) {
        cover rows = walk_next(&down);
        walker across;
        walk_start(&across, region.x, frame->width, spec->width, region.width);
        for (uint32_t j = 0; j < spec->width; j++) {
            cover columns = walk_next(&across);
            cell_sums(frame, spec->layout, &rows, spec->height, &columns, spec->width, sums);
            for (uint32_t channel = 0; channel < spec->layout; channel++) {
                *byte++ = shifted((sums[channel] + area / 2U) / area, spec->shift, dtype);
            }
        }
    }
}

static void turned_to_input(const tinyface_frame *frame, tinyface_region region, const tinyface_input_spec *spec,
                            tinyface_dtype dtype, uint8_t *byte)
{
    const tinyface_turned turned = tinyface_turned_start(frame, region, spec->width, spec->height);
    uint8_t mean[3];

    for (uint32_t i = 0; i < spec->height; i++) {
        for (uint32_t j = 0; j < spec->width; j++) {
            tinyface_turned_cell(&turned, j, i, spec->layout, mean);
            for (uint32_t channel = 0; channel < spec->layout; channel++) {
                *byte++ = shifted(mean[channel], spec->shift, dtype);
            }
        }
    }
}

int tinyface_region_to_input(const tinyface_frame *frame, tinyface_region region, const tinyface_input_spec *spec,
                             tinyface_dtype dtype, void *out)
{
    if (region.width == 0 || region.height == 0 || region.width > TINYFACE_MAX_SIDE_PX ||
        region.height > TINYFACE_MAX_SIDE_PX || spec->width == 0 || spec->height == 0 ||
        tinyface_frame_bytes((uint8_t)frame->format, frame->width, frame->height) == 0 ||
        (spec->layout != TINYFACE_LAYOUT_GRAY && spec->layout != TINYFACE_LAYOUT_RGB) ||
        (dtype != TINYFACE_INT8 && dtype != TINYFACE_UINT8)) {
        return -1;
    }
    if (region.turn == 0) {
        level_to_input(frame, region, spec, dtype, out);
    } else {
        turned_to_input(frame, region, spec, dtype, out);
    }
    return 0;
}
