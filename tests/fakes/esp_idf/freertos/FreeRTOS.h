/* Test stand-in for FreeRTOS.h as ESP-IDF configures it. */
#pragma once
#include <stdint.h>
#include "sdkconfig.h"
typedef uint32_t TickType_t;
typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint8_t StackType_t; /* ESP-IDF counts stacks in bytes */
typedef struct {
    void *fake[8];
} StaticTask_t;
typedef struct {
    void *fake[16];
} StaticSemaphore_t;
#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define pdPASS pdTRUE
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFU)
#define configTICK_RATE_HZ 100
#define pdMS_TO_TICKS(ms) ((TickType_t)(((uint64_t)(ms) * configTICK_RATE_HZ) / 1000U))
