/* The portable application: boots, says HELLO, serves requests one at a time, streams in between. */
#include "app.h"

#include "inference.h"
#include "log.h"
#include "reply.h"
#include "tinyface/board.h"

enum {
    SMALL_PAYLOAD = 512,   /* what a board without memory still takes: enough for every request but inferences */
    SILENCE_MS = 500,      /* an incomplete frame is given up after this long without a byte */
    IDLE_MS = 1000,        /* longest wait for a request */
    CAMERA_FAILURES = 3    /* in a row: the stream ends */
};

static uint8_t small_buffer[SMALL_PAYLOAD + TINYFACE_FRAME_OVERHEAD];
static tinyface_decoder decoder;
static int host_gone;

static struct {
    tinyface_address to;
    uint8_t want;
    uint32_t left; /* frames still to send; UINT32_MAX: until stopped */
    uint32_t number, failures;
    uint64_t period_us, due_us;
} stream;

static void sent(int status)
{
    if (status != 0) {
        host_gone = 1;
    }
}

static void refuse(tinyface_address to, uint8_t code, uint32_t detail, const char *text)
{
    sent(tinyface_reply_error(to, code, detail, text));
}

static uint32_t max_payload(void)
{
    return (uint32_t)(decoder.capacity - TINYFACE_FRAME_OVERHEAD);
}

/* A receive buffer as long as memory allows: half as long again and again. */
static void init_receiver(void)
{
    for (size_t size = TINYFACE_MAX_PAYLOAD; size > SMALL_PAYLOAD; size /= 2) {
        int internal;
        uint8_t *buffer = tinyface_board_alloc(size + TINYFACE_FRAME_OVERHEAD, &internal);
        if (buffer != NULL) {
            tinyface_decoder_init(&decoder, buffer, size + TINYFACE_FRAME_OVERHEAD);
            return;
        }
    }
    tinyface_decoder_init(&decoder, small_buffer, sizeof small_buffer);
}

static const char *fault_text(uint8_t code)
{
    switch (code) {
    case TINYFACE_WIRE_ERROR_CODE_ARENA:
        return "the arena does not fit the board's memory";
    case TINYFACE_WIRE_ERROR_CODE_RUNTIME:
        return "the runtime failed";
    case TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST:
        return "crop side 1 to 4095 px expected";
    default:
        return "there is no model";
    }
}

/* 1 when the model can run; otherwise the request has been refused. */
static int model_ready(tinyface_address to)
{
    uint32_t detail;
    uint8_t code = tinyface_inference_fault(&detail);
    if (code != 0) {
        refuse(to, code, detail, fault_text(code));
    }
    return code == 0;
}

static int picture_ready(tinyface_address to)
{
    if (!model_ready(to)) {
        return 0;
    }
    if (!tinyface_pipeline_main.has_picture_input) {
        refuse(to, TINYFACE_WIRE_ERROR_CODE_NO_PICTURE_INPUT, 0, "the model takes no picture");
        return 0;
    }
    return 1;
}

static void finish(tinyface_address to, uint8_t code, uint32_t detail, const tinyface_inference *inference)
{
    static int told;
    if (!tinyface_arena_guard_intact() && !told) {
        told = 1;
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "the model wrote outside its arena");
    }
    if (code != 0) {
        refuse(to, code, detail, fault_text(code));
        return;
    }
    sent(tinyface_reply_inference(to, inference));
}

/* The bytes after a head and their u32 count; NULL when the payload's length says otherwise. */
static const uint8_t *tail(const tinyface_frame_in *frame, uint32_t head_bytes, uint32_t *count)
{
    if (frame->length < head_bytes + 4U) {
        return NULL;
    }
    *count = tinyface_get_u32(frame->payload + head_bytes);
    return *count == frame->length - head_bytes - 4U ? frame->payload + head_bytes + 4 : NULL;
}

