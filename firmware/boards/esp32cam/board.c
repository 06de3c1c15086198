/* AI-Thinker ESP32-CAM on ESP-IDF 5.x: UART0, heap, clock, restart. Never run on silicon yet. */
#include <stdio.h>

#include "app.h"
#include "driver/gpio.h"
#include "driver/uart.h"
#include "esp_cpu.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"
#include "tinyface/board.h"

enum {
    RX_BYTES = 4096,
    /* Internal heap that stays free for the camera's DMA buffers and the drivers. */
    INTERNAL_RESERVE = 48 * 1024
};

#define PORT UART_NUM_0

const char *tinyface_board_name(void)
{
    return TINYFACE_BOARD_NAME;
}

void tinyface_board_init(void)
{
    const uart_config_t config = {
        .baud_rate = TINYFACE_BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_DEFAULT,
    };
    esp_log_level_set("*", ESP_LOG_NONE); /* from here on nothing but frames */
    fflush(stdout);
    ESP_ERROR_CHECK(uart_driver_install(PORT, RX_BYTES, 0, 0, NULL, 0));
    ESP_ERROR_CHECK(uart_param_config(PORT, &config));
    gpio_reset_pin((gpio_num_t)TINYFACE_PIN_LED);
    gpio_set_direction((gpio_num_t)TINYFACE_PIN_LED, GPIO_MODE_OUTPUT);
    tinyface_board_led(0);
}

uint64_t tinyface_board_micros(void)
{
    return (uint64_t)esp_timer_get_time();
}

/* The CPU's cycle counter wraps after 18 s at 240 MHz: longer than any inference, and only differences within
 * one are used. */
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

int tinyface_board_read(uint8_t *data, size_t size, uint32_t wait_ms)
{
    size_t ready = 0;
    int n;

    /* Everything that lies in the driver's buffer, or the first byte that comes. */
    (void)uart_get_buffered_data_len(PORT, &ready);
    if (ready == 0) {
        n = uart_read_bytes(PORT, data, 1, pdMS_TO_TICKS(wait_ms));
        return n > 0 ? n : 0;
    }
    n = uart_read_bytes(PORT, data, (uint32_t)(ready < size ? ready : size), 0);
    return n > 0 ? n : 0;
}

int tinyface_board_write(const uint8_t *data, size_t size)
{
    return uart_write_bytes(PORT, data, size) == (int)size ? 0 : -1;
}

void *tinyface_board_alloc(size_t bytes, int *internal)
{
    void *memory = NULL;
    *internal = 0;
    if (bytes + INTERNAL_RESERVE <= heap_caps_get_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT)) {
        memory = heap_caps_aligned_alloc(16, bytes, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
        *internal = memory != NULL;
    }
    if (memory == NULL) {
        memory = heap_caps_aligned_alloc(16, bytes, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);
    }
    return memory;
}

void tinyface_board_memory(tinyface_memory *memory)
{
    /* IDF counts a task's free stack in bytes. */
    uint32_t unused = (uint32_t)uxTaskGetStackHighWaterMark(NULL);
    memory->heap_free = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    memory->heap_largest_block = (uint32_t)heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    memory->psram_free = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    memory->stack_high_water = (uint32_t)CONFIG_ESP_MAIN_TASK_STACK_SIZE - unused;
}

void tinyface_board_led(int on)
{
    gpio_set_level((gpio_num_t)TINYFACE_PIN_LED, on ? 0U : 1U); /* the red LED lights at low level */
}

void tinyface_board_restart(void)
{
    (void)uart_wait_tx_done(PORT, pdMS_TO_TICKS(200));
    esp_restart();
}
