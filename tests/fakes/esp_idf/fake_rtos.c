/* FreeRTOS on threads: tasks with notifications, queues, mutexes, and the task watchdog.
 * FAKE_WDT_MS: the watchdog's timeout instead of the one asked for; a starved task ends the program (93). It counts
 * its own turns, so that a machine that holds the whole program up starves nobody.
 * FAKE_WDT_RUNS: sdkconfig has started it already. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "esp_task_wdt.h"
#include "fake.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"

enum { TASKS = 8, ITEMS = 64, ITEM_BYTES = 32, TURN_MS = 50 };

struct tskTaskControlBlock {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t notified;
    TaskFunction_t code;
    void *argument;
    atomic_int watched;
    atomic_uint fed; /* turn of the watchdog */
};

struct QueueDefinition {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint8_t items[ITEMS][ITEM_BYTES];
    size_t item_bytes, capacity, first, used;
};

static struct tskTaskControlBlock tasks[TASKS];
static int n_tasks;
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static __thread TaskHandle_t self;
static uint32_t wdt_ms;
static atomic_uint turn;

uint64_t fake_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

uint32_t fake_number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? (uint32_t)strtoul(text, NULL, 0) : 0;
}

void fake_abort(int status)
{
    fprintf(stderr, "abort: error 0x%x\n", (unsigned)status);
    _exit(94);
}

/* Waits for a change; 0 when the time is over. */
static int wait_until(pthread_cond_t *changed, pthread_mutex_t *mutex, uint64_t end_ms)
{
    struct timespec end = {(time_t)(end_ms / 1000U), (long)(end_ms % 1000U) * 1000000L};
    return pthread_cond_timedwait(changed, mutex, &end) == 0;
}

static void init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
}

static uint64_t end_of(TickType_t ticks)
{
    return fake_ms() + (ticks == portMAX_DELAY ? 1000000000U : (uint64_t)ticks * 1000U / configTICK_RATE_HZ);
}

static TaskHandle_t add_task(void)
{
    TaskHandle_t task;
    pthread_mutex_lock(&registry);
    task = &tasks[n_tasks++];
    pthread_mutex_unlock(&registry);
    pthread_mutex_init(&task->mutex, NULL);
    init_cond(&task->changed);
    return task;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    if (self == NULL) {
        self = add_task();
    }
    return self;
}

static void *run(void *of)
{
    self = of;
    self->code(self->argument);
    fake_abort(1); /* a task never returns */
    return NULL;
}

TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t code, const char *name, uint32_t depth, void *argument,
                                           UBaseType_t priority, StackType_t *stack, StaticTask_t *block, BaseType_t core)
{
    TaskHandle_t task = add_task();
    if (name == NULL || stack == NULL || block == NULL || depth < 2048 || priority == 0 || core < 0 || core > 1) {
        fake_abort(2);
    }
    task->code = code;
    task->argument = argument;
    return pthread_create(&task->thread, NULL, run, task) == 0 ? task : NULL;
}

void vTaskPrioritySet(TaskHandle_t task, UBaseType_t priority)
{
    if (task == NULL || priority == 0) {
        fake_abort(3);
    }
}

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t task)
{
    return task != NULL ? 2048 : 0;
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks)
{
    TaskHandle_t task = xTaskGetCurrentTaskHandle();
    uint64_t end = end_of(ticks);
    uint32_t count;

    pthread_mutex_lock(&task->mutex);
    while (task->notified == 0 && fake_ms() < end) {
        (void)wait_until(&task->changed, &task->mutex, end);
    }
    count = task->notified;
    task->notified = clear || count == 0 ? 0 : count - 1;
    pthread_mutex_unlock(&task->mutex);
    return count;
}

BaseType_t xTaskNotifyGive(TaskHandle_t task)
{
    pthread_mutex_lock(&task->mutex);
    task->notified++;
    pthread_cond_signal(&task->changed);
    pthread_mutex_unlock(&task->mutex);
    return pdPASS;
}

void vTaskDelay(TickType_t ticks)
{
    usleep(ticks * 1000000U / configTICK_RATE_HZ);
}

/* --- queues and mutexes ------------------------------------------------------------------------- */

QueueHandle_t fake_queue(size_t item_bytes, size_t capacity)
{
    QueueHandle_t queue = calloc(1, sizeof *queue);
    pthread_mutex_init(&queue->mutex, NULL);
    init_cond(&queue->changed);
    queue->item_bytes = item_bytes;
    queue->capacity = capacity;
    return queue;
}

BaseType_t xQueueSend(QueueHandle_t queue, const void *item, TickType_t ticks)
{
    BaseType_t sent = pdFALSE;
    (void)ticks;
    pthread_mutex_lock(&queue->mutex);
    if (queue->used < queue->capacity) {
        memcpy(queue->items[(queue->first + queue->used++) % ITEMS], item, queue->item_bytes);
        sent = pdTRUE;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return sent;
}

BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t ticks)
{
    uint64_t end = end_of(ticks);
    BaseType_t received = pdFALSE;

    pthread_mutex_lock(&queue->mutex);
    while (queue->used == 0 && fake_ms() < end) {
        (void)wait_until(&queue->changed, &queue->mutex, end);
    }
    if (queue->used > 0) {
        memcpy(item, queue->items[queue->first], queue->item_bytes);
        queue->first = (queue->first + 1) % ITEMS;
        queue->used--;
        received = pdTRUE;
    }
    pthread_mutex_unlock(&queue->mutex);
    return received;
}

BaseType_t xQueueReset(QueueHandle_t queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->used = 0;
    pthread_mutex_unlock(&queue->mutex);
    return pdPASS;
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *buffer)
{
    return buffer != NULL ? fake_queue(1, 1) : NULL;
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t mutex, TickType_t ticks)
{
    return ticks == portMAX_DELAY && pthread_mutex_lock(&mutex->mutex) == 0;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t mutex)
{
    return pthread_mutex_unlock(&mutex->mutex) == 0;
}

/* --- the task watchdog --------------------------------------------------------------------------- */

static void *watch(void *unused)
{
    for (;;) {
        usleep(TURN_MS * 1000);
        turn++;
        for (int i = 0; i < TASKS; i++) {
            if (tasks[i].watched && (turn - tasks[i].fed) * TURN_MS > wdt_ms) {
                fprintf(stderr, "task watchdog: task %d\n", i);
                _exit(93);
            }
        }
    }
    return unused;
}

static esp_err_t start_watchdog(const esp_task_wdt_config_t *config)
{
    pthread_t thread;
    uint32_t given = fake_number("FAKE_WDT_MS");
    if (!config->trigger_panic) {
        return ESP_ERR_INVALID_ARG;
    }
    wdt_ms = given ? given : config->timeout_ms;
    return pthread_create(&thread, NULL, watch, NULL) == 0 ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_task_wdt_init(const esp_task_wdt_config_t *config)
{
    return fake_number("FAKE_WDT_RUNS") ? ESP_ERR_INVALID_STATE : start_watchdog(config);
}

esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t *config)
{
    return fake_number("FAKE_WDT_RUNS") ? start_watchdog(config) : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_task_wdt_add(TaskHandle_t task)
{
    task = task != NULL ? task : xTaskGetCurrentTaskHandle();
    task->fed = turn;
    task->watched = 1;
    return ESP_OK;
}

esp_err_t esp_task_wdt_reset(void)
{
    TaskHandle_t task = xTaskGetCurrentTaskHandle();
    task->fed = turn;
    return task->watched ? ESP_OK : ESP_ERR_NOT_FOUND;
}
