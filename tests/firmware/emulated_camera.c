/* A camera for the emulated boards, which have none: frames of noise in colour, another one at each grab. */
#include "tinyface/board.h"

enum { WIDTH = 120, HEIGHT = 90 };

static uint8_t pixels[2 * WIDTH * HEIGHT];
static uint32_t noise = 1;

int tinyface_board_camera_start(const tinyface_camera_wish *wish)
{
    (void)wish;
    return 0;
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    for (uint32_t i = 0; i < sizeof pixels; i++) {
        noise = 1664525U * noise + 1013904223U;
        pixels[i] = (uint8_t)(noise >> 24);
    }
    frame->format = TINYFACE_RGB565;
    frame->width = WIDTH;
    frame->height = HEIGHT;
    frame->data = pixels;
    frame->time_ms = (uint32_t)(tinyface_board_micros() / 1000U);
    return 0;
}
