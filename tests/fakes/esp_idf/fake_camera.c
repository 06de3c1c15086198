/* The driver: esp_camera.c and cam_hal.c of esp32-camera 2.1.6 in what matters to its callers.
 * FAKE_CAMERA: codes of the starts of the camera, "0x105,0x20001,0"; the last one repeats. FAKE_CAMERA_HANG: after
 * this many frames the driver never returns. FAKE_CAMERA_NONE: after this many frames it gives none.
 * FAKE_FRAME_MS: how often the sensor gives one. FAKE_FRAME_ROOM: bytes of the frames that it gets memory for.
 * FAKE_CAMERA_TALK: it prints a line past the log at each frame, as the driver does of damaged ones. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "esp_camera.h"
#include "esp_timer.h"
#include "fake.h"
#include "sdkconfig.h"

enum { MAX_FRAMES = 8, DMA_BYTES = 32768 };

static const struct {
    framesize_t size;
    unsigned width, height;
} sizes[] = {
    {FRAMESIZE_96X96, 96, 96},  {FRAMESIZE_128X128, 128, 128}, {FRAMESIZE_QQVGA, 160, 120},
    {FRAMESIZE_QCIF, 176, 144}, {FRAMESIZE_HQVGA, 240, 176},   {FRAMESIZE_240X240, 240, 240},
    {FRAMESIZE_QVGA, 320, 240}, {FRAMESIZE_320X320, 320, 320}, {FRAMESIZE_CIF, 400, 296},
    {FRAMESIZE_HVGA, 480, 320}, {FRAMESIZE_VGA, 640, 480},
};

/* As cam_hal.c: a sensor gives a frame at each turn; at its end the frame goes to a queue that is one shorter than there
 * are buffers, and the oldest waiting one is given up only where that queue is full. The next frame is taken only where
 * a buffer is free at that moment, otherwise a whole turn is lost. A frame of another length than expected is dropped. */
static camera_fb_t frames[MAX_FRAMES];
static int enabled[MAX_FRAMES]; /* free for the sensor */
static int waiting[MAX_FRAMES], n_waiting;
static int out[MAX_FRAMES];
static size_t count, taken_bytes;
static int taken_psram;
static pthread_mutex_t camera_mutex = PTHREAD_MUTEX_INITIALIZER;
static int started, dirty;
static uint32_t delivered, turn_number;
static fake_sensor *sensor;
static unsigned in_bytes; /* of a pixel on the sensor's lines, as the driver expects */

static uint32_t frame_ms(void)
{
    uint32_t own = fake_number("FAKE_FRAME_MS");
    return own > 0 ? own : 20;
}

static int free_frame(void)
{
    for (size_t f = 0; f < count; f++) {
        if (enabled[f]) {
            return (int)f;
        }
    }
    return -1;
}

/* The end of a frame, as cam_task treats a vsync while it reads. */
static void finish(int f)
{
    unsigned sent = sensor->width * sensor->height * (sensor->sends == FAKE_Y8 ? 1U : 2U);
    if (sent != in_bytes * frames[f].width * frames[f].height) {
        fake_say("frame of %u bytes dropped\n", sent);
        return;
    }
    enabled[f] = 0;
    if (n_waiting == (int)count - 1 && n_waiting > 0) {
        enabled[waiting[0]] = 1;
        memmove(waiting, waiting + 1, sizeof waiting[0] * (size_t)--n_waiting);
    }
    waiting[n_waiting++] = f;
}

/* The picture: its first four bytes of gray say which turn it is. */
static uint8_t luma(size_t i, uint32_t number)
{
    return i < 4 ? (uint8_t)(number >> (8U * i)) : (uint8_t)(i * 7U + number * 31U + i / 97U);
}

/* What the sensor sends as its byte `i`. */
static uint8_t sent(size_t i, uint32_t number)
{
    switch (sensor->sends) {
    case FAKE_Y8:
        return luma(i, number);
    case FAKE_YUYV:
        return i % 2U == 0 ? luma(i / 2U, number) : (uint8_t)(200U + i % 4U); /* 201: U, 203: V */
    default: /* RGB565 of one orange: 0xFC 0x80 */
        return i % 2U == 0 ? 0xFC : 0x80;
    }
}

