/* Runs a generated program over frames and tells each step to the test through a callback. */
#include <stdlib.h>
#include <string.h>

#include "tinyface/stage.h"

/* What happened: step, the network's outputs one after the other, the record. */
typedef void (*told)(const tinyface_step *step, const uint8_t *outputs, uint32_t bytes, const tinyface_record *record);

typedef struct {
    tinyface_run run;
    void *arena, *block;
} work;

static void *block_of(uint32_t bytes)
{
    void *block = NULL;
    return posix_memalign(&block, 16, bytes > 0 ? bytes : 16) == 0 ? block : NULL;
}

void *work_new(void)
{
    work *w = calloc(1, sizeof *w);
    uint32_t arena = tinyface_program_arena_bytes(&tinyface_program_main);
    w->arena = block_of(arena);
    w->block = block_of(tinyface_program_state_bytes(&tinyface_program_main));
    memset(w->arena, 0xA5, arena);
    tinyface_run_init(&w->run, &tinyface_program_main, w->arena, w->block);
    return w;
}

void work_free(void *opaque)
{
    work *w = opaque;
    free(w->arena);
    free(w->block);
    free(w);
}

void work_reset(void *opaque, uint8_t stage)
{
    tinyface_run_reset(&((work *)opaque)->run, stage);
}

/* 1 where each stage's parameters are ones that its decoder takes. */
int work_fits(void)
{
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        const tinyface_stage *stage = &tinyface_program_main.stages[i];
        if (!stage->decoder->fits(stage, stage->parameters, stage->n_parameters)) {
            return 0;
        }
    }
    return 1;
}

int work_frame(void *opaque, const tinyface_frame *frame, tinyface_region rule, told tell)
{
    work *w = opaque;
    tinyface_step step;

    tinyface_run_begin(&w->run, frame, rule);
    while ((step = tinyface_run_step(&w->run, NULL)).kind != TINYFACE_STEP_OVER) {
        const tinyface_model *model = tinyface_program_main.stages[step.stage].model;
        uint8_t *outputs = NULL;
        uint32_t bytes = 0;
        if (step.kind == TINYFACE_STEP_FAULT) {
            return (int)step.status;
        }
        if (step.kind == TINYFACE_STEP_RUN) {
            for (uint16_t i = 0; i < model->n_outputs; i++) {
                outputs = realloc(outputs, bytes + model->outputs[i].bytes);
                memcpy(outputs + bytes, model->output(w->arena, i), model->outputs[i].bytes);
                bytes += model->outputs[i].bytes;
            }
        }
        tell(&step, outputs, bytes, &w->run.records[step.stage]);
        free(outputs);
    }
    return 0;
}
