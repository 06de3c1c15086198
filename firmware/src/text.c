/* Human lines instead of frames. Commands are single letters; the answer to anything else is the list of them. */
#include "text.h"

#include "camera.h"
#include "host.h"
#include "model_store.h"
#include "requests.h"
#include "stream.h"
#include "tinyface/board.h"

enum { LINE_BYTES = 2, SHOWN_POINTS = 3 };

static int on, streaming;
static uint8_t line[LINE_BYTES];
static uint32_t length; /* of the line so far; more than LINE_BYTES: too long */
static uint8_t command; /* of a complete line, 0: none */

int tinyface_text_mode(void)
{
    return on;
}

void tinyface_text_leave(void)
{
    length = 0;
    command = 0;
    if (on && streaming) {
        tinyface_stream_stop();
    }
    on = 0;
    streaming = 0;
}

void tinyface_text_byte(uint8_t byte)
{
    if (byte == '\r' || byte == '\n') {
        /* Unless the mode is on, only `t` is a command: noise must not make the board talk. */
        if (length == 1 && (on || line[0] == 't')) {
            command = line[0];
        } else if (on && length > 0) {
            command = 'h';
        }
        length = 0;
    } else if (length < LINE_BYTES) {
        line[length++] = byte;
    }
}

/* --- writing ----------------------------------------------------------------------------------- */

static void put(const char *text)
{
    (void)tinyface_host_write((const uint8_t *)text, strlen(text));
}

static void put_number(uint32_t number, uint32_t base)
{
    char digits[12];
    char *p = digits + sizeof digits - 1;

    *p = '\0';
    do {
        *--p = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    put(p);
}

static void put_signed(int32_t number)
{
    if (number < 0) {
        put("-");
    }
    put_number(number < 0 ? 0U - (uint32_t)number : (uint32_t)number, 10);
}

/* A number in 1/256, with one decimal, rounded towards zero. */
static void put_tenths(int32_t q8)
{
    uint32_t size = q8 < 0 ? 0U - (uint32_t)q8 : (uint32_t)q8;
    if (q8 < 0) {
        put("-");
    }
    put_number(size >> 8, 10);
    put(".");
    put_number((size & 255U) * 10U >> 8, 10);
}

static void put_pair(const char *name, uint32_t number)
{
    put(name);
    put(" ");
    put_number(number, 10);
}

static void end_line(void)
{
    put("\r\n");
}

/* --- what would have been frames ------------------------------------------------------------------ */

void tinyface_text_error(uint8_t code, uint32_t detail, const char *text)
{
    put("error ");
    put_number(code, 10);
    put(" (0x");
    put_number(detail, 16);
    put("): ");
    put(text);
    end_line();
}

void tinyface_text_log(const char *text, const char *tail)
{
    put(text);
    put(tail);
    end_line();
}

void tinyface_text_result(const tinyface_inference *inference)
{
    const tinyface_pipeline *pipeline = tinyface_pipeline_now();
    uint32_t place, shown = pipeline->points < SHOWN_POINTS ? pipeline->points : SHOWN_POINTS;
    int32_t peak = tinyface_output_peak(&place);

    put_pair("frame", inference->frame);
    put_pair(":", inference->micros);
    put(" us, largest output ");
    put_signed(peak);
    put_pair(" at", place);
    for (uint32_t i = 0; inference->points != NULL && i < shown; i++) {
        put(i == 0 ? ", points " : " ");
        put_tenths(inference->points[2U * i]);
        put(",");
        put_tenths(inference->points[2U * i + 1U]);
    }
    end_line();
}

/* --- commands ------------------------------------------------------------------------------------- */

static void help(void)
{
    put("tinyface, text mode: letter and Enter. h help, i who I am, s numbers, c camera on and off, r restart. "
        "A frame from tinyface ends it.");
    end_line();
}

static void who(void)
{
    static const char digits[] = "0123456789abcdef";
    const tinyface_model *model = tinyface_main;
    char start[17];

    for (uint32_t i = 0; i < 8; i++) {
        start[2U * i] = digits[tinyface_model_hash()[i] >> 4];
        start[2U * i + 1U] = digits[tinyface_model_hash()[i] & 15U];
    }
    start[16] = '\0';
    put("board ");
    put(tinyface_board_name());
    put(", model ");
    put(tinyface_model_name());
    put(" ");
    put(start);
    put(model->runtime == TINYFACE_RUNTIME_TFLM ? ", tflm" : ", aot");
    put_pair(", layers", model->n_layers);
    put_pair(", arena", model->arena_bytes);
    put(tinyface_arena_internal() ? " bytes in internal RAM" : " bytes in PSRAM");
    end_line();
}

static void numbers(const tinyface_decoder *decoder)
{
    tinyface_stats_head stats;

    tinyface_collect_stats(decoder, &stats);
    put_pair("up", stats.uptime_ms);
    put_pair(" ms, inferences", stats.inferences);
    put_pair(", bad frames", stats.bad_frames);
    put_pair(", dropped frames", stats.dropped_frames);
    put_pair(", camera failures", stats.camera_failures);
    put_pair(", heap free", stats.heap_free);
    put_pair(", largest block", stats.heap_largest_block);
    put_pair(", PSRAM free", stats.psram_free);
    put_pair(", stack used", stats.stack_high_water);
    end_line();
}

static void camera(void)
{
    const tinyface_address unasked = {0, TINYFACE_FLAG_UNASKED};
    uint32_t code;

    if (tinyface_stream_runs()) {
        tinyface_stream_stop();
        streaming = 0;
        put("camera off");
        end_line();
    } else if (tinyface_picture_ready(unasked)) {
        code = tinyface_stream_start(unasked, 0, UINT32_MAX, 0);
        streaming = code == 0;
        if (code != 0) {
            tinyface_refuse(unasked, TINYFACE_WIRE_ERROR_CODE_CAMERA, code, tinyface_camera_text(code));
        }
    }
}

void tinyface_text_serve(const tinyface_decoder *decoder)
{
    uint8_t letter = command;

    command = 0;
    if (letter == 0) {
        return;
    }
    on = 1;
    switch (letter) {
    case 'i':
        who();
        break;
    case 's':
        numbers(decoder);
        break;
    case 'c':
        camera();
        break;
    case 'r':
        tinyface_board_restart();
        break;
    default:
        help();
        break;
    }
}