static void expose(int f, uint32_t number)
{
    camera_fb_t *fb = &frames[f];
    size_t step = fb->format == PIXFORMAT_GRAYSCALE && in_bytes == 2U ? 2U : 1U;
    struct timeval now = {(time_t)(esp_timer_get_time() / 1000000), (suseconds_t)(esp_timer_get_time() % 1000000)};
    fb->timestamp = now;
    for (size_t i = 0; i < fb->len; i++) {
        fb->buf[i] = sent(i * step, number);
    }
}

static void *expose_always(void *unused)
{
    int filling = -1;
    for (;;) {
        pthread_mutex_lock(&camera_mutex);
        filling = started ? filling : -1;
        if (started) {
            turn_number++;
            if (filling >= 0) {
                finish(filling);
            }
            filling = free_frame();
            if (filling >= 0) {
                expose(filling, turn_number);
            } else {
                fake_say("turn %u lost\n", (unsigned)turn_number);
            }
        }
        pthread_mutex_unlock(&camera_mutex);
        usleep(frame_ms() * 1000U);
    }
    return unused;
}

static esp_err_t next_code(void)
{
    static unsigned starts;
    const char *text = getenv("FAKE_CAMERA");
    char *end;
    esp_err_t code = ESP_OK;
    for (unsigned i = 0; text != NULL && *text != '\0' && i <= starts; i++) {
        code = (esp_err_t)strtoul(text, &end, 0);
        text = *end == ',' ? end + 1 : end;
    }
    starts++;
    return code;
}

/* Sensors that send one byte a pixel when asked for gray, as ll_cam_set_sample_mode knows them. */
static int is_listed_as_gray(uint16_t pid)
{
    static const uint16_t listed[] = {OV3660_PID, OV5640_PID, NT99141_PID, SC031GS_PID, BF20A6_PID, GC0308_PID};
    for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++) {
        if (listed[i] == pid) {
            return 1;
        }
    }
    return !CONFIG_IDF_TARGET_ESP32 && pid == HM0360_PID;
}

/* Memory as cam_dma_config takes it: ESP_FAIL, and no more is said, where there is none. */
static esp_err_t take_memory(const camera_config_t *config, unsigned width, unsigned height)
{
    size_t bytes = (size_t)width * height * (config->pixel_format == PIXFORMAT_GRAYSCALE ? 1U : 2U);
    uint32_t most = fake_number("FAKE_FRAME_ROOM");
    taken_psram = config->fb_location == CAMERA_FB_IN_PSRAM;
    taken_bytes = 0;
    if (config->fb_count > MAX_FRAMES || (most > 0 && bytes * config->fb_count > most) || !fake_take(DMA_BYTES, 0)) {
        return ESP_FAIL;
    }
    for (size_t f = 0; f < config->fb_count; f++) {
        if (!fake_take(bytes, taken_psram)) {
            fake_give(taken_bytes, taken_psram);
            taken_bytes = 0;
            fake_give(DMA_BYTES, 0);
            return ESP_FAIL;
        }
        taken_bytes += bytes;
    }
    in_bytes = config->pixel_format == PIXFORMAT_GRAYSCALE && is_listed_as_gray(sensor->sensor.id.PID) ? 1U : 2U;
    count = config->fb_count;
    for (size_t f = 0; f < count; f++) {
        frames[f].width = width;
        frames[f].height = height;
        frames[f].format = config->pixel_format;
        frames[f].len = bytes;
        frames[f].buf = malloc(bytes);
        enabled[f] = 1;
        out[f] = 0;
    }
    n_waiting = 0;
    return ESP_OK;
}

static esp_err_t start(const camera_config_t *config)
{
    esp_err_t code = dirty ? ESP_ERR_INVALID_STATE : next_code();
    unsigned width = 0, height = 0;

    dirty = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        width = sizes[i].size == config->frame_size ? sizes[i].width : width;
        height = sizes[i].size == config->frame_size ? sizes[i].height : height;
    }
    if (code == ESP_OK && (width == 0 || config->fb_count == 0 || config->grab_mode != CAMERA_GRAB_LATEST)) {
        code = ESP_ERR_INVALID_ARG;
    }
    if (code == ESP_OK) {
        sensor = fake_sensor_reset();
        code = take_memory(config, width, height);
    }
    if (code == ESP_OK && fake_sensor_set_size(sensor, config->frame_size, width, height) != 0) {
        code = ESP_ERR_CAMERA_FAILED_TO_SET_FRAME_SIZE;
    }
    if (code == ESP_OK) {
        (void)sensor->sensor.set_pixformat(&sensor->sensor, config->pixel_format); /* its answer is ignored */
    }
    return code;
}

