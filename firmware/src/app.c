/* The portable application: boots, says HELLO and what is wrong, serves requests one at a time, streams in
 * between, in steps that never wait. Whatever fails is answered with a code, and what still works goes on. */
#include "app.h"

#include "console.h"
#include "guard.h"
#include "host.h"
#include "inference.h"
#include "model_store.h"
#include "requests.h"
#include "restart.h"
#include "settings.h"
#include "stats.h"
#include "stream.h"
#include "tinyface/board.h"
#include "update.h"
#include "voice.h"

enum {
    SMALL_PAYLOAD = 512,   /* what a board without memory still takes: enough for every request but inferences */
    SILENCE_MS = 500,      /* an incomplete frame is given up after this long without a byte */
    IDLE_MS = 1000,        /* longest wait for a request */
    RETRY_MS = 20          /* longest wait for the second core */
};

static const tinyface_address unasked = {0, TINYFACE_FLAG_UNASKED};
static uint32_t small_buffer[(TINYFACE_DECODER_BYTES(SMALL_PAYLOAD + TINYFACE_FRAME_OVERHEAD) + 3U) / 4U];
static tinyface_decoder decoder;
static int stream_lost; /* a stream was stopped because the host took nothing */
static int serving;     /* a request has not been answered yet */
static int unread;      /* the decoder may hold more than has been served */
static int yielding;    /* the last step served a request: this one leaves the model to the camera */
static int over;
static uint64_t last_byte_us;

static uint32_t max_payload(void)
{
    return (uint32_t)(decoder.capacity - TINYFACE_FRAME_OVERHEAD);
}

/* A receive buffer as long as memory allows: half as long again and again. */
static void init_receiver(void)
{
    void *buffer = NULL;
    size_t size;

    for (size = TINYFACE_MAX_PAYLOAD; size > SMALL_PAYLOAD && buffer == NULL;) {
        int internal;
        buffer = tinyface_board_alloc(TINYFACE_DECODER_BYTES(size + TINYFACE_FRAME_OVERHEAD), &internal);
        size = buffer != NULL ? size : size / 2U;
    }
    if (buffer != NULL) {
        tinyface_decoder_init(&decoder, buffer, size + TINYFACE_FRAME_OVERHEAD);
    } else {
        tinyface_decoder_init(&decoder, small_buffer, SMALL_PAYLOAD + TINYFACE_FRAME_OVERHEAD);
    }
    decoder.outside = tinyface_console_byte;
}

static void serve(tinyface_frame_in *frame)
{
    tinyface_address to = {frame->sequence, 0};
    tinyface_stats_head stats;

    serving = 1;
    tinyface_settings_led(1);
    if (!tinyface_guard_admits(frame, to)) {
        return;
    }
    switch (frame->type) {
    case TINYFACE_MSG_HELLO_REQUEST:
        (void)tinyface_reply_hello(to, max_payload());
        break;
    case TINYFACE_MSG_INFER_TENSOR:
        tinyface_request_tensor(frame, to);
        break;
    case TINYFACE_MSG_INFER_PICTURE:
        tinyface_request_picture(frame, to);
        break;
    case TINYFACE_MSG_STREAM:
        tinyface_stream_request(frame, to);
        break;
    case TINYFACE_MSG_MODEL_REQUEST:
        (void)tinyface_reply_model(to);
        break;
    case TINYFACE_MSG_STATS_REQUEST:
        tinyface_stats_collect(&decoder, &stats);
        (void)tinyface_reply_stats(to, &stats);
        break;
    case TINYFACE_MSG_RESTART:
        (void)tinyface_reply_ack(to);
        tinyface_restart();
        break;
    case TINYFACE_MSG_SETTINGS_REQUEST:
        tinyface_settings_tell(to);
        break;
    case TINYFACE_MSG_CONFIGURE:
        tinyface_settings_change(frame, to);
        break;
    case TINYFACE_MSG_UPDATE_BEGIN:
        tinyface_update_begin(frame, to);
        break;
    case TINYFACE_MSG_UPDATE_DATA:
        tinyface_update_data(frame, to);
        break;
    case TINYFACE_MSG_UPDATE_END:
        tinyface_update_end(to);
        break;
    case TINYFACE_MSG_CHALLENGE_REQUEST:
        tinyface_guard_challenge(to);
        break;
    case TINYFACE_MSG_UPDATE_REQUEST:
        tinyface_update_tell(to);
        break;
    default:
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_UNKNOWN_TYPE, frame->type, "this request is unknown here");
        break;
    }
}

/* Whether the request that is served waits: for the second core, or for the camera to start. Until then nothing more is
 * received, so that the payload stays where it is. */
static int waits(void)
{
    return tinyface_request_waits() || tinyface_stream_waits();
}

static void finish(void)
{
    if (serving && !waits()) {
        serving = 0;
        tinyface_settings_led(0);
        tinyface_update_confirm();
    }
}

/* A header whose CRC is right: the host speaks in frames, people have gone. */
static void note_header(void)
{
    if (decoder.header_seen) {
        decoder.header_seen = 0;
        tinyface_console_leave();
    }
}

