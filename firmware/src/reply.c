/* Packs the frames the board sends, piece by piece: no frame is ever held in RAM as a whole. */
#include "reply.h"

#include "app.h"
#include "model_store.h"
#include "reply_frame.h"
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
SAME(votes, TINYFACE_RECORD_VOTES, TINYFACE_WIRE_RECORD_KIND_VOTES);
SAME(micros, TINYFACE_TICKS_MICROSECONDS, TINYFACE_WIRE_TICK_UNIT_MICROSECONDS);
SAME(instructions, TINYFACE_TICKS_INSTRUCTIONS, TINYFACE_WIRE_TICK_UNIT_INSTRUCTIONS);
SAME(cycles, TINYFACE_TICKS_CYCLES, TINYFACE_WIRE_TICK_UNIT_CYCLES);

/* A message that is all head. */
static int send_head(tinyface_address to, uint8_t type, const uint8_t *bytes, uint32_t size)
{
    tinyface_frame_out frame;
    tinyface_reply_begin(&frame, to, type, size);
    tinyface_frame_bytes_out(&frame, bytes, size);
    return frame.failed ? -1 : 0;
}

int tinyface_reply_ack(tinyface_address to)
{
    tinyface_frame_out frame;
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_ACK, 0);
    return tinyface_reply_end(&frame);
}

int tinyface_reply_error(tinyface_address to, uint8_t code, uint32_t detail, const char *text)
{
    tinyface_error_head head = {code, detail};
    uint8_t bytes[TINYFACE_ERROR_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_error_head_pack(&head, bytes);
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_ERROR, (uint32_t)(sizeof bytes + 4 + strlen(text)));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_string(&frame, text);
    return tinyface_reply_end(&frame);
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
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_HELLO,
                         (uint32_t)(sizeof bytes + 24 + 4U * STAGE_VALUES * tinyface_program_main.n_stages + strlen(board) +
                                    strlen(name) + strlen(sensor)) +
                             names_bytes(stage_name) + names_bytes(tinyface_stage_model_name));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    send_stage_facts(&frame);
    tinyface_frame_string(&frame, board);
    tinyface_frame_string(&frame, name);
    tinyface_frame_string(&frame, sensor);
    send_names(&frame, stage_name);
    send_names(&frame, tinyface_stage_model_name);
    return tinyface_reply_end(&frame);
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
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_MODEL,
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
    return tinyface_reply_end(&frame);
}

int tinyface_reply_stats(tinyface_address to, const tinyface_stats_head *stats)
{
    const char *sensor = sensor_name();
    uint8_t bytes[TINYFACE_STATS_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_stats_head_pack(stats, bytes);
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_STATS, (uint32_t)(sizeof bytes + 4 + strlen(sensor)));
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_string(&frame, sensor);
    return tinyface_reply_end(&frame);
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
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_PICTURE, (uint32_t)sizeof bytes + 4U + size);
    tinyface_frame_bytes_out(&frame, bytes, sizeof bytes);
    tinyface_frame_u32(&frame, size);
    if (format == picture->format) {
        tinyface_frame_bytes_out(&frame, picture->data, size);
    } else {
        send_gray(&frame, picture);
    }
    return tinyface_reply_end(&frame);
}

int tinyface_reply_preview(tinyface_address to, const tinyface_preview_head *head, const uint8_t *pixels, uint32_t bytes)
{
    uint8_t packed[TINYFACE_PREVIEW_HEAD_BYTES];
    tinyface_frame_out frame;

    tinyface_preview_head_pack(head, packed);
    tinyface_reply_begin(&frame, to, TINYFACE_MSG_PREVIEW, (uint32_t)sizeof packed + 4U + bytes);
    tinyface_frame_bytes_out(&frame, packed, sizeof packed);
    tinyface_frame_u32(&frame, bytes);
    tinyface_frame_bytes_out(&frame, pixels, bytes);
    return tinyface_reply_end(&frame);
}