static void infer_tensor(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_infer_tensor_head head;
    tinyface_inference inference;
    uint32_t count = 0, detail = 0;
    const uint8_t *bytes = tail(frame, TINYFACE_INFER_TENSOR_HEAD_BYTES, &count);
    uint8_t code;

    if (!model_ready(to)) {
        return;
    }
    if (bytes == NULL || count != tinyface_input_bytes()) {
        refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, tinyface_input_bytes(), "all inputs in one piece expected");
        return;
    }
    tinyface_infer_tensor_head_unpack(frame->payload, &head);
    code = tinyface_infer_bytes(bytes, head.want, &inference, &detail);
    finish(to, code, detail, &inference);
}

static void infer_picture(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_infer_picture_head head;
    tinyface_inference inference;
    tinyface_frame picture;
    tinyface_crop crop;
    uint32_t count = 0, detail = 0, expected;
    const uint8_t *pixels = tail(frame, TINYFACE_INFER_PICTURE_HEAD_BYTES, &count);
    uint8_t code;

    if (!picture_ready(to)) {
        return;
    }
    if (pixels == NULL) {
        refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, frame->length, "the payload is cut");
        return;
    }
    tinyface_infer_picture_head_unpack(frame->payload, &head);
    expected = tinyface_frame_bytes(head.format, head.width, head.height);
    if (expected == 0 || count != expected) {
        refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, expected, "format, width, height and bytes disagree");
        return;
    }
    picture.format = (tinyface_pixels)head.format;
    picture.width = head.width;
    picture.height = head.height;
    picture.data = pixels;
    crop.x = head.crop_x;
    crop.y = head.crop_y;
    crop.side = head.crop_side;
    code = tinyface_infer_frame(&picture, crop, head.want, &inference, &detail);
    finish(to, code, detail, &inference);
}

static void start_stream(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_stream_head head;
    int status;

    if (frame->length != TINYFACE_STREAM_HEAD_BYTES) {
        refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, TINYFACE_STREAM_HEAD_BYTES, "a STREAM payload expected");
        return;
    }
    tinyface_stream_head_unpack(frame->payload, &head);
    if (head.frames == 0) {
        stream.left = 0;
        sent(tinyface_reply_ack(to));
        return;
    }
    if (!picture_ready(to)) {
        return;
    }
    status = TINYFACE_HAS_CAMERA ? tinyface_board_camera_start() : -1;
    if (status != 0) {
        refuse(to, TINYFACE_WIRE_ERROR_CODE_CAMERA, (uint32_t)status, "the camera does not start");
        return;
    }
    stream.to.sequence = to.sequence;
    stream.to.flags = TINYFACE_FLAG_UNASKED;
    stream.want = head.want;
    stream.left = head.frames;
    stream.number = 0;
    stream.failures = 0;
    stream.period_us = (uint64_t)head.period_ms * 1000U;
    stream.due_us = tinyface_board_micros();
    sent(tinyface_reply_ack(to));
}

/* One camera frame of the stream. */
static void stream_step(void)
{
    tinyface_inference inference;
    tinyface_frame picture;
    uint32_t detail = 0;
    uint64_t now;
    uint8_t code;
    int status = tinyface_board_camera_grab(&picture);

    now = tinyface_board_micros();
    stream.due_us = stream.due_us + stream.period_us > now ? stream.due_us + stream.period_us : now;
    if (status != 0) {
        refuse(stream.to, TINYFACE_WIRE_ERROR_CODE_CAMERA, (uint32_t)status, "the camera gave no frame");
        if (++stream.failures == CAMERA_FAILURES) {
            tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "the stream ends: the camera has failed");
            stream.left = 0;
        }
        return;
    }
    stream.failures = 0;
    if (stream.want & TINYFACE_WANT_PICTURE) {
        sent(tinyface_reply_picture(stream.to, stream.number, &picture));
    }
    code = tinyface_infer_frame(&picture, tinyface_centre_square(picture.width, picture.height), stream.want, &inference,
                                &detail);
    tinyface_board_camera_release();
    inference.frame = stream.number++;
    if (stream.left != UINT32_MAX) {
        stream.left--;
    }
    finish(stream.to, code, detail, &inference);
}

