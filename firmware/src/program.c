/* Runs the stages of a program over a frame, a step at a time; knows neither serial port nor camera.
 * codegen/program/reference.py goes the same way. */
#include "tinyface/stage.h"

#include <string.h>

#include "kept.h"

enum { ALIGNMENT = TINYFACE_ARENA_ALIGNMENT, MAX_RUNS = 0xFFFF };

static uint32_t aligned(uint32_t bytes)
{
    return (bytes + ALIGNMENT - 1U) / ALIGNMENT * ALIGNMENT;
}

static uint32_t record_bytes(const tinyface_stage *stage)
{
    return aligned(4U * (uint32_t)stage->most * stage->width);
}

uint32_t tinyface_program_arena_bytes(const tinyface_program *program)
{
    uint32_t most = 0;
    for (uint8_t i = 0; i < program->n_stages; i++) {
        const tinyface_model *model = program->stages[i].model;
        most = model != NULL && model->arena_bytes > most ? model->arena_bytes : most;
    }
    return most;
}

uint32_t tinyface_program_state_bytes(const tinyface_program *program)
{
    uint32_t bytes = 0;
    for (uint8_t i = 0; i < program->n_stages; i++) {
        const tinyface_stage *stage = &program->stages[i];
        bytes += record_bytes(stage) + aligned(stage->state_bytes) + aligned(tinyface_kept_bytes(program, stage));
    }
    return bytes;
}

void tinyface_run_init(tinyface_run *run, const tinyface_program *program, void *arena, void *block)
{
    uint8_t *at = block;

    memset(run, 0, sizeof *run);
    run->program = program;
    run->arena = arena;
    for (uint8_t i = 0; i < program->n_stages; i++) {
        const tinyface_stage *stage = &program->stages[i];
        run->parameters[i] = stage->parameters;
        run->inputs[i] = stage->input;
        run->records[i].kind = stage->decoder->kind;
        run->records[i].most = stage->most;
        run->records[i].width = stage->width;
        run->records[i].items = (int32_t *)(void *)at;
        at += record_bytes(stage);
        run->states[i] = at;
        at += aligned(stage->state_bytes);
        run->kept[i] = at;
        at += aligned(tinyface_kept_bytes(program, stage));
    }
    tinyface_run_reset(run, TINYFACE_NO_STAGE);
    run->stage = program->n_stages;
}

void tinyface_run_reset(tinyface_run *run, uint8_t stage)
{
    for (uint8_t i = 0; i < run->program->n_stages; i++) {
        if (stage == TINYFACE_NO_STAGE || stage == i) {
            run->records[i].count = 0;
            run->records[i].frame = 0;
            run->records[i].asks = 0;
            memset(run->states[i], 0, run->program->stages[i].state_bytes);
            tinyface_kept_reset(run->program, &run->program->stages[i], run->kept[i]);
        }
    }
    if (stage == TINYFACE_NO_STAGE) {
        run->number = 0;
        run->begun = 0;
    }
}

/* Whether the stage has work in this frame. */
static int is_due(const tinyface_run *run, const tinyface_stage *stage)
{
    const int asked = stage->when != TINYFACE_NO_STAGE && run->records[stage->when].asks;
    return (run->number % stage->every == stage->phase || asked) &&
           (stage->unless == TINYFACE_NO_STAGE || run->records[stage->unless].count == 0);
}

static uint16_t windows(const tinyface_stage *stage)
{
    uint16_t n = 0;
    for (uint8_t i = 0; i < stage->n_scales; i++) {
        n = (uint16_t)(n + (uint32_t)stage->scales[i].columns * stage->scales[i].rows);
    }
    return stage->n_scales == 0 ? 1 : n;
}

/* Goes to the next stage that has work, starting with `stage`. */
static void enter(tinyface_run *run, uint8_t stage)
{
    const tinyface_program *program = run->program;

    while (stage < program->n_stages && !is_due(run, &program->stages[stage])) {
        stage++;
    }
    run->stage = stage;
    run->next = 0;
    run->runs = 0;
    if (stage == program->n_stages) {
        run->number++;
        return;
    }
    run->records[stage].count = 0;
    run->records[stage].frame = run->begun;
    switch (program->stages[stage].source) {
    case TINYFACE_SOURCE_CENTRE:
        run->runs = 1;
        break;
    case TINYFACE_SOURCE_WHOLE:
        run->runs = windows(&program->stages[stage]);
        break;
    case TINYFACE_SOURCE_ITEMS:
        run->runs = run->records[program->stages[stage].of].count;
        break;
    default:
        break;
    }
}

