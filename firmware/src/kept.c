/* What networks keep from run to run. A slot of a stage is an identity, 0 for none, and behind all identities the
 * variables of each slot. */
#include "kept.h"

#include <string.h>

enum { IDENTITY = TINYFACE_BOX_VALUES - 1 };

static uint32_t variables_bytes(const tinyface_model *model)
{
    uint32_t bytes = 0;
    for (uint16_t i = 0; model != NULL && i < model->n_states; i++) {
        bytes += model->inputs[model->states[i].input].bytes;
    }
    return bytes;
}

/* Whose tracks a stage looks at; NULL where it looks at something else. */
static const tinyface_stage *followed_by(const tinyface_program *program, const tinyface_stage *stage)
{
    const int looks = stage->source == TINYFACE_SOURCE_ITEMS && stage->of != TINYFACE_NO_STAGE;
    const tinyface_stage *of = looks ? &program->stages[stage->of] : NULL;
    const uint8_t kind = of != NULL ? of->decoder->kind : (uint8_t)TINYFACE_RECORD_RAW;
    return kind == TINYFACE_RECORD_TRACKS || kind == TINYFACE_RECORD_VOTES ? of : NULL;
}

/* One, or one for each track that there can be. */
static uint16_t slots_of(const tinyface_program *program, const tinyface_stage *stage)
{
    const tinyface_stage *of = followed_by(program, stage);
    return of != NULL ? of->most : 1;
}

uint32_t tinyface_kept_bytes(const tinyface_program *program, const tinyface_stage *stage)
{
    const uint32_t bytes = variables_bytes(stage->model);
    return bytes == 0 ? 0 : slots_of(program, stage) * ((uint32_t)sizeof(int32_t) + bytes);
}

static void begin(const tinyface_model *model, uint8_t *variables)
{
    for (uint16_t i = 0; i < model->n_states; i++) {
        const tinyface_state *state = &model->states[i];
        const uint32_t bytes = model->inputs[state->input].bytes;
        if (state->initial != NULL) {
            memcpy(variables, state->initial, bytes);
        } else {
            memset(variables, state->fill, bytes);
        }
        variables += bytes;
    }
}

void tinyface_kept_reset(const tinyface_program *program, const tinyface_stage *stage, uint8_t *kept)
{
    const uint32_t bytes = variables_bytes(stage->model);
    const uint16_t slots = slots_of(program, stage);

    if (bytes == 0) {
        return;
    }
    memset(kept, 0, slots * sizeof(int32_t));
    for (uint16_t i = 0; i < slots; i++) {
        begin(stage->model, kept + slots * sizeof(int32_t) + (size_t)i * bytes);
    }
}

/* Whether one of the tracks has this identity. */
static int is_there(const tinyface_record *tracks, int32_t identity)
{
    for (uint16_t i = 0; i < tracks->count; i++) {
        if (tracks->items[(size_t)i * tracks->width + IDENTITY] == identity) {
            return 1;
        }
    }
    return 0;
}

/* The slot of an identity, `slots` where it has none. */
static uint16_t slot_with(const int32_t *identities, uint16_t slots, int32_t identity)
{
    uint16_t i = 0;
    while (i < slots && identities[i] != identity) {
        i++;
    }
    return i;
}

/* An empty slot, or else the first one whose track is no more: there are as many slots as tracks. */
static uint16_t free_slot(const int32_t *identities, uint16_t slots, const tinyface_record *tracks)
{
    for (uint16_t i = 0; i < slots; i++) {
        if (identities[i] <= 0) {
            return i;
        }
    }
    for (uint16_t i = 0; i + 1 < slots; i++) {
        if (!is_there(tracks, identities[i])) {
            return i;
        }
    }
    return (uint16_t)(slots - 1U);
}

uint8_t *tinyface_kept_of(const tinyface_run *run, const tinyface_stage *stage, uint16_t number, uint8_t *kept)
{
    const uint32_t bytes = variables_bytes(stage->model);
    const uint16_t slots = slots_of(run->program, stage);
    int32_t *identities = (int32_t *)(void *)kept;
    uint8_t *variables = kept + slots * sizeof(int32_t);
    const tinyface_record *tracks;
    int32_t identity;
    uint16_t i;

    if (bytes == 0 || followed_by(run->program, stage) == NULL) {
        return variables;
    }
    tracks = &run->records[stage->of];
    identity = tracks->items[(size_t)number * tracks->width + IDENTITY];
    i = slot_with(identities, slots, identity);
    if (identity <= 0 || i == slots) {
        i = free_slot(identities, slots, tracks);
        identities[i] = identity;
        begin(stage->model, variables + (size_t)i * bytes);
    }
    return variables + (size_t)i * bytes;
}

void tinyface_kept_load(const tinyface_model *model, void *arena, const uint8_t *variables)
{
    for (uint16_t i = 0; i < model->n_states; i++) {
        const uint32_t bytes = model->inputs[model->states[i].input].bytes;
        memcpy(model->input(arena, model->states[i].input), variables, bytes);
        variables += bytes;
    }
}

void tinyface_kept_save(const tinyface_model *model, void *arena, uint8_t *variables)
{
    for (uint16_t i = 0; i < model->n_states; i++) {
        const uint32_t bytes = model->inputs[model->states[i].input].bytes;
        memcpy(variables, model->output(arena, model->states[i].output), bytes);
        variables += bytes;
    }
}
