/* One inference in the arena, with per-layer CRCs and ticks on request. */
#include "inference.h"

#include <string.h>

#include "arena_guard.h"
#include "model_store.h"
#include "tinyface/board.h"
#include "tinyface/protocol.h"

/* 1: the model was compiled for internal RAM only (an ESP32's workaround for PSRAM is left out of its code). */
#ifndef TINYFACE_ARENA_INTERNAL
#define TINYFACE_ARENA_INTERNAL 0
#endif

static uint8_t *arena;
static int internal;
static uint8_t fault = TINYFACE_WIRE_ERROR_CODE_NO_MODEL;
static uint32_t fault_detail, inferences;
static uint32_t *layer_crc, *layer_ticks;
static tinyface_run run;
static void (*told)(tinyface_part part);

static uint8_t refuse(uint8_t code, uint32_t detail)
{
    fault = code;
    fault_detail = detail;
    return code;
}

/* Layers of the network that has most. */
static uint32_t most_layers(void)
{
    uint32_t most = 0;
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        const tinyface_model *model = tinyface_program_main.stages[i].model;
        most = model != NULL && model->n_layers > most ? model->n_layers : most;
    }
    return most;
}

/* Starts the runtime of every network once, the first one last: it stays ready. */
static tinyface_status prepare_all(void)
{
    tinyface_status status = TINYFACE_OK;
    for (uint8_t i = tinyface_program_main.n_stages; i-- > 0 && status == TINYFACE_OK;) {
        const tinyface_model *model = tinyface_program_main.stages[i].model;
        run.prepared = NULL;
        status = model != NULL ? tinyface_run_prepare(&run, model) : TINYFACE_OK;
    }
    return status;
}

/* Takes over what the model partition says of the stages. */
static void adopt(void)
{
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        run.parameters[i] = tinyface_stage_parameters(i);
        run.inputs[i] = tinyface_stage_input(i);
    }
}

uint8_t tinyface_inference_init(void)
{
    const tinyface_program *program = &tinyface_program_main;
    const uint32_t arena_bytes = tinyface_program_arena_bytes(program), block_bytes = tinyface_program_state_bytes(program);
    const uint32_t lists = 4U * most_layers();
    tinyface_status status;
    int anywhere;
    uint8_t *room = tinyface_arena_alloc(arena_bytes, &internal), *block;

    if (room == NULL || (TINYFACE_ARENA_INTERNAL && !internal)) {
        return refuse(TINYFACE_WIRE_ERROR_CODE_ARENA, arena_bytes);
    }
    layer_crc = tinyface_board_alloc(lists, &anywhere);
    layer_ticks = tinyface_board_alloc(lists, &anywhere);
    block = tinyface_board_alloc(block_bytes, &anywhere);
    if ((lists > 0 && (layer_crc == NULL || layer_ticks == NULL)) || (block_bytes > 0 && block == NULL)) {
        return refuse(TINYFACE_WIRE_ERROR_CODE_ARENA, 2U * lists + block_bytes);
    }
    arena = room;
    tinyface_run_init(&run, program, arena, block);
    adopt();
    status = prepare_all();
    if (status != TINYFACE_OK && tinyface_model_store_drop()) {
        adopt();
        status = prepare_all();
    }
    return status != TINYFACE_OK ? refuse(TINYFACE_WIRE_ERROR_CODE_RUNTIME, (uint32_t)status) : refuse(0, 0);
}

uint8_t tinyface_inference_fault(uint32_t *detail)
{
    *detail = fault_detail;
    return fault;
}

int tinyface_arena_internal(void)
{
    return arena != NULL && internal;
}

static uint32_t total_bytes(const tinyface_tensor *tensors, uint16_t n)
{
    uint32_t total = 0;
    for (uint16_t i = 0; i < n; i++) {
        total += tensors[i].bytes;
    }
    return total;
}

uint32_t tinyface_input_bytes(void)
{
    return total_bytes(tinyface_main->inputs, tinyface_main->n_inputs);
}

uint32_t tinyface_output_bytes(uint8_t stage)
{
    const tinyface_model *model = tinyface_program_main.stages[stage].model;
    return total_bytes(model->outputs, model->n_outputs);
}

uint32_t tinyface_inferences(void)
{
    uint32_t count;
    tinyface_board_lock();
    count = inferences;
    tinyface_board_unlock();
    return count;
}

const void *tinyface_output_at(uint8_t stage, uint16_t index)
{
    return tinyface_program_main.stages[stage].model->output(arena, index);
}

int tinyface_tells_parts(void)
{
    const tinyface_stage *first = &tinyface_program_main.stages[0];
    return tinyface_program_main.n_stages > 1 || first->n_scales > 0 || first->every > 1 ||
           first->unless != TINYFACE_NO_STAGE;
}

void tinyface_inference_tell(void (*to_tell)(tinyface_part part))
{
    told = to_tell;
}

