/* The messages of the wire, generated from firmware/protocol.toml by
 * `python -m host_tools.wire.schema.write`; do not edit. All integers are little-endian.
 *
 * A message is its head (fields of fixed size, packed and unpacked here), then its variable fields,
 * each a u32 count and that many items. */
#ifndef TINYFACE_MESSAGES_H
#define TINYFACE_MESSAGES_H

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline void tinyface_put_u8(uint8_t *p, uint8_t v)
{
    p[0] = v;
}

static inline void tinyface_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v & 0xFFU);
    p[1] = (uint8_t)(v >> 8);
}

static inline void tinyface_put_u32(uint8_t *p, uint32_t v)
{
    tinyface_put_u16(p, (uint16_t)(v & 0xFFFFU));
    tinyface_put_u16(p + 2, (uint16_t)(v >> 16));
}

static inline void tinyface_put_u64(uint8_t *p, uint64_t v)
{
    tinyface_put_u32(p, (uint32_t)(v & 0xFFFFFFFFU));
    tinyface_put_u32(p + 4, (uint32_t)(v >> 32));
}

static inline void tinyface_put_i16(uint8_t *p, int16_t v)
{
    tinyface_put_u16(p, (uint16_t)v);
}

static inline void tinyface_put_i32(uint8_t *p, int32_t v)
{
    tinyface_put_u32(p, (uint32_t)v);
}

static inline uint8_t tinyface_get_u8(const uint8_t *p)
{
    return p[0];
}

static inline uint16_t tinyface_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | ((uint32_t)p[1] << 8));
}

static inline uint32_t tinyface_get_u32(const uint8_t *p)
{
    return tinyface_get_u16(p) | ((uint32_t)tinyface_get_u16(p + 2) << 16);
}

static inline uint64_t tinyface_get_u64(const uint8_t *p)
{
    return tinyface_get_u32(p) | ((uint64_t)tinyface_get_u32(p + 4) << 32);
}

static inline int16_t tinyface_get_i16(const uint8_t *p)
{
    return (int16_t)tinyface_get_u16(p);
}

static inline int32_t tinyface_get_i32(const uint8_t *p)
{
    return (int32_t)tinyface_get_u32(p);
}

enum {
    TINYFACE_WIRE_VERSION = 3,
    TINYFACE_WIRE_SYNC_0 = 165,
    TINYFACE_WIRE_SYNC_1 = 90,
    TINYFACE_WIRE_FRAME_HEADER_BYTES = 12,
    TINYFACE_WIRE_FRAME_TRAILER_BYTES = 4,
    TINYFACE_WIRE_MAX_PAYLOAD = 1048576
};

enum {
    TINYFACE_FLAG_UNASKED = 1,
    TINYFACE_FLAG_SEALED = 2
};

enum {
    TINYFACE_WANT_LAYER_CRC = 1,
    TINYFACE_WANT_PROFILE = 2,
    TINYFACE_WANT_PICTURE = 4,
    TINYFACE_WANT_RUNS = 8,
    TINYFACE_WANT_PREVIEW = 16,
    TINYFACE_WANT_GRAY = 32,
    TINYFACE_WANT_TIMES = 64
};

enum {
    TINYFACE_REFUSED_EXPOSURE = 1,
    TINYFACE_REFUSED_GAIN = 2,
    TINYFACE_REFUSED_BRIGHTNESS = 4,
    TINYFACE_REFUSED_CONTRAST = 8,
    TINYFACE_REFUSED_MIRROR = 16,
    TINYFACE_REFUSED_FLIP = 32
};

enum {
    TINYFACE_WIRE_RUNTIME_AOT = 1,
    TINYFACE_WIRE_RUNTIME_TFLM = 2
};

enum {
    TINYFACE_WIRE_DTYPE_INT8 = 1,
    TINYFACE_WIRE_DTYPE_UINT8 = 2,
    TINYFACE_WIRE_DTYPE_INT16 = 3,
    TINYFACE_WIRE_DTYPE_INT32 = 4,
    TINYFACE_WIRE_DTYPE_FLOAT32 = 5,
    TINYFACE_WIRE_DTYPE_BOOL = 6,
    TINYFACE_WIRE_DTYPE_INT64 = 7
};

enum {
    TINYFACE_WIRE_PIXELS_GRAY8 = 1,
    TINYFACE_WIRE_PIXELS_RGB888 = 2,
    TINYFACE_WIRE_PIXELS_RGB565 = 3
};

enum {
    TINYFACE_WIRE_RECORD_KIND_RAW = 0,
    TINYFACE_WIRE_RECORD_KIND_POINTS = 1,
    TINYFACE_WIRE_RECORD_KIND_BOXES = 2,
    TINYFACE_WIRE_RECORD_KIND_CLASSES = 3,
    TINYFACE_WIRE_RECORD_KIND_TRACKS = 4,
    TINYFACE_WIRE_RECORD_KIND_VOTES = 5
};

enum {
    TINYFACE_WIRE_TICK_UNIT_MICROSECONDS = 0,
    TINYFACE_WIRE_TICK_UNIT_INSTRUCTIONS = 1,
    TINYFACE_WIRE_TICK_UNIT_CYCLES = 2
};

