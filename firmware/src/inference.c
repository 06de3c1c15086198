/* The arena between two guards, and one inference in it with per-layer CRCs and ticks on request. */
#include "inference.h"

#include <string.h>

#include "model_store.h"
#include "tinyface/board.h"
#include "tinyface/protocol.h"

/* 1: the model was compiled for internal RAM only (an ESP32's workaround for PSRAM is left out of its code). */
#ifndef TINYFACE_ARENA_INTERNAL
#define TINYFACE_ARENA_INTERNAL 0
#endif

enum { GUARD_BYTES = 64 };


static uint8_t *arena;
static int internal, guard_intact = 1;
static uint8_t fault = TINYFACE_WIRE_ERROR_CODE_NO_MODEL;
static uint32_t fault_detail, inferences;
static uint32_t *layer_crc, *layer_ticks;
static int32_t *points;

/* A byte that neither zeros nor a repeated value leave as it is. */
static uint8_t guard_byte(uint32_t i)
{
    return (uint8_t)(0x5AU ^ (i * 29U));
}

static void guard_paint(uint8_t *at)
{
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        at[i] = guard_byte(i);
    }
}

static int guard_holds(const uint8_t *at)
{
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        if (at[i] != guard_byte(i)) {
            return 0;
        }
    }
    return 1;
}

static uint8_t refuse(uint8_t code, uint32_t detail)
{
    fault = code;
    fault_detail = detail;
    return code;
}

