/* Settings travel and are kept in the same packed form; a record in storage also has a version and a CRC. */
#include "settings.h"

#include "camera.h"
#include "sensor.h"
#include "tinyface/board.h"
#include "voice.h"

enum {
    SETTABLE_BYTES = TINYFACE_CONFIGURE_HEAD_BYTES - 1, /* SETTINGS without `refused` */
    RECORD_VERSION = 1,
    RECORD_BYTES = 2 + SETTABLE_BYTES + 4, /* version, length, settings, CRC32 of all before */
    MAX_PERIOD_MS = 3600000,
    MAX_EXPOSURE = 1200,
    MAX_GAIN = 30,
    MAX_LEVEL = 2
};

static const tinyface_settings_head defaults = {
    .period_ms = 0,
    .threshold = TINYFACE_THRESHOLD_ALL,
    .led = TINYFACE_WIRE_LED_MODE_ON,
    .flash_led = 0,
    .exposure = -1,
    .gain = -1,
};
static tinyface_settings_head now;

const tinyface_settings_head *tinyface_settings(void)
{
    return &now;
}

/* 0 when all are in range, otherwise the number of the first field that is not, counting from 1. */
static uint32_t first_wrong(const tinyface_settings_head *s)
{
    const uint8_t right[] = {
        s->period_ms <= MAX_PERIOD_MS,
        1, /* threshold: outputs are of any type */
        s->led <= TINYFACE_WIRE_LED_MODE_BUSY,
        s->flash_led <= 1,
        s->exposure >= -1 && s->exposure <= MAX_EXPOSURE,
        s->gain >= -1 && s->gain <= MAX_GAIN,
        s->brightness >= -MAX_LEVEL && s->brightness <= MAX_LEVEL,
        s->contrast >= -MAX_LEVEL && s->contrast <= MAX_LEVEL,
        s->mirror <= 1,
        s->flip <= 1,
    };
    for (uint32_t i = 0; i < sizeof right; i++) {
        if (!right[i]) {
            return i + 1U;
        }
    }
    return 0;
}

static void unpack(const uint8_t *bytes, tinyface_settings_head *settings)
{
    uint8_t whole[TINYFACE_SETTINGS_HEAD_BYTES] = {0};
    memcpy(whole, bytes, SETTABLE_BYTES);
    tinyface_settings_head_unpack(whole, settings);
}

static void apply(const tinyface_settings_head *settings)
{
    now = *settings;
    tinyface_settings_led(0);
    tinyface_board_flash_led(now.flash_led);
    tinyface_camera_configure(&now);
}

void tinyface_settings_init(void)
{
    uint8_t record[RECORD_BYTES];
    tinyface_settings_head kept;

    if (tinyface_board_settings_load(record, sizeof record) == 0 && record[0] == RECORD_VERSION &&
        record[1] == SETTABLE_BYTES &&
        tinyface_crc32(0, record, RECORD_BYTES - 4) == tinyface_get_u32(record + RECORD_BYTES - 4)) {
        unpack(record + 2, &kept);
        if (first_wrong(&kept) == 0) {
            apply(&kept);
            return;
        }
    }
    apply(&defaults);
}

static int keep(void)
{
    uint8_t record[RECORD_BYTES], whole[TINYFACE_SETTINGS_HEAD_BYTES];
    record[0] = RECORD_VERSION;
    record[1] = SETTABLE_BYTES;
    tinyface_settings_head_pack(&now, whole);
    memcpy(record + 2, whole, SETTABLE_BYTES);
    tinyface_put_u32(record + RECORD_BYTES - 4, tinyface_crc32(0, record, RECORD_BYTES - 4));
    return tinyface_board_settings_save(record, sizeof record);
}

void tinyface_settings_tell(tinyface_address to)
{
    tinyface_settings_head told = now;
    told.refused = tinyface_sensor_refused();
    (void)tinyface_reply_settings(to, &told);
}

void tinyface_settings_change(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_settings_head wanted;
    uint32_t wrong;
    int status;

    if (frame->length != TINYFACE_CONFIGURE_HEAD_BYTES) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, TINYFACE_CONFIGURE_HEAD_BYTES,
                        "a CONFIGURE payload expected");
        return;
    }
    if (frame->payload[0] > 1) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, frame->payload[0], "keep is 0 or 1");
        return;
    }
    unpack(frame->payload + 1, &wanted); /* CONFIGURE is `keep` and what of SETTINGS can be set */
    wrong = first_wrong(&wanted);
    if (wrong != 0) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, wrong, "a setting is out of range");
        return;
    }
    apply(&wanted);
    status = frame->payload[0] ? keep() : 0;
    if (status != 0) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_STORAGE, (uint32_t)status,
                        "the settings hold until the next restart: they can't be kept");
        return;
    }
    tinyface_settings_tell(to);
}

void tinyface_settings_led(int busy)
{
    tinyface_board_led(now.led == TINYFACE_WIRE_LED_MODE_ON ? !busy : now.led == TINYFACE_WIRE_LED_MODE_BUSY && busy);
}
