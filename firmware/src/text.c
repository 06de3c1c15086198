/* Human lines instead of frames. */
#include "text.h"

#include <string.h>

#include "host.h"

enum { SHOWN_POINTS = 3 };

static int on;
static uint32_t stage_runs; /* of the stage in work */

int tinyface_text_mode(void)
{
    return on;
}

void tinyface_text_turn(int now_on)
{
    on = now_on;
    stage_runs = 0;
}

void tinyface_text_put(const char *text)
{
    (void)tinyface_host_write((const uint8_t *)text, strlen(text));
}

void tinyface_text_number(uint32_t number, uint32_t base)
{
    char digits[12];
    char *p = digits + sizeof digits - 1;

    *p = '\0';
    do {
        *--p = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    tinyface_text_put(p);
}

static void put_signed(int32_t number)
{
    if (number < 0) {
        tinyface_text_put("-");
    }
    tinyface_text_number(number < 0 ? 0U - (uint32_t)number : (uint32_t)number, 10);
}

/* A number in 1/256, with one decimal, rounded towards zero. */
static void put_tenths(int32_t q8)
{
    uint32_t size = q8 < 0 ? 0U - (uint32_t)q8 : (uint32_t)q8;
    if (q8 < 0) {
        tinyface_text_put("-");
    }
    tinyface_text_number(size >> 8, 10);
    tinyface_text_put(".");
    tinyface_text_number((size & 255U) * 10U >> 8, 10);
}

void tinyface_text_pair(const char *name, uint32_t number)
{
    tinyface_text_put(name);
    tinyface_text_put(" ");
    tinyface_text_number(number, 10);
}

void tinyface_text_end(void)
{
    tinyface_text_put("\r\n");
}

void tinyface_text_error(uint8_t code, uint32_t detail, const char *text)
{
    stage_runs = 0;
    tinyface_text_put("error ");
    tinyface_text_number(code, 10);
    tinyface_text_put(" (0x");
    tinyface_text_number(detail, 16);
    tinyface_text_put("): ");
    tinyface_text_put(text);
    tinyface_text_end();
}

void tinyface_text_log(const char *text, const char *tail)
{
    tinyface_text_put(text);
    tinyface_text_put(tail);
    tinyface_text_end();
}

/* The first values of a record: points and boxes in pixels. */
static void put_record(const tinyface_record *record)
{
    static const char *const names[] = {"", ", points ", ", boxes ", ""};
    uint32_t n = (uint32_t)record->count * record->width;

    n = n < 2U * SHOWN_POINTS ? n : 2U * SHOWN_POINTS;
    for (uint32_t i = 0; i < n && names[record->kind][0] != '\0'; i++) {
        tinyface_text_put(i == 0 ? names[record->kind] : i % 2U == 0 ? " " : ",");
        put_tenths(record->items[i]);
    }
}

void tinyface_text_result(const tinyface_inference *inference)
{
    tinyface_text_pair("frame", inference->frame);
    tinyface_text_pair(":", inference->micros);
    tinyface_text_put(" us, ");
    if (inference->peak == INT32_MIN) {
        tinyface_text_put(inference->stage == TINYFACE_NO_STAGE ? "rested" : "the first network did not run");
    } else {
        tinyface_text_put("largest output ");
        put_signed(inference->peak);
        tinyface_text_pair(" at", inference->peak_at);
    }
    if (inference->record != NULL) {
        put_record(inference->record);
    }
    tinyface_text_end();
}

void tinyface_text_part(tinyface_part part, const tinyface_inference *inference)
{
    const tinyface_record *record = inference->record;

    if (part == TINYFACE_PART_RUN) {
        stage_runs++;
        return;
    }
    tinyface_text_put("  ");
    tinyface_text_put(tinyface_program_main.stages[inference->stage].name);
    tinyface_text_pair(": runs", stage_runs);
    tinyface_text_pair(", items", record->count);
    put_record(record);
    tinyface_text_end();
    stage_runs = 0;
}
