/* The commands of text mode: single letters; the answer to anything else is the list of them. */
#include "console.h"

#include "guard.h"
#include "model_store.h"
#include "requests.h"
#include "restart.h"
#include "stats.h"
#include "stream.h"
#include "text.h"
#include "tinyface/board.h"
#include "voice.h"

enum { LINE_BYTES = 2 };

static int streaming; /* the stream was asked for in text mode */
static uint8_t line[LINE_BYTES];
static uint32_t length; /* of the line so far; more than LINE_BYTES: too long */
static uint8_t command; /* of a complete line, 0: none */

void tinyface_console_leave(void)
{
    length = 0;
    command = 0;
    if (tinyface_text_mode() && streaming) {
        tinyface_stream_stop();
    }
    tinyface_text_turn(0);
    streaming = 0;
}

void tinyface_console_byte(uint8_t byte)
{
    if (byte == '\r' || byte == '\n') {
        /* Unless the mode is on, only `t` is a command: noise must not make the board talk. */
        if (length == 1 && (tinyface_text_mode() || line[0] == 't')) {
            command = line[0];
        } else if (tinyface_text_mode() && length > 0) {
            command = 'h';
        }
        length = 0;
    } else if (length < LINE_BYTES) {
        line[length++] = byte;
    }
}

static void help(void)
{
    tinyface_text_put("tinyface, text mode: letter and Enter. h help, i who I am, s numbers, c camera on and off, "
                      "r restart. A frame from tinyface ends it.");
    tinyface_text_end();
}

static void who(void)
{
    static const char digits[] = "0123456789abcdef";
    const tinyface_model *model = tinyface_main;
    uint8_t hash[TINYFACE_HASH_BYTES];
    char start[17];

    tinyface_model_hash(hash);
    for (uint32_t i = 0; i < 8; i++) {
        start[2U * i] = digits[hash[i] >> 4];
        start[2U * i + 1U] = digits[hash[i] & 15U];
    }
    start[16] = '\0';
    tinyface_text_put("board ");
    tinyface_text_put(tinyface_board_name());
    tinyface_text_put(", model ");
    tinyface_text_put(tinyface_model_name());
    tinyface_text_put(" ");
    tinyface_text_put(start);
    tinyface_text_put(model->runtime == TINYFACE_RUNTIME_TFLM ? ", tflm" : ", aot");
    tinyface_text_pair(", layers", model->n_layers);
    tinyface_text_pair(", arena", tinyface_program_arena_bytes(&tinyface_program_main));
    tinyface_text_put(tinyface_arena_internal() ? " bytes in internal RAM" : " bytes in PSRAM");
    tinyface_text_end();
}

static void numbers(const tinyface_decoder *decoder)
{
    tinyface_stats_head stats;

    tinyface_stats_collect(decoder, &stats);
    tinyface_text_pair("up", stats.uptime_ms);
    tinyface_text_pair(" ms, inferences", stats.inferences);
    tinyface_text_pair(", bad frames", stats.bad_frames);
    tinyface_text_pair(", dropped frames", stats.dropped_frames);
    tinyface_text_pair(", camera failures", stats.camera_failures);
    tinyface_text_pair(", heap free", stats.heap_free);
    tinyface_text_pair(", largest block", stats.heap_largest_block);
    tinyface_text_pair(", PSRAM free", stats.psram_free);
    tinyface_text_pair(", stack used", stats.stack_high_water);
    tinyface_text_end();
}

static void camera(void)
{
    const tinyface_address unasked = {0, TINYFACE_FLAG_UNASKED};

    if (tinyface_stream_runs()) {
        tinyface_stream_stop();
        streaming = 0;
        tinyface_text_put("camera off");
        tinyface_text_end();
    } else if (tinyface_picture_ready(unasked)) {
        streaming = 1;
        tinyface_stream_start(unasked, 0, UINT32_MAX, 0);
    }
}

/* Nobody can seal a letter. */
static void restart(void)
{
    if (tinyface_guard_now() == TINYFACE_WIRE_GUARD_OPEN) {
        tinyface_restart();
    } else {
        tinyface_text_put("others reach this link: restart with tinyface and the board's token");
        tinyface_text_end();
    }
}

void tinyface_console_serve(const tinyface_decoder *decoder)
{
    uint8_t letter = command;

    command = 0;
    if (letter == 0) {
        return;
    }
    tinyface_text_turn(1);
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
        restart();
        break;
    default:
        help();
        break;
    }
}
