/* Two threads, each with an arena and states of its own, run one program over the same frames at once; a third run
 * comes after them. Prints a checksum of each. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tinyface/stage.h"

enum { RUNS = 3, FRAMES = 12, WIDTH = 64, HEIGHT = 48 };

typedef struct {
    void *arena, *block;
    uint32_t sum;
} work;

static uint8_t pixels[FRAMES][WIDTH * HEIGHT];

static uint32_t add(uint32_t sum, const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        sum = (sum ^ ((const uint8_t *)data)[i]) * 16777619U;
    }
    return sum;
}

static void *go(void *opaque)
{
    work *w = opaque;
    tinyface_run run;

    w->sum = 2166136261U;
    tinyface_run_init(&run, &tinyface_program_main, w->arena, w->block);
    for (unsigned f = 0; f < FRAMES; f++) {
        const tinyface_frame frame = {TINYFACE_GRAY8, WIDTH, HEIGHT, pixels[f], 40 * f};
        const tinyface_region rule = {0, 0, 0, 0, 0};
        tinyface_step step;
        tinyface_run_begin(&run, &frame, rule);
        while ((step = tinyface_run_step(&run, NULL)).kind != TINYFACE_STEP_OVER) {
            const tinyface_record *record = &run.records[step.stage];
            if (step.kind == TINYFACE_STEP_FAULT) {
                exit(1);
            }
            w->sum = add(w->sum, &record->count, sizeof record->count);
            w->sum = add(w->sum, record->items, sizeof *record->items * record->count * record->width);
        }
    }
    return NULL;
}

int main(void)
{
    work works[RUNS];
    pthread_t threads[2];
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof pixels; i++) {
        state = state * 1664525U + 1013904223U;
        pixels[0][i] = (uint8_t)(state >> 24);
    }
    for (int i = 0; i < RUNS; i++) {
        if (posix_memalign(&works[i].arena, 16, tinyface_program_arena_bytes(&tinyface_program_main)) != 0 ||
            posix_memalign(&works[i].block, 16, tinyface_program_state_bytes(&tinyface_program_main) + 16) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, go, &works[i]) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    go(&works[2]);
    for (int i = 0; i < RUNS; i++) {
        printf("%08x\n", (unsigned)works[i].sum);
    }
    return 0;
}
