/* What the boards with an Espressif chip share: board.toml gives the facts, as macros, the files here do the work on
 * ESP-IDF 5.x. Never run on silicon yet. */
#ifndef ESP_BOARD_H
#define ESP_BOARD_H

#include <stdint.h>

#include "tinyface/board.h"

/* What a board says nothing of: pins it does not have, then facts that are 0. */
#ifndef TINYFACE_PIN_LED
#define TINYFACE_PIN_LED (-1)
#endif
#ifndef TINYFACE_PIN_FLASH_LED
#define TINYFACE_PIN_FLASH_LED (-1)
#endif
#ifndef TINYFACE_OWN_USB
#define TINYFACE_OWN_USB 0 /* 1: the USB socket leads to the chip itself, not to UART0 */
#endif
#ifndef TINYFACE_LED_ACTIVE_LOW
#define TINYFACE_LED_ACTIVE_LOW 0 /* 1: the status LED lights at low level */
#endif
#ifndef TINYFACE_CAMERA_MIRROR
#define TINYFACE_CAMERA_MIRROR 0 /* 1: the sensor is mounted so; settings count from there */
#endif
#ifndef TINYFACE_CAMERA_FLIP
#define TINYFACE_CAMERA_FLIP 0
#endif

/* Stops the firmware where a driver that it can't do without does not start: a panic text, then a restart. ESP-IDF's
 * ESP_ERROR_CHECK does nothing where assertions are compiled out. */
void esp_board_must(int status);

/* Called by tinyface_board_init, in this order. */
void esp_board_start_watchdog(void);
void esp_board_start_serial(void);
void esp_board_start_store(void);

/* The application's task above the one that helps with layers, which else it would stand behind. */
void esp_board_raise_application(void);

/* The task that helps with layers, NULL where there is none, and its stack's bytes. */
void esp_board_helper(void **task, uint32_t *stack);

/* Wakes a reader of the serial port. */
void esp_board_wake_serial(void);

/* Milliseconds as FreeRTOS ticks, rounded up: a wait is never shorter than asked for. */
uint32_t esp_board_ticks_of(uint32_t ms);

#endif
