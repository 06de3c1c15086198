/* Gives the settings to the sensor's driver and says which it did not take. A driver leaves out what its sensor does not
 * have (NULL), or answers -1; some answer the value that holds. */
#include "esp_board.h"

#if TINYFACE_HAS_CAMERA

#include "esp_camera.h"

typedef int (*setter)(sensor_t *sensor, int value);

static uint16_t has; /* TINYFACE_REFUSED_*: settings that this sensor has taken before */

static int taken(sensor_t *sensor, setter set, int value)
{
    return set != NULL && set(sensor, value) >= 0;
}

/* A value is refused where the sensor did not take it. A sensor without the setting behaves as the usual value says:
 * where it does not take that one, nothing is missing. */
static uint16_t judge(uint16_t bit, int was_taken, int usual)
{
    if (was_taken) {
        has |= bit;
        return 0;
    }
    return usual && !(has & bit) ? 0 : bit;
}

/* Automatic, or by hand: then both the automatic must go and the value be taken. */
static int by_hand_or_not(sensor_t *s, setter automatic, setter by_hand, int value)
{
    return taken(s, automatic, value < 0) && (value < 0 || taken(s, by_hand, value));
}

uint16_t tinyface_board_camera_configure(const tinyface_settings_head *settings)
{
    sensor_t *s = esp_camera_sensor_get();
    int mirror = settings->mirror ^ TINYFACE_CAMERA_MIRROR, flip = settings->flip ^ TINYFACE_CAMERA_FLIP;
    int exposure = settings->exposure, gain = settings->gain;
    int brightness = settings->brightness, contrast = settings->contrast;
    unsigned refused = 0;

    if (s == NULL) {
        return 0;
    }
    refused |= judge(TINYFACE_REFUSED_EXPOSURE, by_hand_or_not(s, s->set_exposure_ctrl, s->set_aec_value, exposure),
                     exposure < 0);
    refused |= judge(TINYFACE_REFUSED_GAIN, by_hand_or_not(s, s->set_gain_ctrl, s->set_agc_gain, gain), gain < 0);
    refused |= judge(TINYFACE_REFUSED_BRIGHTNESS, taken(s, s->set_brightness, brightness), brightness == 0);
    refused |= judge(TINYFACE_REFUSED_CONTRAST, taken(s, s->set_contrast, contrast), contrast == 0);
    refused |= judge(TINYFACE_REFUSED_MIRROR, taken(s, s->set_hmirror, mirror), mirror == 0);
    refused |= judge(TINYFACE_REFUSED_FLIP, taken(s, s->set_vflip, flip), flip == 0);
    return (uint16_t)refused;
}

#else
typedef int esp_board_without_camera; /* ISO C wants a declaration in every file */
#endif