enum {
    TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST = 1,
    TINYFACE_WIRE_ERROR_CODE_UNKNOWN_TYPE = 2,
    TINYFACE_WIRE_ERROR_CODE_NO_MODEL = 3,
    TINYFACE_WIRE_ERROR_CODE_NO_FIRMWARE = 4,
    TINYFACE_WIRE_ERROR_CODE_ARENA = 5,
    TINYFACE_WIRE_ERROR_CODE_CAMERA = 6,
    TINYFACE_WIRE_ERROR_CODE_NO_PICTURE_INPUT = 7,
    TINYFACE_WIRE_ERROR_CODE_TOO_LONG = 8,
    TINYFACE_WIRE_ERROR_CODE_RUNTIME = 9,
    TINYFACE_WIRE_ERROR_CODE_BAD_FRAME = 10,
    TINYFACE_WIRE_ERROR_CODE_STORAGE = 11,
    TINYFACE_WIRE_ERROR_CODE_PSRAM = 12,
    TINYFACE_WIRE_ERROR_CODE_BROWNOUT = 13,
    TINYFACE_WIRE_ERROR_CODE_CRASH = 14,
    TINYFACE_WIRE_ERROR_CODE_HOST_GONE = 15,
    TINYFACE_WIRE_ERROR_CODE_UPDATE = 16,
    TINYFACE_WIRE_ERROR_CODE_TOKEN = 17
};

enum {
    TINYFACE_WIRE_RESET_REASON_UNKNOWN = 0,
    TINYFACE_WIRE_RESET_REASON_POWER_ON = 1,
    TINYFACE_WIRE_RESET_REASON_EXTERNAL = 2,
    TINYFACE_WIRE_RESET_REASON_SOFTWARE = 3,
    TINYFACE_WIRE_RESET_REASON_PANIC = 4,
    TINYFACE_WIRE_RESET_REASON_WATCHDOG = 5,
    TINYFACE_WIRE_RESET_REASON_BROWNOUT = 6
};

enum {
    TINYFACE_WIRE_LED_MODE_OFF = 0,
    TINYFACE_WIRE_LED_MODE_ON = 1,
    TINYFACE_WIRE_LED_MODE_BUSY = 2
};

enum {
    TINYFACE_WIRE_UPDATE_TARGET_FIRMWARE = 0,
    TINYFACE_WIRE_UPDATE_TARGET_MODEL = 1
};

enum {
    TINYFACE_WIRE_UPDATE_STATE_IDLE = 0,
    TINYFACE_WIRE_UPDATE_STATE_RECEIVING = 1,
    TINYFACE_WIRE_UPDATE_STATE_READY = 2,
    TINYFACE_WIRE_UPDATE_STATE_UNCONFIRMED = 3
};

enum {
    TINYFACE_WIRE_UPDATE_FAULT_UNSUPPORTED = 1,
    TINYFACE_WIRE_UPDATE_FAULT_TOO_LARGE = 2,
    TINYFACE_WIRE_UPDATE_FAULT_HASH_DIFFERS = 3,
    TINYFACE_WIRE_UPDATE_FAULT_NOT_BEGUN = 4,
    TINYFACE_WIRE_UPDATE_FAULT_REFUSED = 5,
    TINYFACE_WIRE_UPDATE_FAULT_PLAN_DIFFERS = 6,
    TINYFACE_WIRE_UPDATE_FAULT_BUSY = 7
};

enum {
    TINYFACE_WIRE_GUARD_OPEN = 0,
    TINYFACE_WIRE_GUARD_SEALED = 1,
    TINYFACE_WIRE_GUARD_CLOSED = 2
};

enum {
    TINYFACE_WIRE_TOKEN_LEAST = 16,
    TINYFACE_WIRE_TOKEN_MOST = 128
};

enum {
    TINYFACE_WIRE_TOKEN_FAULT_NONE_HERE = 1,
    TINYFACE_WIRE_TOKEN_FAULT_MISSING = 2,
    TINYFACE_WIRE_TOKEN_FAULT_WRONG = 3,
    TINYFACE_WIRE_TOKEN_FAULT_SPENT = 4
};

enum {
    TINYFACE_WIRE_LOG_LEVEL_DEBUG = 0,
    TINYFACE_WIRE_LOG_LEVEL_INFO = 1,
    TINYFACE_WIRE_LOG_LEVEL_WARNING = 2,
    TINYFACE_WIRE_LOG_LEVEL_ERROR = 3
};

/* HELLO_REQUEST. Who are you: answered with HELLO. */
enum { TINYFACE_MSG_HELLO_REQUEST = 0x01, TINYFACE_HELLO_REQUEST_HEAD_BYTES = 0 };

/* INFER_TENSOR. Run on raw input tensors (all inputs, one after the other): answered with RESULT.
 * After the head: tensors (bytes). */
enum { TINYFACE_MSG_INFER_TENSOR = 0x02, TINYFACE_INFER_TENSOR_HEAD_BYTES = 1 };

typedef struct {
    uint8_t want;
} tinyface_infer_tensor_head;

static inline void tinyface_infer_tensor_head_pack(const tinyface_infer_tensor_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->want);
}

static inline void tinyface_infer_tensor_head_unpack(const uint8_t *in, tinyface_infer_tensor_head *head)
{
    head->want = tinyface_get_u8(in + 0);
}

/* INFER_PICTURE. Run on a region of a picture sent by the host, taken at time_ms: answered with
 * RESULT. A region of 0 x 0: the one that the program itself would take. After the head: pixels
 * (bytes). */
