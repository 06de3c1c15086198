/* Camera, memory, pins, clock and reset.
 * FAKE_CAMERA: codes of the starts of the camera, "0x105,0x20001,0"; the last one repeats. FAKE_CAMERA_HANG: after
 * this many frames the driver never returns. FAKE_CAMERA_NONE: after this many frames it gives none.
 * FAKE_FRAME_MS: how often the sensor gives one. FAKE_HEAP: bytes of internal heap.
 * FAKE_CAMERA_TALK: it prints a line past the log at each frame, as the driver does of damaged ones.
 * FAKE_RESET: the number of the reset reason. FAKE_LOG: a file that gets a line for each thing done to sensor and pins. TINYFACE_NO_PSRAM: as it says. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver/gpio.h"
#include "esp_camera.h"
#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_memory_utils.h"
#include "esp_psram.h"
#include "esp_random.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "fake.h"

enum { EXIT_RESTART = 90, EXIT_PANIC = 94, MAX_FRAMES = 8 };

void fake_say(const char *format, ...)
{
    const char *name = getenv("FAKE_LOG");
    FILE *file = name != NULL ? fopen(name, "a") : NULL;
    va_list arguments;
    if (file != NULL) {
        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        fclose(file);
    }
}

/* --- camera -------------------------------------------------------------------------------------- */

static const struct {
    framesize_t size;
    size_t width, height;
} sizes[] = {
    {FRAMESIZE_96X96, 96, 96},  {FRAMESIZE_128X128, 128, 128}, {FRAMESIZE_QQVGA, 160, 120},
    {FRAMESIZE_QCIF, 176, 144}, {FRAMESIZE_HQVGA, 240, 176},   {FRAMESIZE_240X240, 240, 240},
    {FRAMESIZE_QVGA, 320, 240}, {FRAMESIZE_320X320, 320, 320}, {FRAMESIZE_CIF, 400, 296},
    {FRAMESIZE_HVGA, 480, 320}, {FRAMESIZE_VGA, 640, 480},
};

/* As cam_hal.c of esp32-camera 2.1: a sensor gives a frame at each turn; at its end the frame goes to a queue that is
 * one shorter than there are buffers, and the oldest waiting one is given up only where that queue is full. The next
 * frame is taken only where a buffer is free at that moment, otherwise a whole turn is lost. */
static camera_fb_t frames[MAX_FRAMES];
static int enabled[MAX_FRAMES]; /* free for the sensor */
static int waiting[MAX_FRAMES], n_waiting;
static int out[MAX_FRAMES];
static size_t count;
static pthread_mutex_t camera_mutex = PTHREAD_MUTEX_INITIALIZER;
static int started, dirty;
static uint32_t delivered, turn_number;

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

static void give(int f)
{
    enabled[f] = 1;
}

/* The end of a frame, as cam_task treats a vsync while it reads. */
static void finish(int f)
{
    enabled[f] = 0;
    if (n_waiting == (int)count - 1 && n_waiting > 0) {
        give(waiting[0]);
        memmove(waiting, waiting + 1, sizeof waiting[0] * (size_t)--n_waiting);
    }
    waiting[n_waiting++] = f;
}

/* The picture says which one it is: its turn in the first four bytes. */
static void expose(int f, uint32_t number)
{
    camera_fb_t *fb = &frames[f];
    struct timeval now = {(time_t)(esp_timer_get_time() / 1000000), (suseconds_t)(esp_timer_get_time() % 1000000)};
    fb->timestamp = now;
    for (size_t i = 4; i < fb->len; i++) {
        fb->buf[i] = (uint8_t)(i * 7U + number * 31U + i / 97U);
    }
    memcpy(fb->buf, &number, 4);
}