void tinyface_run_begin(tinyface_run *run, const tinyface_frame *frame, tinyface_region region)
{
    run->frame = *frame;
    run->given = region;
    run->begun++;
    enter(run, 0);
}

/* The box around the points of an item. */
static void around_points(const int32_t *item, uint16_t width, int32_t box[4])
{
    int32_t right = item[0], bottom = item[1];
    box[0] = item[0];
    box[1] = item[1];
    for (uint16_t i = 2; i + 1U < width; i += 2) {
        box[0] = item[i] < box[0] ? item[i] : box[0];
        box[1] = item[i + 1] < box[1] ? item[i + 1] : box[1];
        right = item[i] > right ? item[i] : right;
        bottom = item[i + 1] > bottom ? item[i + 1] : bottom;
    }
    box[2] = right - box[0];
    box[3] = bottom - box[1];
}

static int32_t limited(int64_t value, int32_t lowest, int32_t highest)
{
    return value < lowest ? lowest : value > highest ? highest : (int32_t)value;
}

tinyface_region tinyface_region_around(const int32_t box[4], uint16_t margin_q8, uint16_t width, uint16_t height)
{
    int64_t longer = box[2] > box[3] ? box[2] : box[3], side = longer > 0 ? longer * margin_q8 : 0;
    uint32_t px = (uint32_t)limited((side + 32768) >> 16, 1, TINYFACE_MAX_SIDE_PX);
    tinyface_region region = {0, 0, 0, 0, 0};

    region.width = (uint16_t)(width >= height ? px : (px * width + height / 2U) / height);
    region.height = (uint16_t)(width >= height ? (px * height + width / 2U) / width : px);
    region.width = region.width > 0 ? region.width : 1;
    region.height = region.height > 0 ? region.height : 1;
    /* The middle of the box from the frame's edge, in 1/512 px; the shift rounds down. */
    region.x = (int16_t)limited((2 * ((int64_t)box[0] + 128) + box[2] - 256 * (int64_t)region.width + 256) >> 9, INT16_MIN,
                                INT16_MAX);
    region.y = (int16_t)limited((2 * ((int64_t)box[1] + 128) + box[3] - 256 * (int64_t)region.height + 256) >> 9, INT16_MIN,
                                INT16_MAX);
    return region;
}

/* Part of a side, at least 1 px. */
static uint16_t part_of(uint16_t side, uint16_t size_q8)
{
    uint32_t part = ((uint32_t)side * size_q8 + 128U) >> 8;
    return (uint16_t)(part > 0 ? part : 1U);
}

/* Where the window in this place starts, with so much room to spread over. */
static int16_t spread(int16_t start, int32_t room, int32_t place, int32_t places)
{
    return (int16_t)limited(start + (places > 1 ? room * place / (places - 1) : room / 2), INT16_MIN, INT16_MAX);
}

/* Window `number` of the pyramid over the whole region. */
static tinyface_region window(const tinyface_stage *stage, tinyface_region whole, uint16_t number)
{
    tinyface_region region = whole;
    for (uint8_t i = 0; i < stage->n_scales; i++) {
        const tinyface_scale *scale = &stage->scales[i];
        const int32_t n = scale->columns * scale->rows;
        if (number < n) {
            region.width = part_of(whole.width, scale->size_q8);
            region.height = part_of(whole.height, scale->size_q8);
            region.x = spread(whole.x, whole.width - region.width, number % scale->columns, scale->columns);
            region.y = spread(whole.y, whole.height - region.height, number / scale->columns, scale->rows);
            return region;
        }
        number = (uint16_t)(number - n);
    }
    return region;
}

static int has_region(tinyface_region region)
{
    return region.width > 0 || region.height > 0;
}

uint16_t tinyface_points_at(uint8_t kind)
{
    return kind == TINYFACE_RECORD_BOXES || kind == TINYFACE_RECORD_TRACKS ? TINYFACE_BOX_VALUES : 0;
}

/* The turn of a region in which two points of an item lie level. */
static int16_t upright_turn(const tinyface_stage *stage, uint8_t kind, const int32_t *item)
{
    const int32_t *points = item + tinyface_points_at(kind);
    const int32_t *left, *right;

    if (stage->upright[0] == stage->upright[1]) {
        return 0;
    }
    left = points + 2 * stage->upright[0];
    right = points + 2 * stage->upright[1];
    return tinyface_turn_of((int64_t)right[0] - left[0], (int64_t)right[1] - left[1]);
}