enum { TINYFACE_MSG_INFER_PICTURE = 0x03, TINYFACE_INFER_PICTURE_HEAD_BYTES = 20 };

typedef struct {
    uint8_t want;
    uint32_t time_ms;
    uint8_t format;
    uint16_t width;
    uint16_t height;
    int16_t region_x;
    int16_t region_y;
    uint16_t region_width;
    uint16_t region_height;
    int16_t region_turn;
} tinyface_infer_picture_head;

static inline void tinyface_infer_picture_head_pack(const tinyface_infer_picture_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->want);
    tinyface_put_u32(out + 1, head->time_ms);
    tinyface_put_u8(out + 5, head->format);
    tinyface_put_u16(out + 6, head->width);
    tinyface_put_u16(out + 8, head->height);
    tinyface_put_i16(out + 10, head->region_x);
    tinyface_put_i16(out + 12, head->region_y);
    tinyface_put_u16(out + 14, head->region_width);
    tinyface_put_u16(out + 16, head->region_height);
    tinyface_put_i16(out + 18, head->region_turn);
}

static inline void tinyface_infer_picture_head_unpack(const uint8_t *in, tinyface_infer_picture_head *head)
{
    head->want = tinyface_get_u8(in + 0);
    head->time_ms = tinyface_get_u32(in + 1);
    head->format = tinyface_get_u8(in + 5);
    head->width = tinyface_get_u16(in + 6);
    head->height = tinyface_get_u16(in + 8);
    head->region_x = tinyface_get_i16(in + 10);
    head->region_y = tinyface_get_i16(in + 12);
    head->region_width = tinyface_get_u16(in + 14);
    head->region_height = tinyface_get_u16(in + 16);
    head->region_turn = tinyface_get_i16(in + 18);
}

/* STREAM. Start (frames > 0; 0xFFFFFFFF = until stopped) or stop (0) inferences from the board's
 * camera: answered with ACK. */
enum { TINYFACE_MSG_STREAM = 0x04, TINYFACE_STREAM_HEAD_BYTES = 9 };

typedef struct {
    uint8_t want;
    uint32_t frames;
    uint32_t period_ms;
} tinyface_stream_head;

static inline void tinyface_stream_head_pack(const tinyface_stream_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->want);
    tinyface_put_u32(out + 1, head->frames);
    tinyface_put_u32(out + 5, head->period_ms);
}

static inline void tinyface_stream_head_unpack(const uint8_t *in, tinyface_stream_head *head)
{
    head->want = tinyface_get_u8(in + 0);
    head->frames = tinyface_get_u32(in + 1);
    head->period_ms = tinyface_get_u32(in + 5);
}

/* STATS_REQUEST. Answered with STATS. */
enum { TINYFACE_MSG_STATS_REQUEST = 0x05, TINYFACE_STATS_REQUEST_HEAD_BYTES = 0 };

/* RESTART. Answered with ACK, then the board restarts and says HELLO. */
enum { TINYFACE_MSG_RESTART = 0x06, TINYFACE_RESTART_HEAD_BYTES = 0 };

/* SETTINGS_REQUEST. Answered with SETTINGS. */
enum { TINYFACE_MSG_SETTINGS_REQUEST = 0x07, TINYFACE_SETTINGS_REQUEST_HEAD_BYTES = 0 };

/* CONFIGURE. Change the settings: answered with SETTINGS, or ERROR bad_request with the number of
 * the first field that is out of range. keep: 1 to find them again after the next boot. The other
 * fields are those of SETTINGS, but for its last. */
enum { TINYFACE_MSG_CONFIGURE = 0x08, TINYFACE_CONFIGURE_HEAD_BYTES = 19 };

typedef struct {
    uint8_t keep;
    uint32_t period_ms;
    int16_t threshold;
    uint8_t led;
    uint8_t flash_led;
    int16_t exposure;
    int16_t gain;
    int16_t brightness;
    int16_t contrast;
    uint8_t mirror;
    uint8_t flip;
} tinyface_configure_head;

static inline void tinyface_configure_head_pack(const tinyface_configure_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->keep);
    tinyface_put_u32(out + 1, head->period_ms);
    tinyface_put_i16(out + 5, head->threshold);
    tinyface_put_u8(out + 7, head->led);
    tinyface_put_u8(out + 8, head->flash_led);
    tinyface_put_i16(out + 9, head->exposure);
    tinyface_put_i16(out + 11, head->gain);
    tinyface_put_i16(out + 13, head->brightness);
    tinyface_put_i16(out + 15, head->contrast);
    tinyface_put_u8(out + 17, head->mirror);
    tinyface_put_u8(out + 18, head->flip);
}

static inline void tinyface_configure_head_unpack(const uint8_t *in, tinyface_configure_head *head)
{
    head->keep = tinyface_get_u8(in + 0);
    head->period_ms = tinyface_get_u32(in + 1);
    head->threshold = tinyface_get_i16(in + 5);
    head->led = tinyface_get_u8(in + 7);
    head->flash_led = tinyface_get_u8(in + 8);
    head->exposure = tinyface_get_i16(in + 9);
    head->gain = tinyface_get_i16(in + 11);
    head->brightness = tinyface_get_i16(in + 13);
    head->contrast = tinyface_get_i16(in + 15);
    head->mirror = tinyface_get_u8(in + 17);
    head->flip = tinyface_get_u8(in + 18);
}

