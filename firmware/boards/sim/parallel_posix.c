/* The parallel-for of the simulated board on Linux and macOS: a task of its own has the second half, unless the first
 * one's task is done with its own before that one has begun. */
#include <pthread.h>

#include "board.h"

typedef enum { NONE, WAITING, RUNNING, DONE } place;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static place second; /* half: where it is */
static void (*half_of)(void *context, uint32_t number);
static void *context_of;
static int helper; /* 0: not started yet, 1: there is one, -1: there can't be one */

static void put(place now)
{
    (void)pthread_mutex_lock(&mutex);
    second = now;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
}

/* From one place to another, where it is there; waits for that where `wait` says so. */
static int move(place from, place to, int wait)
{
    int moved;
    (void)pthread_mutex_lock(&mutex);
    while (wait && second != from) {
        (void)pthread_cond_wait(&changed, &mutex);
    }
    moved = second == from;
    if (moved) {
        second = to;
    }
    (void)pthread_mutex_unlock(&mutex);
    return moved;
}

static void help(void)
{
    for (;;) {
        (void)move(WAITING, RUNNING, 1);
        half_of(context_of, 1);
        put(DONE);
    }
}

void tinyface_board_parallel(void (*half)(void *context, uint32_t number), void *context)
{
    if (helper == 0) {
        helper = sim_host_start_task(TINYFACE_TASK_HELPER, help) == 0 ? 1 : -1;
    }
    if (helper < 0) {
        half(context, 0);
        half(context, 1);
        return;
    }
    half_of = half;
    context_of = context;
    put(WAITING);
    half(context, 0);
    if (move(WAITING, NONE, 0)) {
        half(context, 1);
    } else {
        (void)move(DONE, NONE, 1);
    }
}
