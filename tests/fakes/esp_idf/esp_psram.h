/* Test stand-in for ESP-IDF's esp_psram.h. */
#pragma once
#include <stdbool.h>
bool esp_psram_is_initialized(void);