/* UPDATE_BEGIN. A new image of `size` bytes will follow: answered with UPDATE. */
enum { TINYFACE_MSG_UPDATE_BEGIN = 0x09, TINYFACE_UPDATE_BEGIN_HEAD_BYTES = 37 };

typedef struct {
    uint8_t target;
    uint32_t size;
    uint8_t sha256[32];
} tinyface_update_begin_head;

static inline void tinyface_update_begin_head_pack(const tinyface_update_begin_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->target);
    tinyface_put_u32(out + 1, head->size);
    memcpy(out + 5, head->sha256, 32);
}

static inline void tinyface_update_begin_head_unpack(const uint8_t *in, tinyface_update_begin_head *head)
{
    head->target = tinyface_get_u8(in + 0);
    head->size = tinyface_get_u32(in + 1);
    memcpy(head->sha256, in + 5, 32);
}

/* UPDATE_DATA. The image from `position` on: answered with UPDATE. Data that lies elsewhere than
 * at UPDATE's `next` is not taken. After the head: data (bytes). */
enum { TINYFACE_MSG_UPDATE_DATA = 0x0A, TINYFACE_UPDATE_DATA_HEAD_BYTES = 4 };

typedef struct {
    uint32_t position;
} tinyface_update_data_head;

static inline void tinyface_update_data_head_pack(const tinyface_update_data_head *head, uint8_t *out)
{
    tinyface_put_u32(out + 0, head->position);
}

static inline void tinyface_update_data_head_unpack(const uint8_t *in, tinyface_update_data_head *head)
{
    head->position = tinyface_get_u32(in + 0);
}

/* UPDATE_END. The image is complete: the board reads it back, compares its SHA-256 and makes it
 * the one to boot. Answered with UPDATE. */
enum { TINYFACE_MSG_UPDATE_END = 0x0B, TINYFACE_UPDATE_END_HEAD_BYTES = 0 };

/* UPDATE_REQUEST. Answered with UPDATE. */
enum { TINYFACE_MSG_UPDATE_REQUEST = 0x0C, TINYFACE_UPDATE_REQUEST_HEAD_BYTES = 0 };

/* MODEL_REQUEST. Answered with MODEL. Firmware that does not know this request yet answers ERROR
 * unknown_type. */
enum { TINYFACE_MSG_MODEL_REQUEST = 0x0D, TINYFACE_MODEL_REQUEST_HEAD_BYTES = 0 };

/* CHALLENGE_REQUEST. Answered with CHALLENGE; seals that were made before count no more. */
enum { TINYFACE_MSG_CHALLENGE_REQUEST = 0x0E, TINYFACE_CHALLENGE_REQUEST_HEAD_BYTES = 0 };

/* HELLO. Sent unasked at boot and as a reply. max_payload: longest request the board takes. slot:
 * the application slot that runs (255: the board has none). model_source: 1 where the constants
 * come from the model partition. cores: 2 where capture and inference run side by side. stages:
 * of the program; where there are several, model is its name and the hashes are those of all its
 * models' hashes one after the other. input_bytes 0: it takes pictures alone, and tells runs and
 * records in parts (output_bytes and layers are 0, too). sensor: the camera's, as its driver
 * names it (OV2640, GC2145); empty until the camera has been started, and where none was found.
 * stage_facts: five values a stage: its decoder's record_kind, then what frames become for it, as
 * picture.h has it (layout 0: a tensor), width, height, shift. stage_names: of each stage,
 * stage_models: of its network (empty: none), each ending in a line feed. After the head:
 * stage_facts (i32[]), board (string), model (string), sensor (string), stage_names (string),
 * stage_models (string). */
enum { TINYFACE_MSG_HELLO = 0x81, TINYFACE_HELLO_HEAD_BYTES = 93 };

typedef struct {
    uint16_t protocol;
    uint8_t runtime;
    uint8_t tick_unit;
    uint8_t model_hash[32];
    uint8_t plan_hash[32];
    uint32_t arena_bytes;
    uint8_t arena_internal;
    uint32_t max_payload;
    uint32_t input_bytes;
    uint32_t output_bytes;
    uint16_t layers;
    uint8_t has_camera;
    uint8_t cores;
    uint8_t stages;
    uint8_t reset_reason;
    uint8_t slot;
    uint8_t model_source;
} tinyface_hello_head;

static inline void tinyface_hello_head_pack(const tinyface_hello_head *head, uint8_t *out)
{
    tinyface_put_u16(out + 0, head->protocol);
    tinyface_put_u8(out + 2, head->runtime);
    tinyface_put_u8(out + 3, head->tick_unit);
    memcpy(out + 4, head->model_hash, 32);
    memcpy(out + 36, head->plan_hash, 32);
    tinyface_put_u32(out + 68, head->arena_bytes);
    tinyface_put_u8(out + 72, head->arena_internal);
    tinyface_put_u32(out + 73, head->max_payload);
    tinyface_put_u32(out + 77, head->input_bytes);
    tinyface_put_u32(out + 81, head->output_bytes);
    tinyface_put_u16(out + 85, head->layers);
    tinyface_put_u8(out + 87, head->has_camera);
    tinyface_put_u8(out + 88, head->cores);
    tinyface_put_u8(out + 89, head->stages);
    tinyface_put_u8(out + 90, head->reset_reason);
    tinyface_put_u8(out + 91, head->slot);
    tinyface_put_u8(out + 92, head->model_source);
}

