/* Which frames a camera is started with: format, size, how many and where. */
#ifndef ESP_FRAMES_H
#define ESP_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "esp_camera.h"
#include "tinyface/board.h"

/* One more than the application holds, so that the sensor always has a free one. */
enum { ESP_FRAMES_MOST = TINYFACE_CAMERA_FRAMES + 1 };

typedef struct {
    pixformat_t format;
    framesize_t size;
    uint16_t width, height;
    size_t count; /* 1 to ESP_FRAMES_MOST: with few of them the sensor waits for a slow model */
    int psram;    /* 0: internal RAM */
} esp_frames;

/* Bytes that all frames take. */
size_t esp_frames_bytes(const esp_frames *frames);

/* Chooses size, count and place for frames->format: the smallest size that covers the wish and that is at hand, or the
 * largest smaller one where that does not fit memory or sensor.
 * sizes: those at hand, 1 << FRAMESIZE_*; most_bytes: what the frames may take together.
 * Returns 0, or -1 where nothing fits. */
int esp_frames_choose(esp_frames *frames, const tinyface_camera_wish *wish, uint32_t sizes, size_t most_bytes);

#endif
