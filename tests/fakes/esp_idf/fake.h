/* What the files of the fake ESP-IDF share. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "freertos/queue.h"

uint64_t fake_ms(void);
void fake_abort(int status);
void fake_rom_print(const char *text);
uint32_t fake_number(const char *name); /* of the environment, 0 without it */
void fake_say(const char *format, ...); /* a line for the file FAKE_LOG */
QueueHandle_t fake_queue(size_t item_bytes, size_t capacity);
