/* Pixels of a frame of any format as gray or RGB. */
#include "pixels.h"

uint32_t tinyface_frame_bytes(uint8_t format, uint16_t width, uint16_t height)
{
    uint32_t pixels = (uint32_t)width * height;
    switch (format) {
    case TINYFACE_GRAY8:
        return pixels;
    case TINYFACE_RGB888:
        return pixels <= UINT32_MAX / 3U ? 3U * pixels : 0U;
    case TINYFACE_RGB565:
        return pixels <= UINT32_MAX / 2U ? 2U * pixels : 0U;
    default:
        return 0;
    }
}

static uint32_t luma(uint32_t r, uint32_t g, uint32_t b)
{
    return (77U * r + 150U * g + 29U * b) >> 8;
}

/* Adds one pixel to the sum of gray, or to the three of RGB. */
static inline void add(uint32_t *sums, uint8_t layout, uint32_t r, uint32_t g, uint32_t b)
{
    if (layout == TINYFACE_LAYOUT_RGB) {
        sums[0] += r;
        sums[1] += g;
        sums[2] += b;
    } else {
        sums[0] += luma(r, g, b);
    }
}

void tinyface_add_span(const tinyface_frame *frame, uint8_t layout, uint32_t y, uint32_t x, uint32_t n, uint32_t weight,
                       uint32_t *sums)
{
    uint32_t index = y * frame->width + x, found[3] = {0, 0, 0};
    const uint8_t *p;

    switch (frame->format) {
    case TINYFACE_GRAY8:
        p = frame->data + index;
        for (uint32_t i = 0; i < n; i++) {
            found[0] += p[i];
        }
        found[1] = found[0];
        found[2] = found[0];
        break;
    case TINYFACE_RGB888:
        p = frame->data + 3U * index;
        for (uint32_t i = 0; i < n; i++, p += 3) {
            add(found, layout, p[0], p[1], p[2]);
        }
        break;
    case TINYFACE_RGB565:
        p = frame->data + 2U * index;
        for (uint32_t i = 0; i < n; i++, p += 2) {
            uint32_t r = p[0] >> 3, g = ((p[0] & 7U) << 3) | (p[1] >> 5), b = p[1] & 31U;
            add(found, layout, (r << 3) | (r >> 2), (g << 2) | (g >> 4), (b << 3) | (b >> 2));
        }
        break;
    }
    for (uint32_t channel = 0; channel < layout; channel++) {
        sums[channel] += weight * found[channel];
    }
}

uint8_t tinyface_gray_at(const tinyface_frame *frame, uint32_t x, uint32_t y)
{
    uint32_t sum = 0;
    tinyface_add_span(frame, TINYFACE_LAYOUT_GRAY, y, x, 1, 1, &sum);
    return (uint8_t)sum;
}
