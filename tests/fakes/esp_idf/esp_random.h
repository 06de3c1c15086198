/* Test stand-in for ESP-IDF's esp_random.h. */
#pragma once
#include <stddef.h>
#include <stdint.h>
void esp_fill_random(void *buf, size_t len);
