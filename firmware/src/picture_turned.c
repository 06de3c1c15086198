/* Turned regions in integers: angles, turned points, pixels. codegen/program/turned.py computes the same.
 * Angles come from CORDIC (Volder 1959): shifts and additions. */
#include "picture_turned.h"

#include "pixels.h"

enum { STEPS = 16, MOST_SAMPLES = 256 }; /* a cell's sum fits 32 bits */

#define GAIN_Q28 163008219 /* what the steps of a rotation lengthen a vector by, inverted */

static const int32_t angles_q30[STEPS] = {134217728, 79233351, 41864727, 21251189, 10666833, 5338616, 2669960, 1335061,
                                          667541, 333772, 166886, 83443, 41722, 20861, 10430, 5215};

/* Rounded down. */
static int64_t floor_divided(int64_t value, int32_t by)
{
    int64_t quotient = value / by;
    return quotient * by > value ? quotient - 1 : quotient;
}

tinyface_direction tinyface_direction_of(int16_t turn)
{
    int32_t angle = (int32_t)turn * (1 << 14), x = GAIN_Q28, y = 0, opposite = 0;
    tinyface_direction found;

    if (angle < -(1 << 28) || angle > 1 << 28) {
        opposite = 1;
        angle += angle > 0 ? -(1 << 29) : 1 << 29;
    }
    for (int i = 0; i < STEPS; i++) {
        int32_t dx = y >> i, dy = x >> i; /* the shift of a negative number rounds down: gcc and clang define it so */
        if (angle >= 0) {
            x -= dx;
            y += dy;
            angle -= angles_q30[i];
        } else {
            x += dx;
            y -= dy;
            angle += angles_q30[i];
        }
    }
    found.cosine = (x + 8192) >> 14;
    found.sine = (y + 8192) >> 14;
    if (opposite) {
        found.cosine = -found.cosine;
        found.sine = -found.sine;
    }
    return found;
}

static int64_t longer(int64_t dx, int64_t dy)
{
    int64_t down = dy < 0 ? -dy : dy;
    return dx > down ? dx : down;
}

int16_t tinyface_turn_of(int64_t dx, int64_t dy)
{
    int32_t angle = 0, turn;

    if (dx == 0 && dy == 0) {
        return 0;
    }
    if (dx < 0) {
        dx = -dx;
        dy = -dy;
        angle = 1 << 29;
    }
    while (longer(dx, dy) >= 1 << 28) {
        dx >>= 1;
        dy >>= 1;
    }
    while (longer(dx, dy) < 1 << 27) {
        dx *= 2;
        dy *= 2;
    }
    for (int i = 0; i < STEPS; i++) {
        int64_t x = dy >> i, y = dx >> i;
        if (dy > 0) {
            dx += x;
            dy -= y;
            angle += angles_q30[i];
        } else {
            dx -= x;
            dy += y;
            angle -= angles_q30[i];
        }
    }
    turn = ((angle + 8192) >> 14) & 0xFFFF;
    return (int16_t)(turn >= 1 << 15 ? turn - (1 << 16) : turn);
}

void tinyface_turn_point(tinyface_region region, int32_t *x, int32_t *y)
{
    const int64_t cx = 256 * (int64_t)region.x + 128 * (int64_t)region.width - 128;
    const int64_t cy = 256 * (int64_t)region.y + 128 * (int64_t)region.height - 128;
    const int64_t dx = *x - cx, dy = *y - cy;
    tinyface_direction d;

    if (region.turn == 0) {
        return;
    }
    d = tinyface_direction_of(region.turn);
    *x = (int32_t)(cx + ((dx * d.cosine - dy * d.sine + 8192) >> 14));
    *y = (int32_t)(cy + ((dx * d.sine + dy * d.cosine + 8192) >> 14));
}

/* Samples along one side of a cell: at most a pixel apart, where MOST_SAMPLES do. */
static uint32_t samples(uint32_t side, uint32_t cells)
{
    uint32_t n = (side + cells - 1U) / cells;
    return n < MOST_SAMPLES ? n : MOST_SAMPLES;
}