static inline void tinyface_hello_head_unpack(const uint8_t *in, tinyface_hello_head *head)
{
    head->protocol = tinyface_get_u16(in + 0);
    head->runtime = tinyface_get_u8(in + 2);
    head->tick_unit = tinyface_get_u8(in + 3);
    memcpy(head->model_hash, in + 4, 32);
    memcpy(head->plan_hash, in + 36, 32);
    head->arena_bytes = tinyface_get_u32(in + 68);
    head->arena_internal = tinyface_get_u8(in + 72);
    head->max_payload = tinyface_get_u32(in + 73);
    head->input_bytes = tinyface_get_u32(in + 77);
    head->output_bytes = tinyface_get_u32(in + 81);
    head->layers = tinyface_get_u16(in + 85);
    head->has_camera = tinyface_get_u8(in + 87);
    head->cores = tinyface_get_u8(in + 88);
    head->stages = tinyface_get_u8(in + 89);
    head->reset_reason = tinyface_get_u8(in + 90);
    head->slot = tinyface_get_u8(in + 91);
    head->model_source = tinyface_get_u8(in + 92);
}

/* RESULT. One inference. time_ms, region: of its picture, all 0 for raw tensors. ticks: whole
 * invoke in HELLO's tick unit (layer CRCs and profiling included when asked for); with micros the
 * sum of all runs where they are told in parts. input_crc: CRC32 of all input bytes. outputs: all
 * outputs, one after the other. parts: how many RUN and RECORD came before it. stage: the last
 * one that worked in this frame, whose record this is; 255: all rested, and there are no outputs.
 * kind, items: what the decoder found, record_kind says what the item_values values of each item
 * are; raw tensors have none. Positions are in 1/256 px, region_turn in 1/65536 of a full turn
 * about the middle of the region, clockwise. After the head: outputs (bytes), items (i32[]). */
enum { TINYFACE_MSG_RESULT = 0x82, TINYFACE_RESULT_HEAD_BYTES = 40 };

typedef struct {
    uint32_t frame;
    uint32_t time_ms;
    uint32_t micros;
    uint64_t ticks;
    uint32_t input_crc;
    int16_t region_x;
    int16_t region_y;
    uint16_t region_width;
    uint16_t region_height;
    int16_t region_turn;
    uint16_t parts;
    uint8_t stage;
    uint8_t kind;
    uint16_t item_values;
} tinyface_result_head;

static inline void tinyface_result_head_pack(const tinyface_result_head *head, uint8_t *out)
{
    tinyface_put_u32(out + 0, head->frame);
    tinyface_put_u32(out + 4, head->time_ms);
    tinyface_put_u32(out + 8, head->micros);
    tinyface_put_u64(out + 12, head->ticks);
    tinyface_put_u32(out + 20, head->input_crc);
    tinyface_put_i16(out + 24, head->region_x);
    tinyface_put_i16(out + 26, head->region_y);
    tinyface_put_u16(out + 28, head->region_width);
    tinyface_put_u16(out + 30, head->region_height);
    tinyface_put_i16(out + 32, head->region_turn);
    tinyface_put_u16(out + 34, head->parts);
    tinyface_put_u8(out + 36, head->stage);
    tinyface_put_u8(out + 37, head->kind);
    tinyface_put_u16(out + 38, head->item_values);
}

static inline void tinyface_result_head_unpack(const uint8_t *in, tinyface_result_head *head)
{
    head->frame = tinyface_get_u32(in + 0);
    head->time_ms = tinyface_get_u32(in + 4);
    head->micros = tinyface_get_u32(in + 8);
    head->ticks = tinyface_get_u64(in + 12);
    head->input_crc = tinyface_get_u32(in + 20);
    head->region_x = tinyface_get_i16(in + 24);
    head->region_y = tinyface_get_i16(in + 26);
    head->region_width = tinyface_get_u16(in + 28);
    head->region_height = tinyface_get_u16(in + 30);
    head->region_turn = tinyface_get_i16(in + 32);
    head->parts = tinyface_get_u16(in + 34);
    head->stage = tinyface_get_u8(in + 36);
    head->kind = tinyface_get_u8(in + 37);
    head->item_values = tinyface_get_u16(in + 38);
}

/* LAYERS. Sent before RESULT when asked for: one CRC32 (of the output bytes, several outputs one
 * after the other) and one tick count a layer, and the ticks as microseconds where ticks are
 * time; empty lists for what was not asked or what the runtime cannot tell. After the head: crc
 * (u32[]), ticks (u32[]), micros (u32[]). */
enum { TINYFACE_MSG_LAYERS = 0x83, TINYFACE_LAYERS_HEAD_BYTES = 0 };

/* PICTURE. A camera frame, sent before its RESULT when asked for; with `gray` each of its pixels
 * as integer luma, (77 R + 150 G + 29 B) >> 8, which is what networks with gray inputs see of it.
 * time_ms: when the camera gave it, milliseconds since boot. After the head: pixels (bytes). */
enum { TINYFACE_MSG_PICTURE = 0x84, TINYFACE_PICTURE_HEAD_BYTES = 13 };

typedef struct {
    uint32_t frame;
    uint32_t time_ms;
    uint8_t format;
    uint16_t width;
    uint16_t height;
} tinyface_picture_head;

