/* One stage without a network (1) between two others (0: `of`, 2: `beside`) whose records the test brings. */
#include <stdlib.h>
#include <string.h>

#include "tinyface/stage.h"

extern const tinyface_stage_decoder DECODER;

typedef struct {
    tinyface_stage stages[3];
    tinyface_program program;
    tinyface_run run;
    int32_t parameters[512];
    void *state;
} work;

void *work_new(const int32_t *parameters, uint32_t count, uint16_t most, uint16_t width, uint32_t state_bytes,
               int has_beside)
{
    work *w = calloc(1, sizeof *w);
    memcpy(w->parameters, parameters, count * sizeof *parameters);
    w->program = (tinyface_program){"toy", 3, w->stages, 0};
    w->stages[1] = (tinyface_stage){.name = "own", .of = 0, .beside = has_beside ? 2 : TINYFACE_NO_STAGE,
                                    .decoder = &DECODER, .parameters = w->parameters, .n_parameters = count,
                                    .most = most, .width = width, .state_bytes = state_bytes};
    w->run.program = &w->program;
    w->run.parameters[1] = w->parameters;
    if (!DECODER.fits(&w->stages[1], w->parameters, count)) {
        free(w);
        return NULL;
    }
    w->state = calloc(1, state_bytes); /* not a byte more than it says: a sanitizer watches */
    return w;
}

void work_free(void *opaque)
{
    work *w = opaque;
    free(w->state);
    free(w);
}

/* Items found, in `items`; *asks. The other two records: frame, count, width. */
int work_frame(void *opaque, uint32_t begun, uint32_t time_ms, uint16_t width, uint16_t height, const uint32_t of[3], int32_t *of_items,
               const uint32_t beside[3], int32_t *beside_items, int32_t *items, int *asks)
{
    work *w = opaque;
    const tinyface_stage *own = &w->stages[1];
    tinyface_record *record = &w->run.records[1];

    w->run.begun = begun;
    w->run.frame.time_ms = time_ms;
    w->run.frame.width = width;
    w->run.frame.height = height;
    w->run.records[0] = (tinyface_record){TINYFACE_RECORD_BOXES, (uint16_t)of[1], (uint16_t)of[1], (uint16_t)of[2],
                                          of_items, of[0], 0};
    w->run.records[2] = (tinyface_record){TINYFACE_RECORD_BOXES, (uint16_t)beside[1], (uint16_t)beside[1],
                                          (uint16_t)beside[2], beside_items, beside[0], 0};
    *record = (tinyface_record){DECODER.kind, 0, own->most, own->width, items, begun, 0};
    DECODER.finish(&w->run, 1, w->state, record);
    *asks = record->asks;
    return record->count;
}
