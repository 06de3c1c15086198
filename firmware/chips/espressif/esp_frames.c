/* Frames as memory allows: in PSRAM where it has room for two or more, else in internal RAM, with what the driver needs
 * besides left free. */
#include "esp_board.h"

#if TINYFACE_HAS_CAMERA

#include "esp_frames.h"
#include "esp_heap_caps.h"

enum {
    OWN_INTERNAL = 40 * 1024, /* of the driver: 32 KB of DMA buffer, its task's stack of 4 KB, queues */
    OWN_PSRAM = 4 * 1024,
    SPARING = 2 * 160 * 120,  /* internal RAM for more than the two frames that a stream needs to flow */
    EXTRA_BYTES = 64,         /* of each frame: alignment, and the heap's own */
    MOST_PIXELS = TINYFACE_CAMERA_WIDTH * TINYFACE_CAMERA_HEIGHT
};

/* Sizes the sensors offer, the smallest first. */
static const struct {
    framesize_t size;
    uint16_t width, height;
} sizes[] = {
    {FRAMESIZE_96X96, 96, 96},      {FRAMESIZE_128X128, 128, 128}, {FRAMESIZE_QQVGA, 160, 120},
    {FRAMESIZE_QCIF, 176, 144},     {FRAMESIZE_HQVGA, 240, 176},   {FRAMESIZE_240X240, 240, 240},
    {FRAMESIZE_QVGA, 320, 240},     {FRAMESIZE_320X320, 320, 320}, {FRAMESIZE_CIF, 400, 296},
    {FRAMESIZE_HVGA, 480, 320},     {FRAMESIZE_VGA, 640, 480},
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static size_t bytes_of_one(const esp_frames *frames)
{
    return (size_t)frames->width * frames->height * (frames->format == PIXFORMAT_GRAYSCALE ? 1U : 2U);
}

size_t esp_frames_bytes(const esp_frames *frames)
{
    return frames->count * bytes_of_one(frames);
}

/* How many of these bytes the memory takes. */
static size_t room(uint32_t caps, size_t own, size_t bytes)
{
    size_t free_bytes = heap_caps_get_free_size(caps);
    size_t count = free_bytes > own ? (free_bytes - own) / (bytes + EXTRA_BYTES) : 0;
    return bytes + EXTRA_BYTES <= heap_caps_get_largest_free_block(caps) ? count : 0;
}

/* Sets count and place; 0 where no frame of this size fits. */
static int place(esp_frames *frames, size_t most_bytes)
{
    size_t bytes = bytes_of_one(frames), allowed = most_bytes / bytes, sparing = SPARING / bytes, outside, inside, count;

    outside = room(MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT, OWN_PSRAM, bytes);
    inside = room(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT, OWN_INTERNAL, bytes);
    sparing = sparing > 2U ? sparing : 2U;
    inside = inside < sparing ? inside : sparing;
    frames->psram = outside >= 2U || outside >= inside;
    count = frames->psram ? outside : inside;
    count = count < allowed ? count : allowed;
    frames->count = count < ESP_FRAMES_MOST ? count : ESP_FRAMES_MOST;
    return frames->count > 0;
}

int esp_frames_choose(esp_frames *frames, const tinyface_camera_wish *wish, uint32_t at_hand, size_t most_bytes)
{
    uint16_t side = wish->width > wish->height ? wish->width : wish->height;
    int largest = -1;

    for (int i = 0; i < SIZES && (uint32_t)sizes[i].width * sizes[i].height <= MOST_PIXELS; i++) {
        if (at_hand >> sizes[i].size & 1U) {
            largest = i;
            if ((sizes[i].width < sizes[i].height ? sizes[i].width : sizes[i].height) >= side) {
                break;
            }
        }
    }
    for (; largest >= 0; largest--) {
        if (at_hand >> sizes[largest].size & 1U) {
            frames->size = sizes[largest].size;
            frames->width = sizes[largest].width;
            frames->height = sizes[largest].height;
            if (place(frames, most_bytes)) {
                return 0;
            }
        }
    }
    return -1;
}

#else
typedef int esp_board_without_camera; /* ISO C wants a declaration in every file */
#endif