/* Where run `number` of the stage in work looks. */
static tinyface_region region_of(const tinyface_run *run, const tinyface_stage *stage, uint16_t number)
{
    const tinyface_input_spec *input = &stage->input;
    tinyface_region region;
    const tinyface_record *items;
    const int32_t *item;
    int32_t box[4];

    if (stage->source == TINYFACE_SOURCE_CENTRE) {
        return has_region(run->given) ? run->given
                                      : tinyface_region_centre(run->frame.width, run->frame.height, input->width,
                                                               input->height);
    }
    if (stage->source == TINYFACE_SOURCE_WHOLE) {
        return window(stage,
                      has_region(run->given) ? run->given
                                             : tinyface_region_whole(run->frame.width, run->frame.height, input->width,
                                                                     input->height),
                      number);
    }
    items = &run->records[stage->of];
    item = items->items + (size_t)number * items->width;
    if (items->kind == TINYFACE_RECORD_POINTS) {
        around_points(item, items->width, box);
    } else {
        memcpy(box, item, sizeof box);
    }
    region = tinyface_region_around(box, stage->margin_q8, input->width, input->height);
    region.turn = upright_turn(stage, items->kind, item);
    return region;
}

tinyface_status tinyface_run_prepare(tinyface_run *run, const tinyface_model *model)
{
    tinyface_status status = TINYFACE_OK;
    if (model->init != NULL && run->prepared != model) {
        status = model->init(run->arena, model->arena_bytes);
        run->prepared = status == TINYFACE_OK ? model : NULL;
    }
    return status;
}

/* One run of the network of the stage in work. */
static tinyface_step run_network(tinyface_run *run, const tinyface_hooks *hooks)
{
    const uint8_t index = run->stage;
    const tinyface_stage *stage = &run->program->stages[index];
    tinyface_step step = {TINYFACE_STEP_RUN, index, run->next, {0, 0, 0, 0, 0}, TINYFACE_OK};
    uint8_t *kept = tinyface_kept_of(run, stage, run->next, run->kept[index]);

    step.region = region_of(run, stage, run->next);
    step.status = tinyface_run_prepare(run, stage->model);
    if (step.status == TINYFACE_OK && tinyface_region_to_input(&run->frame, step.region, &run->inputs[index],
                                                               stage->model->inputs[0].dtype,
                                                               stage->model->input(run->arena, 0)) != 0) {
        step.status = TINYFACE_ERR_PICTURE;
    }
    if (step.status == TINYFACE_OK) {
        tinyface_kept_load(stage->model, run->arena, kept);
        if (hooks != NULL && hooks->before != NULL) {
            hooks->before(hooks->context, index);
        }
        step.status = stage->model->invoke(run->arena, hooks != NULL ? hooks->profiler : NULL);
        if (hooks != NULL && hooks->after != NULL) {
            hooks->after(hooks->context, index);
        }
    }
    if (step.status != TINYFACE_OK) {
        step.kind = TINYFACE_STEP_FAULT;
        run->stage = run->program->n_stages;
        return step;
    }
    tinyface_kept_save(stage->model, run->arena, kept);
    if (stage->decoder->decode != NULL) {
        stage->decoder->decode(stage, run->parameters[index], run->arena, step.region, &run->records[index]);
    }
    run->next++;
    return step;
}

tinyface_step tinyface_run_step(tinyface_run *run, const tinyface_hooks *hooks)
{
    tinyface_step step = {TINYFACE_STEP_OVER, run->stage, 0, {0, 0, 0, 0, 0}, TINYFACE_OK};
    const tinyface_stage *stage;

    if (run->stage >= run->program->n_stages) {
        return step;
    }
    if (run->next < run->runs) {
        return run_network(run, hooks);
    }
    stage = &run->program->stages[run->stage];
    if (stage->decoder->finish != NULL) {
        stage->decoder->finish(run, run->stage, run->states[run->stage], &run->records[run->stage]);
    }
    step.kind = TINYFACE_STEP_RECORD;
    step.run = run->runs;
    enter(run, (uint8_t)(run->stage + 1U));
    return step;
}

int32_t *tinyface_record_add(tinyface_record *record)
{
    if (record->count >= record->most) {
        return NULL;
    }
    return record->items + (size_t)record->count++ * record->width;
}
