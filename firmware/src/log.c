/* Framed log lines. A line that can't be sent is lost: the next read tells that the host is gone. */
#include "log.h"

#include "host.h"
#include "text.h"

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
