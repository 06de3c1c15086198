/* What the boards with an Espressif chip share: their board.c gives the facts, the files here do the work on
 * ESP-IDF 5.x. Pins and sizes come from board.toml as macros. Never run on silicon yet. */
#ifndef ESP_BOARD_H
#define ESP_BOARD_H

#include <stdint.h>

#include "tinyface/board.h"

/* Pins a board does not have. */
#ifndef TINYFACE_PIN_LED
#define TINYFACE_PIN_LED (-1)
#endif
#ifndef TINYFACE_PIN_FLASH_LED
#define TINYFACE_PIN_FLASH_LED (-1)
#endif

typedef enum { ESP_SERIAL_UART0, ESP_SERIAL_USB } esp_serial;

/* One per board, in its board.c. */
typedef struct {
    esp_serial serial;      /* which port the USB socket leads to */
    uint8_t led_active_low; /* 1: the status LED lights at low level */
    uint8_t mirror, flip;   /* 1: how the sensor is mounted; settings count from there */
} esp_board_facts;

extern const esp_board_facts esp_board;

/* Stops the firmware where a driver that it can't do without does not start: a panic text, then a restart. ESP-IDF's
 * ESP_ERROR_CHECK does nothing where assertions are compiled out. */
void esp_board_must(int status);

/* Called by tinyface_board_init, in this order. */
void esp_board_start_watchdog(void);
void esp_board_start_serial(void);
void esp_board_start_store(void);

/* Wakes a reader of the serial port. */
void esp_board_wake_serial(void);

/* Milliseconds as FreeRTOS ticks, rounded up: a wait is never shorter than asked for. */
uint32_t esp_board_ticks_of(uint32_t ms);

#endif