/* The first network has run: notes the largest value of its first output. */
static void note_peak(tinyface_inference *inference, int first)
{
    const tinyface_tensor *tensor = &tinyface_main->outputs[0];
    const void *values = tinyface_main->n_outputs > 0 ? tinyface_main->output(arena, 0) : NULL;
    const uint32_t n = values != NULL ? tinyface_tensor_values(tensor) : 0;

    for (uint32_t i = 0; i < n; i++) {
        const int32_t value = tinyface_value_at(tensor, values, i);
        if ((first && i == 0) || value > inference->peak) {
            inference->peak = value;
            inference->peak_at = i;
        }
    }
}

#ifdef TINYFACE_COUNT_FIRST
extern uint32_t tinyface_second_ticks; /* board_defaults.c */
#else
static const uint32_t tinyface_second_ticks;
#endif

/* What the profiler's two calls share. */
typedef struct {
    uint8_t want;
    uint16_t layers;   /* of the network that runs */
    uint16_t seen;     /* layers that ended */
    uint64_t begin;
    uint32_t second;   /* ticks of second halves before it */
    uint8_t hidden;    /* 1 where a layer's output was not shown */
    uint32_t overhead; /* ticks of an empty layer, where they are exact */
} layer_watch;

static void layer_begins(void *context, uint16_t layer)
{
    layer_watch *watch = context;
    (void)layer;
    if (watch->want & TINYFACE_WANT_PROFILE) {
        watch->second = tinyface_second_ticks;
        watch->begin = tinyface_board_ticks();
    }
}

static void layer_ends(void *context, uint16_t layer, uint16_t part, const void *output, uint32_t bytes)
{
    layer_watch *watch = context;
    if (layer >= watch->layers) {
        return;
    }
    if ((watch->want & TINYFACE_WANT_PROFILE) && part == 0) {
        uint32_t ticks = (uint32_t)(tinyface_board_ticks() - watch->begin) - (tinyface_second_ticks - watch->second);
        layer_ticks[layer] = ticks > watch->overhead ? ticks - watch->overhead : 0;
    }
    if (watch->want & TINYFACE_WANT_LAYER_CRC) {
        layer_crc[layer] = tinyface_crc32(part == 0 ? 0 : layer_crc[layer], output, bytes);
    }
    if (output == NULL) {
        watch->hidden = 1;
    }
    watch->seen++;
}

/* Instruction counts repeat exactly, so what the profiler itself takes can be taken off. */
static uint32_t profiler_overhead(const tinyface_profiler *profiler)
{
    const volatile tinyface_profiler *calls = profiler; /* as the generated model calls them */
    if (tinyface_board_tick_unit() != TINYFACE_TICKS_INSTRUCTIONS || tinyface_main->n_layers == 0) {
        return 0;
    }
    calls->begin(profiler->context, 0);
    calls->end(profiler->context, 0, 0, arena, 0);
    return layer_ticks[0];
}

/* What is measured of a network's run. */
typedef struct {
    layer_watch layers;
    tinyface_inference *inference;
    uint64_t micros, ticks;             /* when the run began */
    uint64_t all_micros, all_ticks;     /* of all runs so far */
    int is_cut; /* 1: inputs are cut from a frame; sent ones bring their CRC */
} run_watch;

static run_watch watch; /* of the one inference in work: not on the stack that the model runs on */

static void run_begins(void *context, uint8_t stage)
{
    run_watch *measured = context;
    const tinyface_model *model = tinyface_program_main.stages[stage].model;

    if (measured->is_cut) {
        measured->inference->input_crc = 0;
        for (uint16_t i = 0; i < model->n_inputs; i++) {
            measured->inference->input_crc =
                tinyface_crc32(measured->inference->input_crc, model->input(arena, i), model->inputs[i].bytes);
        }
    }
    measured->layers.layers = model->n_layers;
    measured->layers.seen = 0;
    measured->layers.hidden = 0;
    measured->micros = tinyface_board_micros();
    measured->ticks = tinyface_board_ticks();
}

static void run_ends(void *context, uint8_t stage)
{
    run_watch *measured = context;
    const uint64_t ticks = tinyface_board_ticks() - measured->ticks;

    (void)stage;
    measured->inference->ticks = ticks;
    measured->inference->micros = (uint32_t)(tinyface_board_micros() - measured->micros);
    measured->all_ticks += ticks;
    measured->all_micros += measured->inference->micros;
    tinyface_arena_guard_check();
}

static void watch_start(tinyface_profiler *profiler, uint8_t want, tinyface_inference *inference, int is_cut)
{
    const layer_watch fresh = {want, tinyface_main->n_layers, 0, 0, 0, 0, 0};

    watch.layers = fresh;
    watch.inference = inference;
    watch.is_cut = is_cut;
    watch.all_micros = watch.all_ticks = 0;
    profiler->context = &watch.layers;
    profiler->begin = layer_begins;
    profiler->end = layer_ends;
    if (want & TINYFACE_WANT_PROFILE) {
        watch.layers.overhead = profiler_overhead(profiler);
        watch.layers.seen = 0;
    }
}

