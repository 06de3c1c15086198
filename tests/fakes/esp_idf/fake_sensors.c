/* The sensors of esp32-camera 2.1.6 as its drivers treat them, read there: what set_pixformat and set_framesize take,
 * refuse, or take without effect, and which setters there are. FAKE_SENSOR: its name. FAKE_SENSOR_DEAF: the setters of
 * settings fail from then on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

enum { OV2640_SECONDS = 1 }; /* the usual sensor is the second one listed */

/* What a driver does with a format: it answers -1, or 0 and the sensor sends ... */
#define NO (-1)

/* Setters, in the order contrast, brightness, gain_ctrl, exposure_ctrl, hmirror, vflip, agc_gain, aec_value:
 * '+' answers 0, 's' the value that holds, '-' answers -1, '.' is NULL. */
typedef struct {
    const char *name;
    uint16_t pid;
    int gray, yuv422, rgb565; /* what it sends then, NO where the driver refuses */
    fake_stream after_reset;
    const char *sizes; /* "": all; "=...": refuses others; "~...": takes others and sends VGA */
    const char *setters;
} model;

static const model models[] = {
    {"OV7725", OV7725_PID, FAKE_YUYV, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "++ssss++"},
    {"OV2640", OV2640_PID, FAKE_YUYV, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "++++++++"},
    {"OV3660", OV3660_PID, FAKE_Y8, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "++++++++"},
    {"OV5640", OV5640_PID, FAKE_Y8, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "++++++++"},
    {"OV7670", OV7670_PID, FAKE_YUYV, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "=160x120 320x240 640x480", ".-++++--"},
    {"NT99141", NT99141_PID, FAKE_Y8, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "~320x240", "++++++++"},
    {"GC2145", GC2145_PID, NO, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "----++--"},
    {"GC032A", GC032A_PID, NO, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "----++--"},
    {"GC0308", GC0308_PID, FAKE_Y8, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "+-++++++"},
    {"BF3005", BF3005_PID, FAKE_YUYV, FAKE_YUYV, FAKE_RGB565, FAKE_YUYV, "", "++ssss+."},
    {"BF20A6", BF20A6_PID, FAKE_Y8, FAKE_YUYV, NO, FAKE_YUYV, "", "----++--"},
    {"SC101IOT", SC101IOT_PID, FAKE_YUYV, FAKE_YUYV, FAKE_YUYV, FAKE_YUYV, "", "+...++++"},
    {"SC030IOT", SC030IOT_PID, FAKE_YUYV, FAKE_YUYV, FAKE_YUYV, FAKE_YUYV, "", "+...++++"},
    {"SC031GS", SC031GS_PID, FAKE_Y8, NO, NO, FAKE_Y8, "", "-...++++"},
    {"MEGA_CCM", MEGA_CCM_PID, NO, FAKE_YUYV, FAKE_RGB565, FAKE_RGB565, "=96x96 128x128 320x240 320x320 640x480",
     "++--++++"},
    {"HM1055", HM1055_PID, FAKE_RGB565, FAKE_YUYV, FAKE_RGB565, FAKE_RGB565,
     "~160x120 176x144 240x240 320x240 400x296 640x480", "++++++++"},
    {"HM0360", HM0360_PID, FAKE_Y8, NO, NO, FAKE_Y8, "~160x120 320x240 640x480", "-+-+++--"},
};

static const model *on_board(void)
{
    const char *name = getenv("FAKE_SENSOR");
    for (size_t i = 0; name != NULL && i < sizeof models / sizeof models[0]; i++) {
        if (strcmp(models[i].name, name) == 0) {
            return &models[i];
        }
    }
    return &models[OV2640_SECONDS];
}

static fake_sensor found;

static int set_pixformat(sensor_t *sensor, pixformat_t format)
{
    const model *m = on_board();
    int sends = format == PIXFORMAT_GRAYSCALE ? m->gray : format == PIXFORMAT_YUV422 ? m->yuv422 : m->rgb565;
    (void)sensor;
    if (sends != NO) {
        found.sends = (fake_stream)sends;
    }
    fake_say("sensor pixformat %d answer %d\n", (int)format, sends == NO ? -1 : 0);
    return sends == NO ? -1 : 0;
}

int fake_sensor_set_size(fake_sensor *sensor, framesize_t size, unsigned width, unsigned height)
{
    const model *m = on_board();
    char text[24];
    int known;
    (void)size;
    snprintf(text, sizeof text, "%ux%u", width, height);
    known = m->sizes[0] == '\0' || strstr(m->sizes, text) != NULL;
    sensor->width = known ? width : 640;
    sensor->height = known ? height : 480;
    return known || m->sizes[0] == '~' ? 0 : -1;
}

#define SETTER(name)                                                 \
    static int name##_taken(sensor_t *sensor, int value)             \
    {                                                                \
        (void)sensor;                                                \
        fake_say("sensor " #name " %d\n", value);                    \
        return fake_number("FAKE_SENSOR_DEAF") > 0 ? -1 : 0;         \
    }                                                                \
    static int name##_held(sensor_t *sensor, int value)              \
    {                                                                \
        (void)sensor;                                                \
        fake_say("sensor " #name " %d\n", value);                    \
        return value;                                                \
    }                                                                \
    static int name##_refused(sensor_t *sensor, int value)           \
    {                                                                \
        (void)sensor;                                                \
        (void)value;                                                 \
        return -1;                                                   \
    }
SETTER(contrast)
SETTER(brightness)
SETTER(gain_ctrl)
SETTER(exposure_ctrl)
SETTER(hmirror)
SETTER(vflip)
SETTER(agc_gain)
SETTER(aec_value)

#define CHOOSE(name, letter) \
    ((letter) == '+' ? name##_taken : (letter) == 's' ? name##_held : (letter) == '-' ? name##_refused : NULL)

fake_sensor *fake_sensor_reset(void)
{
    const model *m = on_board();
    const char *s = m->setters;
    found.sensor.id.PID = m->pid;
    found.sensor.set_pixformat = set_pixformat;
    found.sensor.set_contrast = CHOOSE(contrast, s[0]);
    found.sensor.set_brightness = CHOOSE(brightness, s[1]);
    found.sensor.set_gain_ctrl = CHOOSE(gain_ctrl, s[2]);
    found.sensor.set_exposure_ctrl = CHOOSE(exposure_ctrl, s[3]);
    found.sensor.set_hmirror = CHOOSE(hmirror, s[4]);
    found.sensor.set_vflip = CHOOSE(vflip, s[5]);
    found.sensor.set_agc_gain = CHOOSE(agc_gain, s[6]);
    found.sensor.set_aec_value = CHOOSE(aec_value, s[7]);
    found.sends = m->after_reset;
    return &found;
}

camera_sensor_info_t *esp_camera_sensor_get_info(sensor_id_t *id)
{
    static camera_sensor_info_t info;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (models[i].pid == id->PID) {
            info.name = models[i].name;
            return &info;
        }
    }
    return NULL;
}
