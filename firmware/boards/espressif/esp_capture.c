/* The camera through espressif/esp32-camera 2.x: decoded frames of the smallest size that covers the model, one more
 * of them than the application holds, so that the sensor always has a free one; the newest one at each grab. */
#include "esp_board.h"

#if TINYFACE_HAS_CAMERA

#include "esp_camera.h"
#include "esp_err.h"
#include "esp_timer.h"

enum {
    XCLK_HZ = 20000000,
    BUFFERS = TINYFACE_CAMERA_FRAMES + 1,
    LEAST_BUFFERS = 2,              /* where there is no PSRAM: the sensor then waits for a slow model */
    MOST_WITHOUT_PSRAM = 160 * 120, /* pixels: two gray frames of 19 KB in internal RAM, or more smaller ones */
    STALE_US = 150000               /* a frame that began longer ago may have waited for us */
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

static camera_fb_t *held[TINYFACE_CAMERA_FRAMES];
static int running;
static pixformat_t format;

/* How many gray frames of this size the internal RAM takes. */
static size_t buffers_without_psram(framesize_t size)
{
    uint32_t pixels = MOST_WITHOUT_PSRAM, fit;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (sizes[i].size == size) {
            pixels = (uint32_t)sizes[i].width * sizes[i].height;
        }
    }
    fit = (uint32_t)LEAST_BUFFERS * MOST_WITHOUT_PSRAM / pixels;
    return fit < LEAST_BUFFERS ? LEAST_BUFFERS : fit < BUFFERS ? fit : BUFFERS;
}

/* The smallest size whose square holds the model's input; never more pixels than `most`. */
static framesize_t frame_size(const tinyface_camera_wish *wish, uint32_t most)
{
    uint16_t side = wish->width > wish->height ? wish->width : wish->height;
    framesize_t chosen = sizes[0].size;

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint16_t square = sizes[i].width < sizes[i].height ? sizes[i].width : sizes[i].height;
        if ((uint32_t)sizes[i].width * sizes[i].height <= most) {
            chosen = sizes[i].size;
        }
        if (square >= side) {
            break;
        }
    }
    return chosen;
}

int tinyface_board_camera_start(const tinyface_camera_wish *wish)
{
    int psram = tinyface_board_psram_missing() == 0;
    camera_config_t config = {
        .pin_pwdn = TINYFACE_PIN_PWDN,
        .pin_reset = TINYFACE_PIN_RESET,
        .pin_xclk = TINYFACE_PIN_XCLK,
        .pin_sccb_sda = TINYFACE_PIN_SCCB_SDA,
        .pin_sccb_scl = TINYFACE_PIN_SCCB_SCL,
        .pin_d7 = TINYFACE_PIN_D7,
        .pin_d6 = TINYFACE_PIN_D6,
        .pin_d5 = TINYFACE_PIN_D5,
        .pin_d4 = TINYFACE_PIN_D4,
        .pin_d3 = TINYFACE_PIN_D3,
        .pin_d2 = TINYFACE_PIN_D2,
        .pin_d1 = TINYFACE_PIN_D1,
        .pin_d0 = TINYFACE_PIN_D0,
        .pin_vsync = TINYFACE_PIN_VSYNC,
        .pin_href = TINYFACE_PIN_HREF,
        .pin_pclk = TINYFACE_PIN_PCLK,
        .xclk_freq_hz = XCLK_HZ,
        .ledc_timer = LEDC_TIMER_0,
        .ledc_channel = LEDC_CHANNEL_0,
        .jpeg_quality = 12, /* not used: frames are not compressed */
        .grab_mode = CAMERA_GRAB_LATEST,
    };
    esp_err_t status;

    if (running) {
        return 0;
    }
    format = TINYFACE_CAMERA_FORMAT == TINYFACE_WIRE_PIXELS_GRAY8 || !psram ? PIXFORMAT_GRAYSCALE : PIXFORMAT_RGB565;
    config.pixel_format = format;
    config.frame_size = frame_size(wish, psram ? TINYFACE_CAMERA_WIDTH * TINYFACE_CAMERA_HEIGHT : MOST_WITHOUT_PSRAM);
    config.fb_count = psram ? BUFFERS : buffers_without_psram(config.frame_size);
    config.fb_location = psram ? CAMERA_FB_IN_PSRAM : CAMERA_FB_IN_DRAM;
    status = esp_camera_init(&config);
    running = status == ESP_OK;
    if (!running) {
        (void)esp_camera_deinit(); /* the next try starts from nothing */
    }
    return (int)status;
}

/* Keeps a frame until its release; there are never more than TINYFACE_CAMERA_FRAMES. */
static int keep(camera_fb_t *fb)
{
    int kept = 0;
    tinyface_board_lock();
    for (unsigned i = 0; i < TINYFACE_CAMERA_FRAMES && !kept; i++) {
        if (held[i] == NULL) {
            held[i] = fb;
            kept = 1;
        }
    }
    tinyface_board_unlock();
    return kept;
}

/* When the sensor began a frame, by esp_timer. */
static int64_t began_us(const camera_fb_t *fb)
{
    return (int64_t)fb->timestamp.tv_sec * 1000000 + fb->timestamp.tv_usec;
}

/* The driver hands out the oldest frame that waits, and while all buffers are full it takes no new ones: what waits is
 * given back but for the last one, and that one too where it has grown old, for the next to come. */
static camera_fb_t *newest(void)
{
    camera_fb_t *fb = esp_camera_fb_get();
    int renewed = 0;

    for (int turns = 0; fb != NULL && turns < 2 * BUFFERS; turns++) {
        int old = !renewed && esp_timer_get_time() - began_us(fb) > STALE_US;
        if (!old && !esp_camera_available_frames()) {
            break;
        }
        renewed = renewed || !esp_camera_available_frames();
        esp_camera_fb_return(fb);
        fb = esp_camera_fb_get();
    }
    return fb;
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    camera_fb_t *fb = newest();
    size_t bytes = format == PIXFORMAT_GRAYSCALE ? 1 : 2;

    if (fb == NULL) {
        return ESP_ERR_TIMEOUT;
    }
    if (fb->format != format || fb->len < bytes * fb->width * fb->height || !keep(fb)) {
        esp_camera_fb_return(fb);
        return ESP_ERR_INVALID_SIZE;
    }
    frame->format = format == PIXFORMAT_GRAYSCALE ? TINYFACE_GRAY8 : TINYFACE_RGB565;
    frame->width = (uint16_t)fb->width;
    frame->height = (uint16_t)fb->height;
    frame->data = fb->buf;
    frame->time_ms = (uint32_t)(began_us(fb) / 1000);
    return 0;
}

void tinyface_board_camera_release(const tinyface_frame *frame)
{
    camera_fb_t *fb = NULL;
    tinyface_board_lock();
    for (unsigned i = 0; i < TINYFACE_CAMERA_FRAMES; i++) {
        if (held[i] != NULL && held[i]->buf == frame->data) {
            fb = held[i];
            held[i] = NULL;
        }
    }
    tinyface_board_unlock();
    if (fb != NULL) {
        esp_camera_fb_return(fb);
    }
}

#else
typedef int esp_board_without_camera; /* ISO C wants a declaration in every file */
#endif