/* What the run that has just ended tells of its layers. */
static void tell_layers(tinyface_inference *inference)
{
    const layer_watch *layers = &watch.layers;

    inference->layers = layers->seen > 0 ? layers->layers : 0;
    inference->crcs = layers->hidden ? 0 : inference->layers;
    inference->layer_crc = (layers->want & TINYFACE_WANT_LAYER_CRC) ? layer_crc : NULL;
    inference->layer_ticks = (layers->want & TINYFACE_WANT_PROFILE) ? layer_ticks : NULL;
}

static void count_inference(tinyface_inference *inference)
{
    tinyface_board_lock();
    inference->frame = inferences++;
    tinyface_board_unlock();
}

/* What became of it: 0, or a TINYFACE_WIRE_ERROR_CODE. */
static uint8_t settle(tinyface_status status, const tinyface_inference *inference, uint32_t *detail)
{
    if (status == TINYFACE_ERR_PICTURE) {
        *detail = inference->region.width;
        return TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST;
    }
    if (status != TINYFACE_OK) {
        *detail = (uint32_t)status;
        return TINYFACE_WIRE_ERROR_CODE_RUNTIME;
    }
    return 0;
}

/* The first stage that has a network. */
static uint8_t first_network(void)
{
    uint8_t stage = 0;
    while (tinyface_program_main.stages[stage].model != tinyface_main) {
        stage++;
    }
    return stage;
}

uint8_t tinyface_infer_bytes(const uint8_t *bytes, uint8_t want, tinyface_inference *inference, uint32_t *detail)
{
    const uint8_t wants_layers = want & (TINYFACE_WANT_LAYER_CRC | TINYFACE_WANT_PROFILE);
    tinyface_profiler profiler;
    tinyface_status status;

    memset(inference, 0, sizeof *inference);
    inference->input_crc = tinyface_crc32(0, bytes, tinyface_input_bytes());
    watch_start(&profiler, want, inference, 0);
    for (uint16_t i = 0; i < tinyface_main->n_inputs; i++) {
        memcpy(tinyface_main->input(arena, i), bytes, tinyface_main->inputs[i].bytes);
        bytes += tinyface_main->inputs[i].bytes;
    }
    run_begins(&watch, first_network());
    status = tinyface_main->invoke(arena, wants_layers ? &profiler : NULL);
    run_ends(&watch, 0);
    if (status == TINYFACE_OK) {
        count_inference(inference);
        tell_layers(inference);
        inference->stage = first_network();
        note_peak(inference, 1);
    }
    return settle(status, inference, detail);
}

/* A network has run. */
static void take_run(const tinyface_step *step, tinyface_inference *inference)
{
    inference->region = step->region;
    inference->stage = step->stage;
    inference->run = step->run;
    count_inference(inference);
    tell_layers(inference);
    if (tinyface_program_main.stages[step->stage].model == tinyface_main) {
        note_peak(inference, step->run == 0);
    }
}

uint8_t tinyface_infer_frame(const tinyface_frame *frame, tinyface_region region, uint8_t want,
                             tinyface_inference *inference, uint32_t *detail)
{
    const int several = tinyface_tells_parts() && told != NULL;
    const int tells_runs = (want & (TINYFACE_WANT_RUNS | TINYFACE_WANT_TIMES)) != 0;
    tinyface_profiler profiler;
    tinyface_hooks hooks = {&watch, NULL, run_begins, run_ends};
    tinyface_step step;

    memset(inference, 0, sizeof *inference);
    inference->time_ms = frame->time_ms;
    inference->region = region;
    inference->stage = TINYFACE_NO_STAGE;
    inference->peak = INT32_MIN;
    watch_start(&profiler, want, inference, 1);
    hooks.profiler = want & (TINYFACE_WANT_LAYER_CRC | TINYFACE_WANT_PROFILE) ? &profiler : NULL;
    tinyface_run_begin(&run, frame, region);
    while ((step = tinyface_run_step(&run, &hooks)).kind != TINYFACE_STEP_OVER) {
        if (step.kind == TINYFACE_STEP_FAULT) {
            return settle(step.status, inference, detail);
        }
        if (step.kind == TINYFACE_STEP_RUN) {
            take_run(&step, inference);
        } else {
            inference->stage = step.stage;
            inference->record = &run.records[step.stage];
        }
        if (several) {
            inference->parts = (uint16_t)(inference->parts + (step.kind != TINYFACE_STEP_RUN || tells_runs));
            told(step.kind == TINYFACE_STEP_RUN ? TINYFACE_PART_RUN : TINYFACE_PART_RECORD);
        }
    }
    if (several) {
        inference->layer_crc = inference->layer_ticks = NULL; /* told with each run */
        inference->micros = (uint32_t)watch.all_micros;
        inference->ticks = watch.all_ticks;
    }
    return 0;
}
