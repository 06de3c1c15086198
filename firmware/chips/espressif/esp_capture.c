/* The camera through espressif/esp32-camera 2.x: decoded frames, gray where the sensor can, the newest one at each grab. */
#include "esp_board.h"

#if TINYFACE_HAS_CAMERA

#include "esp_camera.h"
#include "esp_err.h"
#include "esp_frames.h"
#include "esp_sensor.h"
#include "esp_timer.h"

enum {
    XCLK_HZ = 20000000,
    MOST_TURNS = 10,  /* of one start: each learns what the sensor or the memory does not have */
    STALE_US = 150000 /* a frame that began longer ago may have waited for us */
};

/* The sizes that sensors have whose drivers refuse any. */
static const uint32_t plain_sizes = 1U << FRAMESIZE_96X96 | 1U << FRAMESIZE_128X128 | 1U << FRAMESIZE_QQVGA |
                                    1U << FRAMESIZE_QVGA | 1U << FRAMESIZE_320X320 | 1U << FRAMESIZE_VGA;
static const pixformat_t gray_first[] = {PIXFORMAT_GRAYSCALE, PIXFORMAT_YUV422, PIXFORMAT_RGB565};
static const pixformat_t colours_first[] = {PIXFORMAT_RGB565, PIXFORMAT_YUV422, PIXFORMAT_GRAYSCALE};
enum { FORMATS = sizeof gray_first / sizeof gray_first[0] };

static camera_fb_t *held[TINYFACE_CAMERA_FRAMES];
static int running;
static esp_frames frames;        /* the camera runs with these */
static const char *sensor_name = "";
static unsigned unsettled;       /* frames that are still to be given up while exposure settles */

static esp_err_t start_driver(const esp_frames *wanted)
{
    const camera_config_t config = {
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
        .pixel_format = wanted->format,
        .frame_size = wanted->size,
        .fb_count = wanted->count,
        .fb_location = wanted->psram ? CAMERA_FB_IN_PSRAM : CAMERA_FB_IN_DRAM,
        .grab_mode = CAMERA_GRAB_LATEST,
    };

    return esp_camera_init(&config);
}

/* The driver has started: whether the sensor gives these frames. If not, *wanted and *sizes say what it has. */
static esp_err_t meet(esp_frames *wanted, const pixformat_t *formats, uint32_t *sizes, int *agreed)
{
    sensor_t *sensor = esp_camera_sensor_get();
    pixformat_t chosen;

    *agreed = 0;
    if (sensor == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    sensor_name = esp_sensor_name(sensor);
    *sizes &= esp_sensor_sizes(sensor);
    if (esp_sensor_choose(sensor, formats, FORMATS, &chosen) != 0) {
        return ESP_ERR_CAMERA_NOT_SUPPORTED;
    }
    *agreed = chosen == wanted->format && (*sizes >> wanted->size & 1U);
    wanted->format = chosen;
    return ESP_OK;
}

/* Whether another turn may help after this outcome: sizes and memory are narrowed to what it left. */
static int learn(esp_err_t status, const esp_frames *wanted, uint32_t *sizes, size_t *most_bytes)
{
    switch (status) {
    case ESP_OK: /* the sensor has other frames */
        return 1;
    case ESP_ERR_CAMERA_FAILED_TO_SET_FRAME_SIZE:
        *sizes &= plain_sizes & ~(1U << wanted->size);
        return 1;
    case ESP_FAIL: /* so the driver says that it got no memory */
    case ESP_ERR_NO_MEM:
        *most_bytes = esp_frames_bytes(wanted) / 2U;
        return 1;
    default:
        return 0;
    }
}

/* The driver wants format, size and memory before it looks for the sensor: it is started with what is wished for, and
 * again with what sensor and memory turn out to have. Each call starts it once. */
int tinyface_board_camera_start(const tinyface_camera_wish *wish)
{
    const pixformat_t *formats = wish->layout == TINYFACE_WISH_RGB ? colours_first : gray_first;
    static esp_frames wanted;
    static uint32_t sizes;
    static size_t most_bytes;
    static unsigned turn;
    static esp_err_t status;
    int goes_on;

    if (running) {
        return 0;
    }
    if (turn == 0) {
        wanted.format = formats[0];
        sizes = UINT32_MAX;
        most_bytes = SIZE_MAX;
        status = ESP_OK;
        sensor_name = "";
    }
    if (esp_frames_choose(&wanted, wish, sizes, most_bytes) != 0) {
        turn = 0;
        return status == ESP_OK ? ESP_ERR_NO_MEM : (int)status;
    }
    status = start_driver(&wanted);
    if (status == ESP_OK) {
        status = meet(&wanted, formats, &sizes, &running);
    }
    if (running) {
        frames = wanted;
        unsettled = TINYFACE_CAMERA_SETTLE_FRAMES;
        turn = 0;
        return 0;
    }
    goes_on = learn(status, &wanted, &sizes, &most_bytes);
    (void)esp_camera_deinit(); /* the next turn, or the next start, begins with nothing */
    turn = goes_on && turn + 1U < MOST_TURNS ? turn + 1U : 0;
    return turn > 0 ? TINYFACE_CAMERA_NOT_YET : status == ESP_OK ? ESP_ERR_CAMERA_NOT_SUPPORTED : (int)status;
}

void tinyface_board_camera_found(tinyface_camera_found *found)
{
    found->sensor = sensor_name;
    found->format = frames.format == PIXFORMAT_RGB565 ? TINYFACE_RGB565 : TINYFACE_GRAY8;
    found->width = frames.width;
    found->height = frames.height;
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

    for (int turns = 0; fb != NULL && turns < 2 * ESP_FRAMES_MOST; turns++) {
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

/* Gives up a frame that was exposed before light and gain had settled. */
static int settle(void)
{
    camera_fb_t *fb = esp_camera_fb_get();

    if (fb == NULL) {
        return ESP_ERR_TIMEOUT;
    }
    esp_camera_fb_return(fb);
    unsettled--;
    return TINYFACE_CAMERA_NOT_YET;
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    camera_fb_t *fb;
    size_t pixels;

    if (unsettled > 0) {
        return settle();
    }
    fb = newest();
    if (fb == NULL) {
        return ESP_ERR_TIMEOUT;
    }
    pixels = fb->width * fb->height;
    if (fb->format != frames.format || fb->len < (frames.format == PIXFORMAT_GRAYSCALE ? 1U : 2U) * pixels || !keep(fb)) {
        esp_camera_fb_return(fb);
        return ESP_ERR_INVALID_SIZE;
    }
    if (frames.format == PIXFORMAT_YUV422) {
        esp_sensor_keep_luma(fb->buf, pixels);
    }
    frame->format = frames.format == PIXFORMAT_RGB565 ? TINYFACE_RGB565 : TINYFACE_GRAY8;
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