esp_err_t esp_camera_init(const camera_config_t *config)
{
    static int has_thread;
    pthread_t thread;
    esp_err_t code;

    pthread_mutex_lock(&camera_mutex);
    code = start(config);
    started = code == ESP_OK;
    pthread_mutex_unlock(&camera_mutex);
    fake_say("camera init size %d format %d frames %d in %s pins %d %d code 0x%x\n", (int)config->frame_size,
        (int)config->pixel_format, (int)config->fb_count, config->fb_location == CAMERA_FB_IN_PSRAM ? "psram" : "dram",
        config->pin_xclk, config->pin_d7, (unsigned)code);
    if (code == ESP_OK && !has_thread) {
        has_thread = 1;
        return pthread_create(&thread, NULL, expose_always, NULL) == 0 ? ESP_OK : ESP_FAIL;
    }
    return code;
}

esp_err_t esp_camera_deinit(void)
{
    pthread_mutex_lock(&camera_mutex);
    if (taken_bytes > 0) {
        fake_give(taken_bytes, taken_psram);
        fake_give(DMA_BYTES, 0);
        taken_bytes = 0;
        for (size_t f = 0; f < count; f++) {
            free(frames[f].buf);
            frames[f].buf = NULL;
        }
        count = 0;
    }
    started = 0;
    dirty = 0;
    pthread_mutex_unlock(&camera_mutex);
    return ESP_OK;
}

bool esp_camera_available_frames(void)
{
    bool there;
    pthread_mutex_lock(&camera_mutex);
    there = n_waiting > 0;
    pthread_mutex_unlock(&camera_mutex);
    return there;
}

/* The turn at which a frame is handed out lies in the second four bytes of its gray. */
static void note_turn(camera_fb_t *fb)
{
    size_t step = fb->format == PIXFORMAT_YUV422 ? 2U : 1U;
    for (size_t i = 0; i < 4; i++) {
        fb->buf[(4U + i) * step] = (uint8_t)(turn_number >> (8U * i));
    }
}

/* The oldest one that waits. */
camera_fb_t *esp_camera_fb_get(void)
{
    uint32_t hang = fake_number("FAKE_CAMERA_HANG"), none = fake_number("FAKE_CAMERA_NONE");
    while (hang > 0 && delivered >= hang) {
        sleep(1);
    }
    if (!started || (none > 0 && delivered >= none)) {
        usleep(frame_ms() * 1000U);
        return NULL;
    }
    for (int waited = 0; waited < 4000; waited++) {
        camera_fb_t *fb = NULL;
        pthread_mutex_lock(&camera_mutex);
        if (n_waiting > 0) {
            int f = waiting[0];
            memmove(waiting, waiting + 1, sizeof waiting[0] * (size_t)--n_waiting);
            out[f] = 1;
            fb = &frames[f];
            note_turn(fb);
            delivered++;
        }
        pthread_mutex_unlock(&camera_mutex);
        if (fb != NULL) {
            if (fake_number("FAKE_CAMERA_TALK") > 0) {
                fake_rom_print("cam_hal: FB-OVF\r\n");
            }
            return fb;
        }
        usleep(1000);
    }
    return NULL;
}

void esp_camera_fb_return(camera_fb_t *fb)
{
    int was_out;
    pthread_mutex_lock(&camera_mutex);
    was_out = out[fb - frames];
    out[fb - frames] = 0;
    enabled[fb - frames] = 1;
    pthread_mutex_unlock(&camera_mutex);
    if (!was_out) {
        fake_abort(3); /* given back twice */
    }
}

sensor_t *esp_camera_sensor_get(void)
{
    return started ? &sensor->sensor : NULL;
}