static inline void tinyface_picture_head_pack(const tinyface_picture_head *head, uint8_t *out)
{
    tinyface_put_u32(out + 0, head->frame);
    tinyface_put_u32(out + 4, head->time_ms);
    tinyface_put_u8(out + 8, head->format);
    tinyface_put_u16(out + 9, head->width);
    tinyface_put_u16(out + 11, head->height);
}

static inline void tinyface_picture_head_unpack(const uint8_t *in, tinyface_picture_head *head)
{
    head->frame = tinyface_get_u32(in + 0);
    head->time_ms = tinyface_get_u32(in + 4);
    head->format = tinyface_get_u8(in + 8);
    head->width = tinyface_get_u16(in + 9);
    head->height = tinyface_get_u16(in + 11);
}

/* STATS. Counters since boot and free memory in bytes. stack_high_water: deepest stack use of any
 * task so far. arena_guard_intact: 0 when something wrote just outside the arena. dropped_frames:
 * camera frames that a newer one replaced before the model took them. below_threshold: results
 * not sent for that reason. stack_free: what the fullest stack has left (4294967295: unknown).
 * sensor: as in HELLO. After the head: sensor (string). */
enum { TINYFACE_MSG_STATS = 0x85, TINYFACE_STATS_HEAD_BYTES = 49 };

typedef struct {
    uint32_t uptime_ms;
    uint32_t inferences;
    uint32_t bad_frames;
    uint32_t dropped_bytes;
    uint32_t heap_free;
    uint32_t heap_largest_block;
    uint32_t psram_free;
    uint32_t stack_high_water;
    uint8_t arena_guard_intact;
    uint32_t dropped_frames;
    uint32_t camera_failures;
    uint32_t below_threshold;
    uint32_t stack_free;
} tinyface_stats_head;

static inline void tinyface_stats_head_pack(const tinyface_stats_head *head, uint8_t *out)
{
    tinyface_put_u32(out + 0, head->uptime_ms);
    tinyface_put_u32(out + 4, head->inferences);
    tinyface_put_u32(out + 8, head->bad_frames);
    tinyface_put_u32(out + 12, head->dropped_bytes);
    tinyface_put_u32(out + 16, head->heap_free);
    tinyface_put_u32(out + 20, head->heap_largest_block);
    tinyface_put_u32(out + 24, head->psram_free);
    tinyface_put_u32(out + 28, head->stack_high_water);
    tinyface_put_u8(out + 32, head->arena_guard_intact);
    tinyface_put_u32(out + 33, head->dropped_frames);
    tinyface_put_u32(out + 37, head->camera_failures);
    tinyface_put_u32(out + 41, head->below_threshold);
    tinyface_put_u32(out + 45, head->stack_free);
}

static inline void tinyface_stats_head_unpack(const uint8_t *in, tinyface_stats_head *head)
{
    head->uptime_ms = tinyface_get_u32(in + 0);
    head->inferences = tinyface_get_u32(in + 4);
    head->bad_frames = tinyface_get_u32(in + 8);
    head->dropped_bytes = tinyface_get_u32(in + 12);
    head->heap_free = tinyface_get_u32(in + 16);
    head->heap_largest_block = tinyface_get_u32(in + 20);
    head->psram_free = tinyface_get_u32(in + 24);
    head->stack_high_water = tinyface_get_u32(in + 28);
    head->arena_guard_intact = tinyface_get_u8(in + 32);
    head->dropped_frames = tinyface_get_u32(in + 33);
    head->camera_failures = tinyface_get_u32(in + 37);
    head->below_threshold = tinyface_get_u32(in + 41);
    head->stack_free = tinyface_get_u32(in + 45);
}

/* LOG. One line of log text. After the head: text (string). */
enum { TINYFACE_MSG_LOG = 0x86, TINYFACE_LOG_HEAD_BYTES = 1 };

typedef struct {
    uint8_t level;
} tinyface_log_head;

static inline void tinyface_log_head_pack(const tinyface_log_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->level);
}

static inline void tinyface_log_head_unpack(const uint8_t *in, tinyface_log_head *head)
{
    head->level = tinyface_get_u8(in + 0);
}

/* ERROR. What went wrong with the request of this sequence number. After the head: text (string). */
enum { TINYFACE_MSG_ERROR = 0x87, TINYFACE_ERROR_HEAD_BYTES = 5 };

typedef struct {
    uint8_t code;
    uint32_t detail;
} tinyface_error_head;

static inline void tinyface_error_head_pack(const tinyface_error_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->code);
    tinyface_put_u32(out + 1, head->detail);
}

static inline void tinyface_error_head_unpack(const uint8_t *in, tinyface_error_head *head)
{
    head->code = tinyface_get_u8(in + 0);
    head->detail = tinyface_get_u32(in + 1);
}

/* ACK. Done. */
enum { TINYFACE_MSG_ACK = 0x88, TINYFACE_ACK_HEAD_BYTES = 0 };

/* SETTINGS. The settings that hold. period_ms: a stream is never faster. threshold: a streamed
 * result is sent only where the largest value of the first output reaches it (-128: always); a
 * frame in which the first network rests reaches none. exposure (0 to 1200) and gain (0 to 30):
 * -1 for automatic. brightness, contrast: -2 to 2. mirror, flip: 0 or 1. led: led_mode.
 * flash_led: 0 or 1. refused: the settings whose values the camera's sensor did not take (bits of
 * `refused`); 0 until the camera has been started. */
