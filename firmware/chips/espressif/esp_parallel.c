/* The parallel-for on FreeRTOS: inference has core 1, a helper on core 0 takes the second half of a layer.
 *
 * The helper is below capture and serial port, which both stay served: it waits while they work, and a half that it has
 * not begun when the first one is done is taken back. Between the layers of an inference it looks for the next one all
 * the time, for that is sooner than any signal; after SPIN_US without one it sleeps. Its stack is linked only where some
 * layer is divided. */
#include "esp_board.h"
#include "esp_cpu.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "sdkconfig.h"
#include "tinyface/parallel.h"

#if CONFIG_FREERTOS_UNICORE

void tinyface_board_parallel(void (*half)(void *context, uint32_t number), void *context)
{
    half(context, 0);
    half(context, 1);
}

void esp_board_helper(void **task, uint32_t *stack)
{
    *task = NULL;
    *stack = 0;
}

#else

enum {
    HELPER_STACK = 4096, /* of generated code, as a test counts it, and what an interrupt puts there */
    HELPER_PRIORITY = 4, /* capture and the application have 5 */
    SPIN_CYCLES = 1200000 /* 5 ms at 240 MHz: longer than any layer that is not divided takes, but for large ones */
};

typedef enum { NONE, WAITING, RUNNING, DONE } place;

static StackType_t helper_stack[HELPER_STACK / sizeof(StackType_t)];
static StaticTask_t helper_block;
static TaskHandle_t helper;
static int second; /* half: a place */
static int asleep; /* 1: the helper waits for a signal */
static void (*half_of)(void *context, uint32_t number);
static void *context_of;

static int is(const int *at)
{
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}

static void put(int *at, int value)
{
    __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
}

/* From one place to another, where it is there: one of the two cores gets it. */
static int move(place from, place to)
{
    int expected = (int)from;
    return __atomic_compare_exchange_n(&second, &expected, (int)to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Until a half waits. One that comes between the last look and the sleep is seen by one of the two cores: the helper
 * says that it sleeps before it looks, and the other core looks for that after it has said what waits. */
static void await(void)
{
    const uint32_t since = (uint32_t)esp_cpu_get_cycle_count();
    while (is(&second) != (int)WAITING) {
        if ((uint32_t)esp_cpu_get_cycle_count() - since > (uint32_t)SPIN_CYCLES) {
            put(&asleep, 1);
            if (is(&second) != (int)WAITING) {
                (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
            }
            put(&asleep, 0);
            return;
        }
    }
}

static void help(void *unused)
{
    (void)unused;
    for (;;) {
        await();
        if (move(WAITING, RUNNING)) {
            half_of(context_of, 1);
            put(&second, (int)DONE);
        }
    }
}

void tinyface_board_parallel(void (*half)(void *context, uint32_t number), void *context)
{
    if (helper == NULL) {
        esp_board_raise_application();
        helper = xTaskCreateStaticPinnedToCore(help, "helper", HELPER_STACK, NULL, HELPER_PRIORITY, helper_stack,
                                               &helper_block, 0);
        esp_board_must(helper == NULL);
    }
    half_of = half;
    context_of = context;
    put(&second, (int)WAITING);
    if (is(&asleep)) {
        (void)xTaskNotifyGive(helper);
    }
    half(context, 0);
    if (move(WAITING, NONE)) { /* core 0 has other work */
        half(context, 1);
        return;
    }
    while (is(&second) != (int)DONE) {
    }
    put(&second, (int)NONE);
}

void esp_board_helper(void **task, uint32_t *stack)
{
    *task = helper;
    *stack = HELPER_STACK;
}

#endif