/* The next thing that the decoder finds. Returns 0 when it finds none. */
static int serve_next(void)
{
    tinyface_frame_in frame;
    tinyface_decode_status status = tinyface_decoder_next(&decoder, &frame);
    tinyface_address to = {0, 0};

    note_header();
    if (status == TINYFACE_DECODE_NOTHING) {
        tinyface_console_serve(&decoder);
        return 0;
    }
    to.sequence = frame.sequence;
    switch (status) {
    case TINYFACE_DECODE_FRAME:
        serve(&frame);
        break;
    case TINYFACE_DECODE_TOO_LONG:
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_TOO_LONG, max_payload(),
                        "the payload is longer than the buffer");
        break;
    default:
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_FRAME, frame.length, "the payload came damaged or cut");
        break;
    }
    return 1;
}

/* The host speaks again after it took nothing: it is told what it has missed. */
static void welcome(void)
{
    if (tinyface_host_back() && stream_lost) {
        tinyface_refuse(unasked, TINYFACE_WIRE_ERROR_CODE_HOST_GONE, 0, "the stream was stopped: nobody took its frames");
        stream_lost = tinyface_host_gone();
    }
}

/* What is wrong with this start, each as an ERROR of its own. */
static void report_boot(uint8_t model_fault)
{
    uint8_t reason = tinyface_board_reset_reason();
    uint32_t detail, psram = tinyface_board_psram_missing();

    if (model_fault != 0) {
        (void)tinyface_inference_fault(&detail);
        tinyface_refuse(unasked, model_fault, detail, tinyface_fault_text(model_fault));
    }
    if (psram != 0) {
        tinyface_refuse(unasked, TINYFACE_WIRE_ERROR_CODE_PSRAM, psram,
                        "PSRAM is missing, all or some: large pictures and models may not fit; another module may have it");
    }
    if (reason == TINYFACE_WIRE_RESET_REASON_BROWNOUT) {
        tinyface_refuse(unasked, TINYFACE_WIRE_ERROR_CODE_BROWNOUT, reason,
                        "the supply voltage collapsed: power the board with 5 V and at least 500 mA");
    } else if (reason == TINYFACE_WIRE_RESET_REASON_PANIC || reason == TINYFACE_WIRE_RESET_REASON_WATCHDOG) {
        tinyface_refuse(unasked, TINYFACE_WIRE_ERROR_CODE_CRASH, reason,
                        reason == TINYFACE_WIRE_RESET_REASON_PANIC ? "the firmware crashed and was started again"
                                                                   : "the firmware hung and was started again");
    }
}

void tinyface_app_init(void)
{
    uint8_t fault;

    tinyface_board_init();
    tinyface_settings_init();
    tinyface_model_store_init();
    fault = tinyface_inference_init();
    init_receiver();
    tinyface_stream_init();
    (void)tinyface_reply_hello(unasked, max_payload());
    report_boot(fault);
    last_byte_us = tinyface_board_micros();
}

/* Returns whether bytes have come. */
static int receive(uint32_t wait_ms)
{
    size_t room;
    uint8_t *space = tinyface_decoder_space(&decoder, &room);
    int n = room > 0 ? tinyface_board_read(space, room, wait_ms) : 0;
    uint64_t now = tinyface_board_micros();

    if (n < 0) {
        over = 1;
    } else if (n > 0) {
        last_byte_us = now;
        welcome();
        tinyface_decoder_commit(&decoder, (size_t)n);
    } else if (tinyface_decoder_pending(&decoder) > 0 && now - last_byte_us >= SILENCE_MS * 1000U) {
        tinyface_decoder_abandon(&decoder);
    }
    return n > 0;
}

static uint32_t patience_ms(void)
{
    if (tinyface_request_waits()) {
        return RETRY_MS;
    }
    return tinyface_stream_patience(tinyface_decoder_pending(&decoder) > 0 ? SILENCE_MS : IDLE_MS);
}

int32_t tinyface_app_step(void)
{
    int waited = waits(), quiet = 0, served = 0;

    tinyface_board_feed_watchdog();
    if (!unread && !waited && !over) {
        quiet = !receive(0);
    }
    if (over) {
        return TINYFACE_APP_OVER;
    }
    if (!waited && !yielding) {
        served = unread = serve_next();
    }
    yielding = served;
    stream_lost = stream_lost || (tinyface_host_gone() && tinyface_stream_runs());
    tinyface_stream_step(!served);
    tinyface_request_step();
    finish();
    tinyface_update_watch();
    over = tinyface_restarts();
    if (over) {
        return TINYFACE_APP_OVER;
    }
    return waits() || (quiet && !unread) ? (int32_t)patience_ms() : 0;
}

/* Between two steps: until there is something to do for the next one, or the time is over. */
static void wait_for_work(uint32_t wait_ms)
{
    if (waits()) {
        tinyface_board_sleep(TINYFACE_TASK_SERIAL, wait_ms);
    } else {
        (void)receive(wait_ms);
    }
}

void tinyface_app_run(void)
{
    int32_t wait_ms;

    tinyface_app_init();
    while ((wait_ms = tinyface_app_step()) != TINYFACE_APP_OVER) {
        if (wait_ms > 0) {
            wait_for_work((uint32_t)wait_ms);
        }
    }
}