enum { TINYFACE_MSG_SETTINGS = 0x89, TINYFACE_SETTINGS_HEAD_BYTES = 20 };

typedef struct {
    uint32_t period_ms;
    int16_t threshold;
    uint8_t led;
    uint8_t flash_led;
    int16_t exposure;
    int16_t gain;
    int16_t brightness;
    int16_t contrast;
    uint8_t mirror;
    uint8_t flip;
    uint16_t refused;
} tinyface_settings_head;

static inline void tinyface_settings_head_pack(const tinyface_settings_head *head, uint8_t *out)
{
    tinyface_put_u32(out + 0, head->period_ms);
    tinyface_put_i16(out + 4, head->threshold);
    tinyface_put_u8(out + 6, head->led);
    tinyface_put_u8(out + 7, head->flash_led);
    tinyface_put_i16(out + 8, head->exposure);
    tinyface_put_i16(out + 10, head->gain);
    tinyface_put_i16(out + 12, head->brightness);
    tinyface_put_i16(out + 14, head->contrast);
    tinyface_put_u8(out + 16, head->mirror);
    tinyface_put_u8(out + 17, head->flip);
    tinyface_put_u16(out + 18, head->refused);
}

static inline void tinyface_settings_head_unpack(const uint8_t *in, tinyface_settings_head *head)
{
    head->period_ms = tinyface_get_u32(in + 0);
    head->threshold = tinyface_get_i16(in + 4);
    head->led = tinyface_get_u8(in + 6);
    head->flash_led = tinyface_get_u8(in + 7);
    head->exposure = tinyface_get_i16(in + 8);
    head->gain = tinyface_get_i16(in + 10);
    head->brightness = tinyface_get_i16(in + 12);
    head->contrast = tinyface_get_i16(in + 14);
    head->mirror = tinyface_get_u8(in + 16);
    head->flip = tinyface_get_u8(in + 17);
    head->refused = tinyface_get_u16(in + 18);
}

/* UPDATE. How far an update is. next: offset of the first byte that is still to come. room: the
 * longest image this target takes. */
enum { TINYFACE_MSG_UPDATE = 0x8A, TINYFACE_UPDATE_HEAD_BYTES = 10 };

typedef struct {
    uint8_t target;
    uint8_t state;
    uint32_t next;
    uint32_t room;
} tinyface_update_head;

static inline void tinyface_update_head_pack(const tinyface_update_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->target);
    tinyface_put_u8(out + 1, head->state);
    tinyface_put_u32(out + 2, head->next);
    tinyface_put_u32(out + 6, head->room);
}

static inline void tinyface_update_head_unpack(const uint8_t *in, tinyface_update_head *head)
{
    head->target = tinyface_get_u8(in + 0);
    head->state = tinyface_get_u8(in + 1);
    head->next = tinyface_get_u32(in + 2);
    head->room = tinyface_get_u32(in + 6);
}

/* MODEL. What HELLO does not tell of the model. input: what frames become, as picture.h has it
 * (layout 0, 1 or 3; all 0: a tensor). program_crc: of what the firmware was generated with
 * (codegen/program/facts_crc.py); a model partition may have brought other parameters and shifts;
 * 0: not known. operators: the builtin operator codes of the .tflite format that the runtime
 * holds, ascending; none under aot. output_types: one dtype an output, in the order of RESULT.
 * output_bytes: one size an output. labels: of the classes of each stage, each ending in a line
 * feed, and a further line feed behind those of a stage. After the head: operators (u32[]),
 * output_types (u32[]), output_bytes (u32[]), labels (string). */
enum { TINYFACE_MSG_MODEL = 0x8B, TINYFACE_MODEL_HEAD_BYTES = 11 };

typedef struct {
    uint8_t input_layout;
    uint16_t input_width;
    uint16_t input_height;
    int16_t input_shift;
    uint32_t program_crc;
} tinyface_model_head;

static inline void tinyface_model_head_pack(const tinyface_model_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->input_layout);
    tinyface_put_u16(out + 1, head->input_width);
    tinyface_put_u16(out + 3, head->input_height);
    tinyface_put_i16(out + 5, head->input_shift);
    tinyface_put_u32(out + 7, head->program_crc);
}

static inline void tinyface_model_head_unpack(const uint8_t *in, tinyface_model_head *head)
{
    head->input_layout = tinyface_get_u8(in + 0);
    head->input_width = tinyface_get_u16(in + 1);
    head->input_height = tinyface_get_u16(in + 3);
    head->input_shift = tinyface_get_i16(in + 5);
    head->program_crc = tinyface_get_u32(in + 7);
}

/* CHALLENGE. What seals are made for. guard: guard. nonce: bytes that were never told before;
 * zeros where no seal is needed or none would help. */
enum { TINYFACE_MSG_CHALLENGE = 0x8C, TINYFACE_CHALLENGE_HEAD_BYTES = 17 };

typedef struct {
    uint8_t guard;
    uint8_t nonce[16];
} tinyface_challenge_head;

static inline void tinyface_challenge_head_pack(const tinyface_challenge_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->guard);
    memcpy(out + 1, head->nonce, 16);
}

static inline void tinyface_challenge_head_unpack(const uint8_t *in, tinyface_challenge_head *head)
{
    head->guard = tinyface_get_u8(in + 0);
    memcpy(head->nonce, in + 1, 16);
}

