/* Packs the frames the board sends, piece by piece: no frame is ever held in RAM as a whole. */
#include "reply.h"

#include "app.h"
#include "host.h"
#include "model_store.h"
#include "tinyface/board.h"
#include "worker.h"

/* The values travel as they are: the contracts and the wire schema must agree. */
#define SAME(name, a, b) typedef char same_##name[((int)(a) == (int)(b)) ? 1 : -1]
SAME(aot, TINYFACE_RUNTIME_AOT, TINYFACE_WIRE_RUNTIME_AOT);
SAME(tflm, TINYFACE_RUNTIME_TFLM, TINYFACE_WIRE_RUNTIME_TFLM);
SAME(int8, TINYFACE_INT8, TINYFACE_WIRE_DTYPE_INT8);
SAME(uint8, TINYFACE_UINT8, TINYFACE_WIRE_DTYPE_UINT8);
SAME(int16, TINYFACE_INT16, TINYFACE_WIRE_DTYPE_INT16);
SAME(int32, TINYFACE_INT32, TINYFACE_WIRE_DTYPE_INT32);
SAME(float32, TINYFACE_FLOAT32, TINYFACE_WIRE_DTYPE_FLOAT32);
SAME(bool8, TINYFACE_BOOL, TINYFACE_WIRE_DTYPE_BOOL);
SAME(int64, TINYFACE_INT64, TINYFACE_WIRE_DTYPE_INT64);
SAME(gray8, TINYFACE_GRAY8, TINYFACE_WIRE_PIXELS_GRAY8);
SAME(rgb888, TINYFACE_RGB888, TINYFACE_WIRE_PIXELS_RGB888);
SAME(rgb565, TINYFACE_RGB565, TINYFACE_WIRE_PIXELS_RGB565);
SAME(raw, TINYFACE_RECORD_RAW, TINYFACE_WIRE_RECORD_KIND_RAW);
SAME(points, TINYFACE_RECORD_POINTS, TINYFACE_WIRE_RECORD_KIND_POINTS);
SAME(boxes, TINYFACE_RECORD_BOXES, TINYFACE_WIRE_RECORD_KIND_BOXES);
SAME(classes, TINYFACE_RECORD_CLASSES, TINYFACE_WIRE_RECORD_KIND_CLASSES);
SAME(tracks, TINYFACE_RECORD_TRACKS, TINYFACE_WIRE_RECORD_KIND_TRACKS);
SAME(micros, TINYFACE_TICKS_MICROSECONDS, TINYFACE_WIRE_TICK_UNIT_MICROSECONDS);
SAME(instructions, TINYFACE_TICKS_INSTRUCTIONS, TINYFACE_WIRE_TICK_UNIT_INSTRUCTIONS);
SAME(cycles, TINYFACE_TICKS_CYCLES, TINYFACE_WIRE_TICK_UNIT_CYCLES);

static void begin(tinyface_frame_out *frame, tinyface_address to, uint8_t type, uint32_t length)
{
    tinyface_frame_begin(frame, tinyface_host_write, type, to.flags, to.sequence, length);
}

/* A message that is all head. */
static int send_head(tinyface_address to, uint8_t type, const uint8_t *bytes, uint32_t size)
{
    tinyface_frame_out frame;
    begin(&frame, to, type, size);
    tinyface_frame_bytes_out(&frame, bytes, size);
    return frame.failed ? -1 : 0;
}

static int end(const tinyface_frame_out *frame)
{
    return frame->failed ? -1 : 0;
}

int tinyface_reply_ack(tinyface_address to)
{
    tinyface_frame_out frame;
    begin(&frame, to, TINYFACE_MSG_ACK, 0);
    return end(&frame);
}

int tinyface_reply_error(tinyface_address to, uint8_t code, uint32_t detail, const char *text)
{
    tinyface_error_head head = {code, detail};
    uint8_t bytes[TINYFACE_ERROR_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_error_head_pack(&head, bytes);
    begin(&frame, to, TINYFACE_MSG_ERROR, (uint32_t)(sizeof bytes + 4 + strlen(text)));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_string(&frame, text);
    return end(&frame);
}

static const char *sensor_name(void)
{
    tinyface_camera_found found;
    tinyface_board_camera_found(&found);
    return found.sensor;
}

enum { STAGE_VALUES = 5, GRAY_PIECE = 128 };

static void send_stage_facts(tinyface_frame_out *frame)
{
    tinyface_frame_u32(frame, STAGE_VALUES * (uint32_t)tinyface_program_main.n_stages);
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        const tinyface_input_spec input = tinyface_stage_input(i);
        const int32_t facts[STAGE_VALUES] = {tinyface_program_main.stages[i].decoder->kind, input.layout, input.width,
                                             input.height, input.shift};
        for (uint8_t n = 0; n < STAGE_VALUES; n++) {
            tinyface_frame_u32(frame, (uint32_t)facts[n]);
        }
    }
}