static void serve(const tinyface_frame_in *frame)
{
    tinyface_address to = {frame->sequence, 0};

    tinyface_board_led(1);
    switch (frame->type) {
    case TINYFACE_MSG_HELLO_REQUEST:
        sent(tinyface_reply_hello(to, max_payload()));
        break;
    case TINYFACE_MSG_INFER_TENSOR:
        infer_tensor(frame, to);
        break;
    case TINYFACE_MSG_INFER_PICTURE:
        infer_picture(frame, to);
        break;
    case TINYFACE_MSG_STREAM:
        start_stream(frame, to);
        break;
    case TINYFACE_MSG_STATS_REQUEST:
        sent(tinyface_reply_stats(to, &decoder));
        break;
    case TINYFACE_MSG_RESTART:
        sent(tinyface_reply_ack(to));
        tinyface_board_restart();
        break;
    default:
        refuse(to, TINYFACE_WIRE_ERROR_CODE_UNKNOWN_TYPE, frame->type, "this request is unknown here");
        break;
    }
    tinyface_board_led(0);
}

/* Everything the decoder has found so far. */
static void serve_all(void)
{
    tinyface_frame_in frame;
    tinyface_decode_status status;

    while (!host_gone && (status = tinyface_decoder_next(&decoder, &frame)) != TINYFACE_DECODE_NOTHING) {
        tinyface_address to = {frame.sequence, 0};
        switch (status) {
        case TINYFACE_DECODE_FRAME:
            serve(&frame);
            break;
        case TINYFACE_DECODE_TOO_LONG:
            refuse(to, TINYFACE_WIRE_ERROR_CODE_TOO_LONG, max_payload(), "the payload is longer than the buffer");
            break;
        default:
            refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_FRAME, frame.length, "the payload came damaged or cut");
            break;
        }
    }
}

/* How long the next read may wait. */
static uint32_t patience_ms(void)
{
    uint64_t wait_ms = tinyface_decoder_pending(&decoder) > 0 ? SILENCE_MS : IDLE_MS;
    if (stream.left > 0) {
        uint64_t now = tinyface_board_micros();
        uint64_t until_due_ms = stream.due_us > now ? (stream.due_us - now + 999U) / 1000U : 0;
        wait_ms = until_due_ms < wait_ms ? until_due_ms : wait_ms;
    }
    return (uint32_t)wait_ms;
}

static void boot(void)
{
    tinyface_address unasked = {0, TINYFACE_FLAG_UNASKED};
    uint32_t detail;
    uint8_t code = tinyface_inference_init();

    init_receiver();
    sent(tinyface_reply_hello(unasked, max_payload()));
    if (code != 0) {
        (void)tinyface_inference_fault(&detail);
        refuse(unasked, code, detail, fault_text(code));
    }
}

void tinyface_app_run(void)
{
    uint64_t last_byte_us;

    tinyface_board_init();
    boot();
    last_byte_us = tinyface_board_micros();
    while (!host_gone) {
        size_t room;
        uint8_t *space = tinyface_decoder_space(&decoder, &room);
        int n = tinyface_board_read(space, room, patience_ms());
        uint64_t now = tinyface_board_micros();

        if (n < 0) {
            return;
        }
        if (n > 0) {
            last_byte_us = now;
            tinyface_decoder_commit(&decoder, (size_t)n);
        } else if (tinyface_decoder_pending(&decoder) > 0 && now - last_byte_us >= SILENCE_MS * 1000U) {
            tinyface_decoder_abandon(&decoder);
        }
        serve_all();
        if (stream.left > 0 && tinyface_board_micros() >= stream.due_us) {
            stream_step();
        }
    }
}