static void *expose_always(void *unused)
{
    int filling = -1;
    for (;;) {
        pthread_mutex_lock(&camera_mutex);
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

esp_err_t esp_camera_init(const camera_config_t *config)
{
    pthread_t thread;
    esp_err_t code = dirty ? ESP_ERR_INVALID_STATE : next_code();
    fake_say("camera init size %d format %d frames %d in %s pins %d %d code 0x%x\n", (int)config->frame_size,
        (int)config->pixel_format, (int)config->fb_count, config->fb_location == CAMERA_FB_IN_PSRAM ? "psram" : "dram",
        config->pin_xclk, config->pin_d7, (unsigned)code);
    dirty = 1;
    if (code != ESP_OK) {
        return code;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (sizes[i].size == config->frame_size) {
            count = config->fb_count;
            for (size_t f = 0; f < count; f++) {
                frames[f].width = sizes[i].width;
                frames[f].height = sizes[i].height;
                frames[f].format = config->pixel_format;
                frames[f].len = sizes[i].width * sizes[i].height * (config->pixel_format == PIXFORMAT_GRAYSCALE ? 1 : 2);
                frames[f].buf = malloc(frames[f].len);
                enabled[f] = 1;
            }
        }
    }
    if (count > MAX_FRAMES || config->grab_mode != CAMERA_GRAB_LATEST) {
        return ESP_ERR_INVALID_ARG;
    }
    started = 1;
    return pthread_create(&thread, NULL, expose_always, NULL) == 0 ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_camera_deinit(void)
{
    dirty = 0;
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

/* The oldest one that waits; the turn at which it is handed out lies in its second four bytes. */
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
            memcpy(fb->buf + 4, &turn_number, 4);
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
    give((int)(fb - frames));
    pthread_mutex_unlock(&camera_mutex);
    if (!was_out) {
        fake_abort(3); /* given back twice */
    }
}

#define SETTER(name)                                  \
    static int name(sensor_t *sensor, int value)      \
    {                                                 \
        (void)sensor;                                 \
        fake_say("sensor " #name " %d\n", value);          \
        return 0;                                     \
    }
SETTER(contrast)
SETTER(brightness)
SETTER(gain_ctrl)
SETTER(exposure_ctrl)
SETTER(hmirror)
SETTER(vflip)
SETTER(agc_gain)
SETTER(aec_value)

sensor_t *esp_camera_sensor_get(void)
{
    static sensor_t sensor = {contrast, brightness, gain_ctrl, exposure_ctrl, hmirror, vflip, agc_gain, aec_value};
    return started ? &sensor : NULL;
}

/* --- memory, pins, clock, reset ------------------------------------------------------------------- */

static size_t internal_free = 290000, psram_free = 4194304;
static const char *psram_blocks[16];
static size_t psram_sizes[16], n_psram;

bool esp_ptr_internal(const void *p)
{
    for (size_t i = 0; i < n_psram; i++) {
        if ((const char *)p >= psram_blocks[i] && (const char *)p < psram_blocks[i] + psram_sizes[i]) {
            return false;
        }
    }
    return true;
}

bool esp_psram_is_initialized(void)
{
    return fake_number("TINYFACE_NO_PSRAM") == 0;
}

static size_t *pool(uint32_t caps)
{
    return caps & MALLOC_CAP_SPIRAM ? &psram_free : &internal_free;
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    size_t *left = pool(caps);
    void *memory = NULL;
    if (size > *left || ((caps & MALLOC_CAP_SPIRAM) && !esp_psram_is_initialized()) ||
        (!(caps & MALLOC_CAP_SPIRAM) && size > 110000) || posix_memalign(&memory, alignment, size) != 0) {
        return NULL;
    }
    *left -= size;
    if ((caps & MALLOC_CAP_SPIRAM) && n_psram < sizeof psram_sizes / sizeof psram_sizes[0]) {
        psram_blocks[n_psram] = memory;
        psram_sizes[n_psram++] = size;
    }
    return memory;
}

size_t heap_caps_get_free_size(uint32_t caps)
{
    return (caps & MALLOC_CAP_SPIRAM) && !esp_psram_is_initialized() ? 0 : *pool(caps);
}

size_t heap_caps_get_largest_free_block(uint32_t caps)
{
    size_t left = heap_caps_get_free_size(caps);
    return left < 110000 ? left : 110000;
}

esp_err_t gpio_reset_pin(gpio_num_t pin)
{
    return pin >= 0 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode)
{
    fake_say("pin %d mode %d\n", (int)pin, (int)mode);
    return ESP_OK;
}

esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level)
{
    fake_say("pin %d level %u\n", (int)pin, (unsigned)level);
    return ESP_OK;
}

static uint64_t switched_on_ms;

int64_t esp_timer_get_time(void)
{
    return (int64_t)(fake_ms() - switched_on_ms) * 1000;
}

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (esp_cpu_cycle_count_t)((uint64_t)now.tv_sec * 240000000U + (uint64_t)now.tv_nsec * 240U / 1000U);
}

void esp_log_level_set(const char *tag, esp_log_level_t level)
{
    (void)tag;
    (void)level;
}

void esp_fill_random(void *buf, size_t len)
{
    uint8_t *bytes = buf;
    while (len-- > 0) {
        *bytes++ = (uint8_t)random();
    }
}

/* The simulator numbers the reasons as the wire does. */
esp_reset_reason_t esp_reset_reason(void)
{
    static const esp_reset_reason_t reasons[] = {ESP_RST_UNKNOWN, ESP_RST_POWERON,  ESP_RST_EXT,     ESP_RST_SW,
                                                 ESP_RST_PANIC,   ESP_RST_TASK_WDT, ESP_RST_BROWNOUT};
    uint32_t own = fake_number("FAKE_RESET");
    return own > 0 ? (esp_reset_reason_t)own : reasons[fake_number("TINYFACE_RESET_REASON") % 7U];
}

void esp_system_abort(const char *details)
{
    fprintf(stderr, "abort: %s\n", details);
    _exit(EXIT_PANIC);
}

void esp_restart(void)
{
    _exit(EXIT_RESTART);
}

void app_main(void);

int main(void)
{
    switched_on_ms = fake_ms();
    internal_free = fake_number("FAKE_HEAP") > 0 ? fake_number("FAKE_HEAP") : internal_free;
    app_main();
    return 0;
}
