/* Test stand-in for ESP-IDF's esp_system.h. */
#pragma once
void esp_restart(void) __attribute__((noreturn));
