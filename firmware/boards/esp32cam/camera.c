/* The OV2640 through espressif/esp32-camera: QVGA RGB565 frames in PSRAM, the newest one at each grab. */
#include "esp_camera.h"
#include "tinyface/board.h"

static camera_fb_t *held;
static int running;

int tinyface_board_camera_start(void)
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
        .xclk_freq_hz = 20000000,
        .ledc_timer = LEDC_TIMER_0,
        .ledc_channel = LEDC_CHANNEL_0,
        .pixel_format = PIXFORMAT_RGB565,
        .frame_size = FRAMESIZE_QVGA,
        .jpeg_quality = 12,
        .fb_count = 2,
        .fb_location = CAMERA_FB_IN_PSRAM,
        .grab_mode = CAMERA_GRAB_LATEST,
    };
    esp_err_t status;

    if (running) {
        return 0;
    }
    status = esp_camera_init(&config);
    running = status == ESP_OK;
    return (int)status;
}

int tinyface_board_camera_grab(tinyface_frame *frame)
{
    held = esp_camera_fb_get();
    if (held == NULL) {
        return ESP_FAIL;
    }
    if (held->format != PIXFORMAT_RGB565 || held->len < 2U * held->width * held->height) {
        tinyface_board_camera_release();
        return ESP_ERR_INVALID_SIZE;
    }
    frame->format = TINYFACE_RGB565;
    frame->width = (uint16_t)held->width;
    frame->height = (uint16_t)held->height;
    frame->data = held->buf;
    return 0;
}

void tinyface_board_camera_release(void)
{
    if (held != NULL) {
        esp_camera_fb_return(held);
        held = NULL;
    }
}