tinyface_turned tinyface_turned_start(const tinyface_frame *frame, tinyface_region region, uint16_t width, uint16_t height)
{
    const tinyface_direction d = tinyface_direction_of(region.turn);
    const int64_t wide = region.width, high = region.height;
    int32_t columns, rows;
    tinyface_turned t;

    t.frame = frame;
    t.across = samples(region.width, width);
    t.down = samples(region.height, height);
    columns = (int32_t)(width * t.across);
    rows = (int32_t)(height * t.down);
    t.ax = floor_divided(wide * d.cosine * 1024, columns);
    t.ay = floor_divided(wide * d.sine * 1024, columns);
    t.bx = floor_divided(-high * d.sine * 1024, rows);
    t.by = floor_divided(high * d.cosine * 1024, rows);
    t.start_x = (2 * (int64_t)region.x + wide - 1) * (1 << 23) - (((columns - 1) * t.ax + (rows - 1) * t.bx) >> 1);
    t.start_y = (2 * (int64_t)region.y + high - 1) * (1 << 23) - (((columns - 1) * t.ay + (rows - 1) * t.by) >> 1);
    return t;
}

/* Adds `weight` times a pixel of the frame; black lies outside. */
static void add_pixel(const tinyface_frame *frame, int32_t x, int32_t y, uint32_t weight, uint8_t channels, uint32_t *sums)
{
    if (x >= 0 && y >= 0 && x < frame->width && y < frame->height) {
        tinyface_add_span(frame, channels, (uint32_t)y, (uint32_t)x, 1, weight, sums);
    }
}

/* Adds a sample at a position in 1/256 px, times 256. */
static void add_sample(const tinyface_frame *frame, int32_t x, int32_t y, uint8_t channels, uint32_t sums[3])
{
    const int32_t left = x >> 8, top = y >> 8;
    const uint32_t fx = (uint32_t)x & 255U, fy = (uint32_t)y & 255U;
    uint32_t found[3] = {128, 128, 128};

    if (frame->format == TINYFACE_GRAY8 && left >= 0 && top >= 0 && left + 1 < frame->width && top + 1 < frame->height) {
        const uint8_t *p = frame->data + (uint32_t)top * frame->width + (uint32_t)left, *q = p + frame->width;
        found[0] += (p[0] * (256U - fx) + p[1] * fx) * (256U - fy) + (q[0] * (256U - fx) + q[1] * fx) * fy;
        found[1] = found[0];
        found[2] = found[0];
    } else {
        add_pixel(frame, left, top, (256U - fx) * (256U - fy), channels, found);
        add_pixel(frame, left + 1, top, fx * (256U - fy), channels, found);
        add_pixel(frame, left, top + 1, (256U - fx) * fy, channels, found);
        add_pixel(frame, left + 1, top + 1, fx * fy, channels, found);
    }
    for (uint8_t channel = 0; channel < channels; channel++) {
        sums[channel] += found[channel] >> 8;
    }
}

void tinyface_turned_cell(const tinyface_turned *t, uint32_t column, uint32_t row, uint8_t channels, uint8_t mean[3])
{
    const uint32_t n = t->across * t->down;
    const int64_t c = (int64_t)column * t->across, r = (int64_t)row * t->down;
    int64_t row_x = t->start_x + c * t->ax + r * t->bx + 32768, row_y = t->start_y + c * t->ay + r * t->by + 32768;
    uint32_t sums[3] = {0, 0, 0};

    for (uint32_t down = 0; down < t->down; down++, row_x += t->bx, row_y += t->by) {
        int64_t x = row_x, y = row_y;
        for (uint32_t across = 0; across < t->across; across++, x += t->ax, y += t->ay) {
            add_sample(t->frame, (int32_t)(x >> 16), (int32_t)(y >> 16), channels, sums);
        }
    }
    for (uint8_t channel = 0; channel < channels; channel++) {
        mean[channel] = (uint8_t)((sums[channel] + n * 128U) / (n * 256U));
    }
}
