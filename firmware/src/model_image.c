/* Walks over the entries of a model image; every length is held against what is left. */
#include "model_image.h"

#include <string.h>

#include "tinyface/protocol.h"

enum { ALIGNMENT = 16, INPUT_BYTES = 8 };

typedef struct {
    uint16_t type;
    uint8_t stage;
    const uint8_t *value;
    uint32_t bytes;
} entry;

/* Whether a text ends in its only zero byte and has no control characters, which would steer a terminal. */
static int is_text(const uint8_t *text, uint32_t bytes)
{
    if (bytes == 0 || bytes > TINYFACE_IMAGE_NAME_MOST || text[bytes - 1U] != 0) {
        return 0;
    }
    for (uint32_t i = 0; i + 1U < bytes; i++) {
        if (text[i] < ' ' || text[i] == 0x7FU) {
            return 0;
        }
    }
    return 1;
}

int16_t tinyface_image_shift(const uint8_t *input)
{
    return tinyface_get_i16(input + 6);
}

static int input_fits(const tinyface_stage *stage, const entry *e)
{
    return e->bytes == INPUT_BYTES && e->value[0] == stage->input.layout && e->value[1] == 0 &&
           tinyface_get_u16(e->value + 2) == stage->input.width && tinyface_get_u16(e->value + 4) == stage->input.height;
}

/* Takes an entry of a known type: 0, or -1 where the stage can't work with it or it came before. */
static int take(const tinyface_stage *stage, const entry *e, tinyface_image_stage *into)
{
    const tinyface_model *model = stage->model;
    switch (e->type) {
    case TINYFACE_ENTRY_PLAN_HASH:
    case TINYFACE_ENTRY_MODEL_HASH: {
        const uint8_t **hash = e->type == TINYFACE_ENTRY_PLAN_HASH ? &into->plan_hash : &into->model_hash;
        if (model == NULL || *hash != NULL || e->bytes != TINYFACE_HASH_BYTES) {
            return -1;
        }
        *hash = e->value;
        return 0;
    }
    case TINYFACE_ENTRY_NAME:
        if (model == NULL || into->name != NULL || !is_text(e->value, e->bytes)) {
            return -1;
        }
        into->name = (const char *)e->value;
        return 0;
    case TINYFACE_ENTRY_CONSTANTS:
        if (model == NULL || model->use_constants == NULL || into->constants != NULL || e->bytes == 0 ||
            (model->constants_bytes != 0 && e->bytes != model->constants_bytes)) {
            return -1;
        }
        into->constants = e->value;
        into->constants_bytes = e->bytes;
        return 0;
    case TINYFACE_ENTRY_DECODER:
        return e->bytes == strlen(stage->decoder->name) + 1U && memcmp(e->value, stage->decoder->name, e->bytes) == 0 ? 0
                                                                                                                    : -1;
    case TINYFACE_ENTRY_PARAMETERS:
        if (into->parameters != NULL || e->bytes % 4U != 0) {
            return -1;
        }
        into->parameters = (const int32_t *)(const void *)e->value; /* a multiple of 16 from the image's start */
        into->n_parameters = e->bytes / 4U;
        return stage->decoder->fits(stage, into->parameters, into->n_parameters) ? 0 : -1;
    case TINYFACE_ENTRY_INPUT:
        if (into->input != NULL || !input_fits(stage, e)) {
            return -1;
        }
        into->input = e->value;
        return 0;
    default:
        return 0; /* newer than this firmware */
    }
}

/* Whether a network is of another plan than the one that its constants are for. */
static int other_plan(const tinyface_program *program, const tinyface_image *found)
{
    for (uint8_t i = 0; i < program->n_stages; i++) {
        const uint8_t *hash = found->stages[i].plan_hash;
        if (hash != NULL && memcmp(hash, program->stages[i].model->plan_hash, TINYFACE_HASH_BYTES) != 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether every network has its plan, its hash, its name and its constants. */
static int is_complete(const tinyface_program *program, const tinyface_image *found)
{
    for (uint8_t i = 0; i < program->n_stages; i++) {
        const tinyface_image_stage *stage = &found->stages[i];
        if (program->stages[i].model != NULL && (stage->plan_hash == NULL || stage->model_hash == NULL ||
                                                 stage->name == NULL || stage->constants == NULL)) {
            return 0;
        }
    }
    return 1;
}

tinyface_image_verdict tinyface_image_read(const uint8_t *image, uint32_t bytes, const tinyface_program *program,
                                           tinyface_image *found)
{
    uint32_t at = TINYFACE_IMAGE_FRONT;
    int bad = 0;

    memset(found, 0, sizeof *found);
    while (at < bytes) {
        entry e;
        if (bytes - at < TINYFACE_IMAGE_ENTRY) {
            return TINYFACE_IMAGE_BAD;
        }
        e.type = tinyface_get_u16(image + at);
        e.stage = image[at + 2];
        e.bytes = tinyface_get_u32(image + at + 4);
        at += TINYFACE_IMAGE_ENTRY;
        e.value = image + at;
        if (image[at - TINYFACE_IMAGE_ENTRY + 3] != 0 || e.bytes > bytes - at || e.stage >= program->n_stages) {
            return TINYFACE_IMAGE_BAD;
        }
        bad = bad || take(&program->stages[e.stage], &e, &found->stages[e.stage]) != 0;
        if (bytes - at - e.bytes < (ALIGNMENT - e.bytes % ALIGNMENT) % ALIGNMENT) {
            return TINYFACE_IMAGE_BAD;
        }
        at += e.bytes + (ALIGNMENT - e.bytes % ALIGNMENT) % ALIGNMENT;
    }
    if (other_plan(program, found)) {
        return TINYFACE_IMAGE_OTHER_PLAN; /* which says more than constants of another size */
    }
    return bad || !is_complete(program, found) ? TINYFACE_IMAGE_BAD : TINYFACE_IMAGE_GOOD;
}
