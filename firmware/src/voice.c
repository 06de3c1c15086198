/* What the board says by itself or of a request: frames, or lines in text mode. A log line that can't be sent is
 * lost: the next read tells that the host is gone. */
#include "voice.h"

#include "arena_guard.h"
#include "host.h"
#include "text.h"

void tinyface_refuse(tinyface_address to, uint8_t code, uint32_t detail, const char *text)
{
    if (tinyface_text_mode()) {
        tinyface_text_error(code, detail, text);
    } else {
        (void)tinyface_reply_error(to, code, detail, text);
    }
}

static void send_line(uint8_t level, const char *text, const char *tail)
{
    uint32_t length = (uint32_t)(strlen(text) + strlen(tail));
    tinyface_frame_out frame;

    if (tinyface_text_mode()) {
        tinyface_text_log(text, tail);
        return;
    }
    tinyface_frame_begin(&frame, tinyface_host_write, TINYFACE_MSG_LOG, TINYFACE_FLAG_UNASKED, 0, 5U + length);
    tinyface_frame_bytes_out(&frame, &level, 1);
    tinyface_frame_u32(&frame, length);
    tinyface_frame_bytes_out(&frame, text, strlen(text));
    tinyface_frame_bytes_out(&frame, tail, strlen(tail));
}

void tinyface_log(uint8_t level, const char *text)
{
    send_line(level, text, "");
}

void tinyface_log_number(uint8_t level, const char *text, uint32_t number)
{
    char digits[12];
    char *p = digits + sizeof digits - 1;

    *p = '\0';
    do {
        *--p = (char)('0' + (int)(number % 10U));
        number /= 10U;
    } while (number > 0);
    *--p = ' ';
    send_line(level, text, p);
}

const char *tinyface_fault_text(uint8_t code)
{
    switch (code) {
    case TINYFACE_WIRE_ERROR_CODE_ARENA:
        return "the arena does not fit the board's memory";
    case TINYFACE_WIRE_ERROR_CODE_RUNTIME:
        return "the runtime failed";
    case TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST:
        return "a region of 1 to 4095 px a side expected";
    default:
        return "there is no model";
    }
}

void tinyface_send_outcome(tinyface_address to, const tinyface_outcome *outcome)
{
    static int told;
    if (!tinyface_arena_guard_intact() && !told) {
        told = 1;
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "the model wrote outside its arena");
    }
    if (outcome->code != 0) {
        tinyface_refuse(to, outcome->code, outcome->detail, tinyface_fault_text(outcome->code));
    } else if (tinyface_text_mode()) {
        tinyface_text_result(&outcome->inference);
    } else {
        (void)tinyface_reply_inference(to, &outcome->inference);
    }
}

void tinyface_send_part(tinyface_address to, const tinyface_outcome *outcome)
{
    if (tinyface_text_mode()) {
        if (tinyface_program_main.n_stages > 1) {
            tinyface_text_part(outcome->part, &outcome->inference);
        }
        return;
    }
    if (outcome->part == TINYFACE_PART_RECORD) {
        (void)tinyface_reply_record(to, &outcome->inference);
    } else if (outcome->job.want & (TINYFACE_WANT_RUNS | TINYFACE_WANT_TIMES)) {
        (void)tinyface_reply_run(to, &outcome->inference, outcome->job.want & TINYFACE_WANT_RUNS);
    }
}
