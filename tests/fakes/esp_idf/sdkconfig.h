/* Test stand-in for the generated sdkconfig.h; the tests define the target. */
#pragma once
#define CONFIG_ESP_MAIN_TASK_STACK_SIZE 16384
#ifndef CONFIG_IDF_TARGET_ESP32
#define CONFIG_IDF_TARGET_ESP32 0
#endif
#ifndef CONFIG_FREERTOS_UNICORE
#define CONFIG_FREERTOS_UNICORE 0
#endif
