/* Starts the camera, at the third try if it must, and names what its driver says. */
#include "camera.h"

#include "app.h"
#include "sensor.h"
#include "tinyface/board.h"
#include "tinyface/stage.h"
#include "voice.h"

enum {
    PAUSE_MS = 200,     /* between two starts: the sensor's supply settles */
    NO_CAMERA = 0x106,  /* ESP_ERR_NOT_SUPPORTED: this board has none, or no known one answers (esp32-camera 2.1) */
    NO_MEMORY = 0x101,  /* ESP_ERR_NO_MEM */
    NOT_FOUND = 0x105,  /* ESP_ERR_NOT_FOUND: nothing answers on the camera's control bus (esp32-camera 2.0) */
    TIMEOUT = 0x107,    /* ESP_ERR_TIMEOUT */
    NOT_DETECTED = 0x20001,
    NO_FRAME_SIZE = 0x20002,
    NO_FORMAT = 0x20003,
    NOT_SUPPORTED = 0x20004
};

static int running;
static unsigned tries;
static uint32_t last_code, failures;
static uint64_t next_try_us; /* not before it */

const char *tinyface_camera_text(uint32_t code)
{
    switch (code) {
    case NO_CAMERA:
        return TINYFACE_HAS_CAMERA ? "no known camera answers: check its ribbon cable, the 5 V supply and its model"
                                   : "this board has no camera: send frames from the host";
    case NO_MEMORY:
        return "the camera's frames do not fit the memory: is the PSRAM found?";
    case NOT_FOUND:
    case NOT_DETECTED:
        return "no camera answers: check its ribbon cable and the 5 V supply";
    case NO_FRAME_SIZE:
    case NO_FORMAT:
        return "the camera refuses every frame size or format that fits this board";
    case NOT_SUPPORTED:
        return "the driver of this camera's sensor gives no picture on this chip";
    case TIMEOUT:
        return "the camera's bus hangs: switch the board off and on";
    case UINT32_MAX: /* ESP_FAIL: memory, DMA channel or interrupt of the driver */
        return "the camera's driver can't set itself up: mostly there is no memory for its frames";
    default:
        return "the camera does not start";
    }
}

void tinyface_camera_count_failure(void)
{
    failures++;
}

uint32_t tinyface_camera_failures(void)
{
    uint32_t count;
    tinyface_board_lock();
    count = failures;
    tinyface_board_unlock();
    return count;
}

static tinyface_camera_wish wish_of_program(void)
{
    const tinyface_input_spec *input = &tinyface_program_main.stages[0].input;
    tinyface_camera_wish wish = {input->layout == TINYFACE_LAYOUT_RGB ? TINYFACE_WISH_RGB : TINYFACE_WISH_GRAY, input->width,
                                 input->height};
    return wish;
}

static void try_start(const tinyface_settings_head *settings)
{
    tinyface_camera_wish wish = wish_of_program();
    int status = tinyface_board_camera_start(&wish);

    if (status == TINYFACE_CAMERA_NOT_YET) {
        return;
    }
    last_code = (uint32_t)status;
    running = last_code == 0;
    if (running) {
        tries = 0;
        tinyface_sensor_started(&wish, settings);
        return;
    }
    tries++;
    next_try_us = tinyface_board_micros() + PAUSE_MS * 1000U;
    tinyface_board_lock();
    tinyface_camera_count_failure();
    tinyface_board_unlock();
    if (tries == TINYFACE_CAMERA_STARTS) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "three camera starts failed: from now on frames come from the host");
    }
}

tinyface_camera_state tinyface_camera_start(const tinyface_settings_head *settings, uint32_t *code)
{
    tinyface_camera_wish wish = wish_of_program();

    *code = NO_CAMERA;
    if (!TINYFACE_HAS_CAMERA) {
        return TINYFACE_CAMERA_FAILED;
    }
    if (running) {
        /* A camera that runs is told to start again: the simulated one shows its last picture again. */
        *code = (uint32_t)tinyface_board_camera_start(&wish);
        return *code == 0 ? TINYFACE_CAMERA_RUNS : TINYFACE_CAMERA_FAILED;
    }
    if (tries < TINYFACE_CAMERA_STARTS && (tries == 0 || tinyface_camera_patience() == 0)) {
        try_start(settings);
    }
    *code = last_code;
    if (running) {
        return TINYFACE_CAMERA_RUNS;
    }
    return tries == TINYFACE_CAMERA_STARTS ? TINYFACE_CAMERA_FAILED : TINYFACE_CAMERA_STARTING;
}

uint32_t tinyface_camera_patience(void)
{
    uint64_t now = tinyface_board_micros();
    return now < next_try_us ? (uint32_t)((next_try_us - now + 999U) / 1000U) : 0;
}

void tinyface_camera_configure(const tinyface_settings_head *settings)
{
    if (running) {
        tinyface_sensor_configure(settings);
    }
}