static const char *stage_name(uint8_t stage)
{
    return tinyface_program_main.stages[stage].name;
}

/* One text a stage, each ending in a line feed. */
static uint32_t names_bytes(const char *(*name_of)(uint8_t stage))
{
    size_t bytes = 0;
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        bytes += strlen(name_of(i)) + 1;
    }
    return (uint32_t)bytes;
}

static void send_names(tinyface_frame_out *frame, const char *(*name_of)(uint8_t stage))
{
    tinyface_frame_u32(frame, names_bytes(name_of));
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        const char *name = name_of(i);
        tinyface_frame_bytes_out(frame, name, strlen(name));
        tinyface_frame_bytes_out(frame, "\n", 1);
    }
}

int tinyface_reply_hello(tinyface_address to, uint32_t max_payload)
{
    const tinyface_model *model = tinyface_main;
    const int several = tinyface_tells_parts();
    const char *board = tinyface_board_name(), *name = tinyface_model_name(), *sensor = sensor_name();
    uint8_t bytes[TINYFACE_HELLO_HEAD_BYTES];
    tinyface_hello_head head;
    tinyface_frame_out frame;

    head.protocol = TINYFACE_WIRE_VERSION;
    head.runtime = (uint8_t)model->runtime;
    head.tick_unit = (uint8_t)tinyface_board_tick_unit();
    tinyface_model_hash(head.model_hash);
    tinyface_plan_hash(head.plan_hash);
    head.arena_bytes = tinyface_program_arena_bytes(&tinyface_program_main);
    head.arena_internal = (uint8_t)tinyface_arena_internal();
    head.max_payload = max_payload;
    head.input_bytes = several ? 0 : tinyface_input_bytes();
    head.output_bytes = several ? 0 : tinyface_output_bytes(0);
    head.layers = several ? 0 : model->n_layers;
    head.has_camera = TINYFACE_HAS_CAMERA;
    head.cores = tinyface_worker_cores();
    head.stages = tinyface_program_main.n_stages;
    head.reset_reason = tinyface_board_reset_reason();
    head.slot = tinyface_board_slot();
    head.model_source = tinyface_model_stored();
    tinyface_hello_head_pack(&head, bytes);
    begin(&frame, to, TINYFACE_MSG_HELLO,
          (uint32_t)(sizeof bytes + 24 + 4U * STAGE_VALUES * tinyface_program_main.n_stages + strlen(board) + strlen(name) +
                     strlen(sensor)) +
              names_bytes(stage_name) + names_bytes(tinyface_stage_model_name));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_stage_facts(&frame);
    tinyface_frame_string(&frame, board);
    tinyface_frame_string(&frame, name);
    tinyface_frame_string(&frame, sensor);
    send_names(&frame, stage_name);
    send_names(&frame, tinyface_stage_model_name);
    return end(&frame);
}

static const char *stage_labels(uint8_t stage)
{
    const char *labels = tinyface_program_main.stages[stage].labels;
    return labels != NULL ? labels : "";
}

