/* Tasks on FreeRTOS: capture beside the application on core 0, inference alone on core 1; the task watchdog.
 * Stacks are static. */
#include "esp_board.h"
#include "esp_err.h"
#include "esp_heap_caps.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "sdkconfig.h"

#ifndef TINYFACE_INFERENCE_STACK
#define TINYFACE_INFERENCE_STACK 12288 /* TFLite-Micro's interpreter takes most of it; generated code a tenth */
#endif

enum {
    TASKS = 3,
    CAPTURE_STACK = 3584,
    INFERENCE_STACK = TINYFACE_INFERENCE_STACK,
    PRIORITY = 5,
    WATCHDOG_MS = 10000
};

static TaskHandle_t handles[TASKS];
static StaticTask_t blocks[TASKS];
static StackType_t capture_stack[CAPTURE_STACK / sizeof(StackType_t)];
static StackType_t inference_stack[INFERENCE_STACK / sizeof(StackType_t)];
static StaticSemaphore_t mutex_block;
static SemaphoreHandle_t mutex;

void esp_board_start_watchdog(void)
{
    const esp_task_wdt_config_t config = {.timeout_ms = WATCHDOG_MS, .idle_core_mask = 0, .trigger_panic = true};

    handles[TINYFACE_TASK_SERIAL] = xTaskGetCurrentTaskHandle();
    mutex = xSemaphoreCreateMutexStatic(&mutex_block);
    if (esp_task_wdt_init(&config) == ESP_ERR_INVALID_STATE) { /* sdkconfig has started it */
        esp_board_must(esp_task_wdt_reconfigure(&config));
    }
}

/* A task joins the watchdog when it first feeds it. */
void tinyface_board_feed_watchdog(void)
{
    if (esp_task_wdt_reset() != ESP_OK) {
        (void)esp_task_wdt_add(NULL);
    }
}

static void run_task(void *entry)
{
    ((void (*)(void))entry)();
}

int tinyface_board_start_task(tinyface_task task, void (*run)(void))
{
#if CONFIG_FREERTOS_UNICORE
    (void)task;
    (void)run;
    (void)capture_stack;
    (void)inference_stack;
    (void)run_task;
    (void)blocks;
    return -1;
#else
    int inference = task == TINYFACE_TASK_INFERENCE;
    handles[task] = xTaskCreateStaticPinnedToCore(
        run_task, inference ? "inference" : "capture", inference ? INFERENCE_STACK : CAPTURE_STACK, (void *)run, PRIORITY,
        inference ? inference_stack : capture_stack, &blocks[task], inference ? 1 : 0);
    return handles[task] != NULL ? 0 : -1;
#endif
}

void esp_board_raise_application(void)
{
    vTaskPrioritySet(handles[TINYFACE_TASK_SERIAL], PRIORITY);
}

void tinyface_board_sleep(tinyface_task task, uint32_t wait_ms)
{
    (void)task; /* a task only ever puts itself to sleep */
    (void)ulTaskNotifyTake(pdTRUE, esp_board_ticks_of(wait_ms));
}

void tinyface_board_signal(tinyface_task task)
{
    if (handles[task] != NULL) {
        (void)xTaskNotifyGive(handles[task]);
    }
    if (task == TINYFACE_TASK_SERIAL) {
        esp_board_wake_serial();
    }
}

void tinyface_board_lock(void)
{
    (void)xSemaphoreTake(mutex, portMAX_DELAY);
}

void tinyface_board_unlock(void)
{
    (void)xSemaphoreGive(mutex);
}

void tinyface_board_memory(tinyface_memory *memory)
{
    uint32_t sizes[TASKS + 1] = {CONFIG_ESP_MAIN_TASK_STACK_SIZE, CAPTURE_STACK, INFERENCE_STACK};
    void *all[TASKS + 1] = {handles[0], handles[1], handles[2]};

    esp_board_helper(&all[TASKS], &sizes[TASKS]);
    memory->heap_free = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    memory->heap_largest_block = (uint32_t)heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    memory->psram_free = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_SPIRAM);
    memory->stack_high_water = 0;
    memory->stack_free = UINT32_MAX;
    for (unsigned i = 0; i < TASKS + 1; i++) {
        if (all[i] != NULL) {
            uint32_t left = (uint32_t)uxTaskGetStackHighWaterMark((TaskHandle_t)all[i]); /* IDF counts it in bytes */
            uint32_t used = sizes[i] - left;
            memory->stack_high_water = used > memory->stack_high_water ? used : memory->stack_high_water;
            memory->stack_free = left < memory->stack_free ? left : memory->stack_free;
        }
    }
}
