/* Start, clock, memory, LEDs and restart on ESP-IDF 5.x. The application runs in the main task, on core 0. */
#include "app.h"
#include "driver/gpio.h"
#include "esp_board.h"
#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_memory_utils.h"
#include "esp_psram.h"
#include "esp_random.h"
#include "esp_rom_sys.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"

/* Internal heap that stays free for the camera's DMA buffers and the drivers. */
enum { INTERNAL_RESERVE = 48 * 1024 };

static const uint32_t internal_ram = MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT;

const char *tinyface_board_name(void)
{
    return TINYFACE_BOARD_NAME;
}

void esp_board_must(int status)
{
    if (status != 0) {
        esp_system_abort("a driver does not start");
    }
}

/* From here on nothing but frames: neither log lines nor what drivers print past the log, as the camera's does. */
static void silence_console(void)
{
    esp_log_level_set("*", ESP_LOG_NONE);
    esp_rom_install_channel_putc(1, NULL);
    esp_rom_install_channel_putc(2, NULL);
}

static void start_led(int pin)
{
    if (pin >= 0) {
        (void)gpio_reset_pin((gpio_num_t)pin);
        (void)gpio_set_direction((gpio_num_t)pin, GPIO_MODE_OUTPUT);
    }
}

void tinyface_board_init(void)
{
    silence_console();
    esp_board_start_watchdog();
    esp_board_start_serial();
    esp_board_start_store();
    start_led(TINYFACE_PIN_LED);
    start_led(TINYFACE_PIN_FLASH_LED);
    tinyface_board_led(1);
    tinyface_board_flash_led(0);
}

uint8_t tinyface_board_reset_reason(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        return TINYFACE_WIRE_RESET_REASON_POWER_ON;
    case ESP_RST_EXT:
    case ESP_RST_USB: /* a host at the chip's own USB port */
    case ESP_RST_JTAG:
        return TINYFACE_WIRE_RESET_REASON_EXTERNAL;
    case ESP_RST_SW:
        return TINYFACE_WIRE_RESET_REASON_SOFTWARE;
    case ESP_RST_PANIC:
    case ESP_RST_CPU_LOCKUP:
        return TINYFACE_WIRE_RESET_REASON_PANIC;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return TINYFACE_WIRE_RESET_REASON_WATCHDOG;
    case ESP_RST_BROWNOUT:
    case ESP_RST_PWR_GLITCH:
        return TINYFACE_WIRE_RESET_REASON_BROWNOUT;
    default:
        return TINYFACE_WIRE_RESET_REASON_UNKNOWN;
    }
}

uint32_t tinyface_board_psram_missing(void)
{
#if TINYFACE_PSRAM_BYTES > 0
    size_t found = esp_psram_is_initialized() ? esp_psram_get_size() : 0;
    return found < TINYFACE_PSRAM_BYTES ? (uint32_t)(TINYFACE_PSRAM_BYTES - found) : 0;
#else
    return 0;
#endif
}

/* The chip's generator. It is a true one while a radio runs, as it does on a network. */
int tinyface_board_random(uint8_t *data, size_t size)
{
    esp_fill_random(data, size);
    return 0;
}

uint64_t tinyface_board_micros(void)
{
    return (uint64_t)esp_timer_get_time();
}

/* Each core counts its own cycles, and 32 bits turn over within half a minute: only differences within one
 * inference are used, and one task takes them all. */
uint64_t tinyface_board_ticks(void)
{
    static uint32_t last;
    static uint64_t total;
    uint32_t now = (uint32_t)esp_cpu_get_cycle_count();
    total += now - last;
    last = now;
    return total;
}

tinyface_tick_unit tinyface_board_tick_unit(void)
{
    return TINYFACE_TICKS_CYCLES;
}

void *tinyface_board_alloc(size_t bytes, int *internal)
{
    void *memory = NULL;
    *internal = 0;
    if (bytes + INTERNAL_RESERVE <= heap_caps_get_free_size(internal_ram)) {
        memory = heap_caps_aligned_alloc(16, bytes, internal_ram);
        *internal = memory != NULL && esp_ptr_internal(memory);
    }
    if (memory == NULL) {
        memory = heap_caps_aligned_alloc(16, bytes, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);
    }
    return memory;
}

static void set_pin(int pin, int high)
{
    if (pin >= 0) {
        (void)gpio_set_level((gpio_num_t)pin, high ? 1U : 0U);
    }
}

void tinyface_board_led(int on)
{
    set_pin(TINYFACE_PIN_LED, TINYFACE_LED_ACTIVE_LOW ? !on : on);
}

void tinyface_board_flash_led(int on)
{
    set_pin(TINYFACE_PIN_FLASH_LED, on);
}

void app_main(void);

void app_main(void)
{
    tinyface_app_run();
}