uint8_t tinyface_inference_init(void)
{
    const tinyface_pipeline *pipeline = tinyface_pipeline_now();
    const tinyface_model *model = tinyface_main;
    uint32_t wanted = model->arena_bytes + 2U * GUARD_BYTES, lists = 4U * (uint32_t)model->n_layers;
    int anywhere;
    uint8_t *block = tinyface_board_alloc(wanted, &internal);

    if (block == NULL || (TINYFACE_ARENA_INTERNAL && !internal)) {
        return refuse(TINYFACE_WIRE_ERROR_CODE_ARENA, tinyface_main->arena_bytes);
    }
    layer_crc = tinyface_board_alloc(lists, &anywhere);
    layer_ticks = tinyface_board_alloc(lists, &anywhere);
    points = tinyface_board_alloc(8U * (uint32_t)pipeline->points, &anywhere);
    if ((lists > 0 && (layer_crc == NULL || layer_ticks == NULL)) || (pipeline->points > 0 && points == NULL)) {
        return refuse(TINYFACE_WIRE_ERROR_CODE_ARENA, 2U * lists + 8U * pipeline->points);
    }
    arena = block + GUARD_BYTES;
    guard_paint(block);
    guard_paint(arena + tinyface_main->arena_bytes);
    if (tinyface_main->init != NULL) {
        tinyface_status status = tinyface_main->init(arena, tinyface_main->arena_bytes);
        if (status != TINYFACE_OK && tinyface_model_store_drop()) {
            status = tinyface_main->init(arena, tinyface_main->arena_bytes);
        }
        if (status != TINYFACE_OK) {
            return refuse(TINYFACE_WIRE_ERROR_CODE_RUNTIME, (uint32_t)status);
        }
    }
    return refuse(0, 0);
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

int tinyface_arena_guard_intact(void)
{
    int intact;
    tinyface_board_lock();
    intact = guard_intact;
    tinyface_board_unlock();
    return intact;
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

uint32_t tinyface_output_bytes(void)
{
    return total_bytes(tinyface_main->outputs, tinyface_main->n_outputs);
}

uint32_t tinyface_inferences(void)
{
    uint32_t count;
    tinyface_board_lock();
    count = inferences;
    tinyface_board_unlock();
    return count;
}

const void *tinyface_output_at(uint16_t index)
{
    return tinyface_main->output(arena, index);
}

/* A real value in steps of 1/65536, from its bits: some cores have no arithmetic of floats, not even in libgcc.
 * What 32 bits can't hold is the nearest limit, no number is the lowest. */
static int32_t fixed_point(uint32_t bits)
{
    const uint32_t exponent = bits >> 23 & 0xFFU, fraction = bits & 0x7FFFFFU;
    const int negative = bits >> 31 != 0U;
    if (exponent >= 142U) { /* 2^15 and more, infinities, no numbers */
        return negative || (exponent == 255U && fraction != 0U) ? INT32_MIN : INT32_MAX;
    }
    const uint32_t digits = fraction | 0x800000U; /* times 2^(exponent - 134), in the steps */
    const uint32_t size = exponent >= 134U  ? digits << (exponent - 134U)
                          : exponent > 110U ? digits >> (134U - exponent)
                                            : 0U;
    return negative ? -(int32_t)size : (int32_t)size;
}

static int32_t limited(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* Element i of the first output. */
static int32_t value_at(uint32_t i)
{
    const void *values = tinyface_main->output(arena, 0);
    uint32_t bits;
    switch (tinyface_main->outputs[0].dtype) {
    case TINYFACE_INT8:
        return ((const int8_t *)values)[i];
    case TINYFACE_UINT8:
    case TINYFACE_BOOL:
        return ((const uint8_t *)values)[i];
    case TINYFACE_INT16:
        return ((const int16_t *)values)[i];
    case TINYFACE_FLOAT32:
        memcpy(&bits, (const uint8_t *)values + 4U * i, sizeof bits);
        return fixed_point(bits);
    case TINYFACE_INT64:
        return limited(((const int64_t *)values)[i]);
    default:
        return ((const int32_t *)values)[i];
    }
}

static uint32_t element_bytes(tinyface_dtype dtype)
{
    switch (dtype) {
    case TINYFACE_INT64:
        return 8U;
    case TINYFACE_INT32:
    case TINYFACE_FLOAT32:
        return 4U;
    case TINYFACE_INT16:
        return 2U;
    default:
        return 1U;
    }
}

int32_t tinyface_output_peak(uint32_t *index)
{
    uint32_t n = tinyface_main->outputs[0].bytes / element_bytes(tinyface_main->outputs[0].dtype), at = 0;
    int32_t peak = value_at(0);
    for (uint32_t i = 1; i < n; i++) {
        if (value_at(i) > peak) {
            peak = value_at(i);
            at = i;
        }
    }
    if (index != NULL) {
        *index = at;
    }
    return peak;
}

/* What the profiler's two calls share. */
typedef struct {
    uint8_t want;
    uint16_t seen;     /* layers that ended */
    uint64_t begin;
    uint8_t hidden;    /* 1 where a layer's output was not shown */
    uint32_t overhead; /* ticks of an empty layer, where they are exact */
} layer_watch;

static void layer_begins(void *context, uint16_t layer)
{
    layer_watch *watch = context;
    (void)layer;
    if (watch->want & TINYFACE_WANT_PROFILE) {
        watch->begin = tinyface_board_ticks();
    }
}

static void layer_ends(void *context, uint16_t layer, uint16_t part, const void *output, uint32_t bytes)
{
    layer_watch *watch = context;
    if (layer >= tinyface_main->n_layers) {
        return;
    }
    if ((watch->want & TINYFACE_WANT_PROFILE) && part == 0) {
        uint32_t ticks = (uint32_t)(tinyface_board_ticks() - watch->begin);
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

static uint8_t run(uint8_t want, tinyface_inference *inference, uint32_t *detail)
{
    layer_watch watch = {want, 0, 0, 0, 0};
    tinyface_profiler profiler = {&watch, layer_begins, layer_ends};
    const uint8_t wants_layers = want & (TINYFACE_WANT_LAYER_CRC | TINYFACE_WANT_PROFILE);
    uint64_t micros, ticks;
    tinyface_status status;

    if (want & TINYFACE_WANT_PROFILE) {
        watch.overhead = profiler_overhead(&profiler);
        watch.seen = 0;
    }
    micros = tinyface_board_micros();
    ticks = tinyface_board_ticks();
    status = tinyface_main->invoke(arena, wants_layers ? &profiler : NULL);
    inference->ticks = tinyface_board_ticks() - ticks;
    inference->micros = (uint32_t)(tinyface_board_micros() - micros);
    if (!guard_holds(arena - GUARD_BYTES) || !guard_holds(arena + tinyface_main->arena_bytes)) {
        tinyface_board_lock();
        guard_intact = 0;
        tinyface_board_unlock();
    }
    if (status != TINYFACE_OK) {
        *detail = (uint32_t)status;
        return TINYFACE_WIRE_ERROR_CODE_RUNTIME;
    }
    tinyface_board_lock();
    inference->frame = inferences++;
    tinyface_board_unlock();
    inference->layers = watch.seen > 0 ? tinyface_main->n_layers : 0;
    inference->crcs = watch.hidden ? 0 : inference->layers;
    inference->layer_crc = (want & TINYFACE_WANT_LAYER_CRC) ? layer_crc : NULL;
    inference->layer_ticks = (want & TINYFACE_WANT_PROFILE) ? layer_ticks : NULL;
    inference->points = NULL;
    return 0;
}

uint8_t tinyface_infer_bytes(const uint8_t *bytes, uint8_t want, tinyface_inference *inference, uint32_t *detail)
{
    inference->input_crc = tinyface_crc32(0, bytes, tinyface_input_bytes());
    for (uint16_t i = 0; i < tinyface_main->n_inputs; i++) {
        memcpy(tinyface_main->input(arena, i), bytes, tinyface_main->inputs[i].bytes);
        bytes += tinyface_main->inputs[i].bytes;
    }
    inference->time_ms = 0;
    memset(&inference->region, 0, sizeof inference->region);
    return run(want, inference, detail);
}

uint8_t tinyface_infer_frame(const tinyface_frame *frame, tinyface_region region, uint8_t want,
                             tinyface_inference *inference, uint32_t *detail)
{
    const tinyface_pipeline *pipeline = tinyface_pipeline_now();
    uint8_t code;
    void *input = tinyface_main->input(arena, 0);

    if (tinyface_region_to_input(frame, region, &pipeline->input, tinyface_main->inputs[0].dtype, input) != 0) {
        *detail = region.width > region.height ? region.width : region.height;
        return TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST;
    }
    inference->input_crc = tinyface_crc32(0, input, tinyface_main->inputs[0].bytes);
    inference->time_ms = frame->time_ms;
    inference->region = region;
    code = run(want, inference, detail);
    if (code == 0 && pipeline->points > 0) {
        tinyface_decode_points(pipeline, tinyface_main->output(arena, 0), region, points);
        inference->points = points;
    }
    return code;
}