int tinyface_reply_model(tinyface_address to)
{
    const tinyface_model *model = tinyface_main;
    const tinyface_input_spec input = tinyface_stage_input(0);
    const tinyface_model_head head = {input.layout, input.width, input.height, input.shift,
                                      tinyface_program_main.facts_crc};
    uint8_t bytes[TINYFACE_MODEL_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_model_head_pack(&head, bytes);
    begin(&frame, to, TINYFACE_MSG_MODEL,
          (uint32_t)sizeof bytes + 16U + names_bytes(stage_labels) +
              4U * (model->n_operators + 2U * (uint32_t)model->n_outputs));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_u32(&frame, model->n_operators);
    for (uint16_t i = 0; i < model->n_operators; i++) {
        tinyface_frame_u32(&frame, model->operators[i]);
    }
    tinyface_frame_u32(&frame, model->n_outputs);
    for (uint16_t i = 0; i < model->n_outputs; i++) {
        tinyface_frame_u32(&frame, (uint32_t)model->outputs[i].dtype);
    }
    tinyface_frame_u32(&frame, model->n_outputs);
    for (uint16_t i = 0; i < model->n_outputs; i++) {
        tinyface_frame_u32(&frame, model->outputs[i].bytes);
    }
    send_names(&frame, stage_labels);
    return end(&frame);
}

int tinyface_reply_stats(tinyface_address to, const tinyface_stats_head *stats)
{
    const char *sensor = sensor_name();
    uint8_t bytes[TINYFACE_STATS_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_stats_head_pack(stats, bytes);
    begin(&frame, to, TINYFACE_MSG_STATS, (uint32_t)(sizeof bytes + 4 + strlen(sensor)));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_string(&frame, sensor);
    return end(&frame);
}

int tinyface_reply_settings(tinyface_address to, const tinyface_settings_head *settings)
{
    uint8_t bytes[TINYFACE_SETTINGS_HEAD_BYTES];
    tinyface_settings_head_pack(settings, bytes);
    return send_head(to, TINYFACE_MSG_SETTINGS, bytes, sizeof bytes);
}

int tinyface_reply_challenge(tinyface_address to, const tinyface_challenge_head *challenge)
{
    uint8_t bytes[TINYFACE_CHALLENGE_HEAD_BYTES];
    tinyface_challenge_head_pack(challenge, bytes);
    return send_head(to, TINYFACE_MSG_CHALLENGE, bytes, sizeof bytes);
}

int tinyface_reply_update(tinyface_address to, const tinyface_update_head *update)
{
    uint8_t bytes[TINYFACE_UPDATE_HEAD_BYTES];
    tinyface_update_head_pack(update, bytes);
    return send_head(to, TINYFACE_MSG_UPDATE, bytes, sizeof bytes);
}

/* A frame's pixels as luma, a piece at a time. */
static void send_gray(tinyface_frame_out *out, const tinyface_frame *picture)
{
    uint8_t piece[GRAY_PIECE];
    uint32_t n = 0;

    for (uint32_t y = 0; y < picture->height; y++) {
        for (uint32_t x = 0; x < picture->width; x++) {
            piece[n++] = tinyface_gray_at(picture, x, y);
            if (n == sizeof piece) {
                tinyface_frame_bytes_out(out, piece, n);
                n = 0;
            }
        }
    }
    tinyface_frame_bytes_out(out, piece, n);
}

int tinyface_reply_picture(tinyface_address to, uint32_t number, const tinyface_frame *picture, int gray)
{
    const uint8_t format = (uint8_t)(gray ? TINYFACE_GRAY8 : picture->format);
    uint32_t size = tinyface_frame_bytes(format, picture->width, picture->height);
    tinyface_picture_head head = {number, picture->time_ms, format, picture->width, picture->height};
    uint8_t bytes[TINYFACE_PICTURE_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_picture_head_pack(&head, bytes);
    begin(&frame, to, TINYFACE_MSG_PICTURE, (uint32_t)sizeof bytes + 4U + size);
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_u32(&frame, size);
    if (format == picture->format) {
        tinyface_frame_bytes_out(&frame, picture->data, size);
    } else {
        send_gray(&frame, picture);
    }
    return end(&frame);
}

int tinyface_reply_preview(tinyface_address to, const tinyface_preview_head *head, const uint8_t *pixels, uint32_t bytes)
{
    uint8_t packed[TINYFACE_PREVIEW_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_preview_head_pack(head, packed);
    begin(&frame, to, TINYFACE_MSG_PREVIEW, (uint32_t)sizeof packed + 4U + bytes);
    tinyface_frame_bytes_out(&frame, packed, sizeof packed);
    tinyface_frame_u32(&frame, bytes);
    tinyface_frame_bytes_out(&frame, pixels, bytes);
    return end(&frame);
}

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

    begin(&frame, to, TINYFACE_MSG_LAYERS, 12U + 4U * ((uint32_t)n_crc + n_ticks + n_micros));
    send_list(&frame, inference->layer_crc, n_crc);
    send_list(&frame, inference->layer_ticks, n_ticks);
    send_micros(&frame, inference->layer_ticks, n_micros);
    return end(&frame);
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
    begin(&frame, to, TINYFACE_MSG_RUN, (uint32_t)sizeof bytes + 4U + outputs);
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_outputs(&frame, inference->stage, outputs);
    return end(&frame);
}

int tinyface_reply_record(tinyface_address to, const tinyface_inference *inference)
{
    const tinyface_record *record = inference->record;
    const tinyface_record_head head = {inference->stage, record->kind, record->width};
    uint8_t bytes[TINYFACE_RECORD_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_record_head_pack(&head, bytes);
    begin(&frame, to, TINYFACE_MSG_RECORD, (uint32_t)sizeof bytes + 4U + 4U * values_of(record));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_items(&frame, record);
    return end(&frame);
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
    begin(&frame, to, TINYFACE_MSG_RESULT, (uint32_t)sizeof bytes + 8U + outputs + 4U * values_of(record));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_outputs(&frame, inference->stage, outputs);
    send_items(&frame, record);
    return end(&frame);
}
