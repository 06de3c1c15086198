/* Sensors differ: what this one gives and does not take is said once, at its start. */
#include "sensor.h"

#include "voice.h"

enum { LINE_BYTES = 96 };

static const char *const names[] = {"exposure", "gain", "brightness", "contrast", "mirror", "flip"}; /* by bit */
static uint16_t refused;

/* Adds to a line of LINE_BYTES what still fits. */
static void append(char *line, const char *text)
{
    size_t length = strlen(line), more = strlen(text);
    more = more < LINE_BYTES - length ? more : LINE_BYTES - length - 1U;
    memcpy(line + length, text, more);
    line[length + more] = '\0';
}

static void tell_found(const tinyface_camera_wish *wish)
{
    uint16_t wished = wish->width > wish->height ? wish->width : wish->height, side;
    char line[LINE_BYTES] = "camera ";
    tinyface_camera_found found;

    tinyface_board_camera_found(&found);
    if (found.sensor[0] == '\0') {
        return; /* pictures of a file, a board's own camera: nothing to tell */
    }
    side = found.width < found.height ? found.width : found.height;
    append(line, found.sensor);
    append(line, found.format == TINYFACE_GRAY8 ? ", gray frames of width" : ", colour frames of width");
    tinyface_log_number(TINYFACE_WIRE_LOG_LEVEL_INFO, line, found.width);
    if (found.format == TINYFACE_GRAY8 && wish->layout == TINYFACE_WISH_RGB) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_WARNING, "this camera gives no colours that the board can use");
    }
    if (side < wished) {
        tinyface_log_number(TINYFACE_WIRE_LOG_LEVEL_WARNING,
                            "frames are smaller than the model's picture, for larger ones do not fit: wanted are",
                            wished);
    }
}

static void tell_refused(void)
{
    char line[LINE_BYTES] = "this camera does not take these settings:";

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((unsigned)refused >> i & 1U) {
            append(line, " ");
            append(line, names[i]);
        }
    }
    if (refused != 0) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_WARNING, line);
    }
}

void tinyface_sensor_started(const tinyface_camera_wish *wish, const tinyface_settings_head *settings)
{
    tell_found(wish);
    tinyface_sensor_configure(settings);
    tell_refused();
}

void tinyface_sensor_configure(const tinyface_settings_head *settings)
{
    refused = tinyface_board_camera_configure(settings);
}

uint16_t tinyface_sensor_refused(void)
{
    return refused;
}
