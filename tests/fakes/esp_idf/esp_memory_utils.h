/* Test stand-in for ESP-IDF's esp_memory_utils.h. */
#pragma once
#include <stdbool.h>
bool esp_ptr_internal(const void *p);
