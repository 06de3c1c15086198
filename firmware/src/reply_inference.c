/* What the board tells of an inference, packed piece by piece like all that it sends (reply.c). */
#include "reply.h"

#include "app.h"
#include "reply_frame.h"
#include "tinyface/board.h"

static void send_list(tinyface_frame_out *frame, const uint32_t *values, uint16_t n)
{
    tinyface_frame_u32(frame, n);
    for (uint16_t i = 0; i < n; i++) {
        tinyface_frame_u32(frame, values[i]);
    }
}

/* The ticks as microseconds, where they are time. */
static void send_micros(tinyface_frame_out *frame, const uint32_t *ticks, uint16_t n)
{
    uint32_t per_us = tinyface_board_tick_unit() == TINYFACE_TICKS_CYCLES ? TINYFACE_CLOCK_HZ / 1000000U : 1U;
    tinyface_frame_u32(frame, n);
    for (uint16_t i = 0; i < n; i++) {
        tinyface_frame_u32(frame, ticks[i] / per_us);
    }
}

static int send_layers(tinyface_address to, const tinyface_inference *inference)
{
    uint16_t n_crc = inference->layer_crc != NULL ? inference->crcs : 0;
    uint16_t n_ticks = inference->layer_ticks != NULL ? inference->layers : 0;
    uint16_t n_micros = tinyface_board_tick_unit() != TINYFACE_TICKS_INSTRUCTIONS ? n_ticks : 0;
    tinyface_frame_out frame;

    tinyface_reply_begin(&frame, to, TINYFACE_MSG_LAYERS, 12U + 4U * ((uint32_t)n_crc + n_ticks + n_micros));
    send_list(&frame, inference->layer_crc, n_crc);
    send_list(&frame, inference->layer_ticks, n_ticks);
    send_micros(&frame, inference->layer_ticks, n_micros);
    return tinyface_reply_end(&frame);
}

static void send_outputs(tinyface_frame_out *frame, uint8_t stage, uint32_t bytes)
{
    const tinyface_model *model = tinyface_program_main.stages[stage].model;

    tinyface_frame_u32(frame, bytes);
    for (uint16_t i = 0; bytes > 0 && i < model->n_outputs; i++) {
        tinyface_frame_bytes_out(frame, tinyface_output_at(stage, i), model->outputs[i].bytes);
    }
}

static uint32_t values_of(const tinyface_record *record)
{
    return record != NULL ? (uint32_t)record->count * record->width : 0U;
}

static void send_items(tinyface_frame_out *frame, const tinyface_record *record)
{
    const uint32_t values = values_of(record);

    tinyface_frame_u32(frame, values);
    for (uint32_t i = 0; i < values; i++) {
        tinyface_frame_u32(frame, (uint32_t)record->items[i]);
    }
}

int tinyface_reply_run(tinyface_address to, const tinyface_inference *inference, int with_outputs)
{
    const uint32_t outputs = with_outputs ? tinyface_output_bytes(inference->stage) : 0;
    const tinyface_run_head head = {
        .stage = inference->stage, .run = inference->run, .micros = inference->micros, .ticks = inference->ticks,
        .input_crc = inference->input_crc, .region_x = inference->region.x, .region_y = inference->region.y,
        .region_width = inference->region.width, .region_height = inference->region.height,
        .region_turn = inference->region.turn};
    uint8_t bytes[TINYFACE_RUN_HEAD_BYTES];
    tinyface_frame_out frame;

    if ((inference->layer_crc != NULL || inference->layer_ticks != NULL) && send_layers(to, inference) != 0) {
        return -1;
    }
    tinyface_run_head_pack(&head, bytes);
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_RUN, (uint32_t)sizeof bytes + 4U + outputs);
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_outputs(&frame, inference->stage, outputs);
    return tinyface_reply_end(&frame);
}

int tinyface_reply_record(tinyface_address to, const tinyface_inference *inference)
{
    const tinyface_record *record = inference->record;
    const tinyface_record_head head = {inference->stage, record->kind, record->width};
    uint8_t bytes[TINYFACE_RECORD_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_record_head_pack(&head, bytes);
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_RECORD, (uint32_t)sizeof bytes + 4U + 4U * values_of(record));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_items(&frame, record);
    return tinyface_reply_end(&frame);
}

int tinyface_reply_inference(tinyface_address to, const tinyface_inference *inference)
{
    const uint32_t outputs = tinyface_tells_parts() ? 0 : tinyface_output_bytes(inference->stage);
    const tinyface_record *record = inference->record;
    uint8_t bytes[TINYFACE_RESULT_HEAD_BYTES];
    tinyface_result_head head;
    tinyface_frame_out frame;

    if ((inference->layer_crc != NULL || inference->layer_ticks != NULL) && send_layers(to, inference) != 0) {
        return -1;
    }
    head.frame = inference->frame;
    head.micros = inference->micros;
    head.ticks = inference->ticks;
    head.input_crc = inference->input_crc;
    head.time_ms = inference->time_ms;
    head.region_x = inference->region.x;
    head.region_y = inference->region.y;
    head.region_width = inference->region.width;
    head.region_height = inference->region.height;
    head.region_turn = inference->region.turn;
    head.parts = inference->parts;
    head.stage = inference->stage;
    head.kind = record != NULL ? record->kind : (uint8_t)TINYFACE_RECORD_RAW;
    head.item_values = record != NULL ? record->width : 0;
    tinyface_result_head_pack(&head, bytes);
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_RESULT, (uint32_t)sizeof bytes + 8U + outputs + 4U * values_of(record));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_outputs(&frame, inference->stage, outputs);
    send_items(&frame, record);
    return tinyface_reply_end(&frame);
}