/* RUN. One run of a network in a program of several stages, its LAYERS before it; sent before
 * RESULT when asked for, with `times` alone without outputs. stage: its place in the program.
 * run: which run of the stage in this frame. The rest as in RESULT. After the head: outputs
 * (bytes). */
enum { TINYFACE_MSG_RUN = 0x8D, TINYFACE_RUN_HEAD_BYTES = 29 };

typedef struct {
    uint8_t stage;
    uint16_t run;
    uint32_t micros;
    uint64_t ticks;
    uint32_t input_crc;
    int16_t region_x;
    int16_t region_y;
    uint16_t region_width;
    uint16_t region_height;
    int16_t region_turn;
} tinyface_run_head;

static inline void tinyface_run_head_pack(const tinyface_run_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->stage);
    tinyface_put_u16(out + 1, head->run);
    tinyface_put_u32(out + 3, head->micros);
    tinyface_put_u64(out + 7, head->ticks);
    tinyface_put_u32(out + 15, head->input_crc);
    tinyface_put_i16(out + 19, head->region_x);
    tinyface_put_i16(out + 21, head->region_y);
    tinyface_put_u16(out + 23, head->region_width);
    tinyface_put_u16(out + 25, head->region_height);
    tinyface_put_i16(out + 27, head->region_turn);
}

static inline void tinyface_run_head_unpack(const uint8_t *in, tinyface_run_head *head)
{
    head->stage = tinyface_get_u8(in + 0);
    head->run = tinyface_get_u16(in + 1);
    head->micros = tinyface_get_u32(in + 3);
    head->ticks = tinyface_get_u64(in + 7);
    head->input_crc = tinyface_get_u32(in + 15);
    head->region_x = tinyface_get_i16(in + 19);
    head->region_y = tinyface_get_i16(in + 21);
    head->region_width = tinyface_get_u16(in + 23);
    head->region_height = tinyface_get_u16(in + 25);
    head->region_turn = tinyface_get_i16(in + 27);
}

/* RECORD. What a stage of a program of several stages found in this frame; sent before RESULT,
 * which then has no outputs and the record of the last one of them. A stage that rested sends
 * none. After the head: items (i32[]). */
enum { TINYFACE_MSG_RECORD = 0x8E, TINYFACE_RECORD_HEAD_BYTES = 4 };

typedef struct {
    uint8_t stage;
    uint8_t kind;
    uint16_t item_values;
} tinyface_record_head;

static inline void tinyface_record_head_pack(const tinyface_record_head *head, uint8_t *out)
{
    tinyface_put_u8(out + 0, head->stage);
    tinyface_put_u8(out + 1, head->kind);
    tinyface_put_u16(out + 2, head->item_values);
}

static inline void tinyface_record_head_unpack(const uint8_t *in, tinyface_record_head *head)
{
    head->stage = tinyface_get_u8(in + 0);
    head->kind = tinyface_get_u8(in + 1);
    head->item_values = tinyface_get_u16(in + 2);
}

/* PREVIEW. Some rows of a small gray picture of a camera frame, streamed when asked for: all of
 * the frame, width x height exact area averages of its luma. number counts the previews of a
 * stream. The rows come from the top down, a few a message, and only while nothing else waits to
 * be sent: a RESULT waits behind one such message at most. time_ms: of the frame; the RESULT of
 * the same time_ms is of the same frame, and most frames of previews have none where the network
 * is slow. frame_width, frame_height: of the frame, in whose pixels records count. row: the first
 * one in it. After the head: pixels (bytes). */
enum { TINYFACE_MSG_PREVIEW = 0x8F, TINYFACE_PREVIEW_HEAD_BYTES = 18 };

typedef struct {
    uint32_t number;
    uint32_t time_ms;
    uint16_t frame_width;
    uint16_t frame_height;
    uint16_t width;
    uint16_t height;
    uint16_t row;
} tinyface_preview_head;

static inline void tinyface_preview_head_pack(const tinyface_preview_head *head, uint8_t *out)
{
    tinyface_put_u32(out + 0, head->number);
    tinyface_put_u32(out + 4, head->time_ms);
    tinyface_put_u16(out + 8, head->frame_width);
    tinyface_put_u16(out + 10, head->frame_height);
    tinyface_put_u16(out + 12, head->width);
    tinyface_put_u16(out + 14, head->height);
    tinyface_put_u16(out + 16, head->row);
}

static inline void tinyface_preview_head_unpack(const uint8_t *in, tinyface_preview_head *head)
{
    head->number = tinyface_get_u32(in + 0);
    head->time_ms = tinyface_get_u32(in + 4);
    head->frame_width = tinyface_get_u16(in + 8);
    head->frame_height = tinyface_get_u16(in + 10);
    head->width = tinyface_get_u16(in + 12);
    head->height = tinyface_get_u16(in + 14);
    head->row = tinyface_get_u16(in + 16);
}

/* 1 for a request that changes the board. */
static inline int tinyface_wire_guarded(uint8_t type)
{
    switch (type) {
    case TINYFACE_MSG_RESTART:
    case TINYFACE_MSG_CONFIGURE:
    case TINYFACE_MSG_UPDATE_BEGIN:
    case TINYFACE_MSG_UPDATE_DATA:
    case TINYFACE_MSG_UPDATE_END:
    case TINYFACE_MSG_UPDATE_REQUEST:
        return 1;
    default:
        return 0;
    }
}

#ifdef __cplusplus
}
#endif
#endif
