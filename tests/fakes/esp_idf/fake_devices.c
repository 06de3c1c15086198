/* Memory, pins, clock and reset.
 * FAKE_HEAP: bytes of internal heap. FAKE_PSRAM: bytes of PSRAM. TINYFACE_NO_PSRAM: there is none. FAKE_RESET: the number
 * of the reset reason. FAKE_LOG: a file that gets a line for each thing done to sensor and pins. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver/gpio.h"
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

enum { EXIT_RESTART = 90, EXIT_PANIC = 94, LARGEST_INTERNAL = 110000 };

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

/* --- memory, pins, clock, reset ------------------------------------------------------------------- */

static size_t internal_free = 290000, psram_free = 4194304; /* with less in FAKE_PSRAM, that */
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

size_t esp_psram_get_size(void)
{
    return !esp_psram_is_initialized() ? 0 : fake_number("FAKE_PSRAM") > 0 ? fake_number("FAKE_PSRAM") : 8388608;
}

int fake_take(size_t bytes, int psram)
{
    size_t *left = psram ? &psram_free : &internal_free;
    if (bytes > *left || (psram && !esp_psram_is_initialized()) || (!psram && bytes > LARGEST_INTERNAL)) {
        return 0;
    }
    *left -= bytes;
    return 1;
}

void fake_give(size_t bytes, int psram)
{
    *(psram ? &psram_free : &internal_free) += bytes;
}

static size_t *pool(uint32_t caps)
{
    return caps & MALLOC_CAP_SPIRAM ? &psram_free : &internal_free;
}

void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    void *memory = NULL;
    if (!fake_take(size, (caps & MALLOC_CAP_SPIRAM) != 0) || posix_memalign(&memory, alignment, size) != 0) {
        return NULL;
    }
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
    return (caps & MALLOC_CAP_SPIRAM) || left < LARGEST_INTERNAL ? left : LARGEST_INTERNAL;
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
    psram_free = fake_number("FAKE_PSRAM") > 0 ? fake_number("FAKE_PSRAM") : psram_free;
    internal_free = fake_number("FAKE_HEAP") > 0 ? fake_number("FAKE_HEAP") : internal_free;
    app_main();
    return 0;
}
