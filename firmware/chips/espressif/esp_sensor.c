/* Facts about sensors, read in the drivers of esp32-camera 2.1.6. esp_camera_init ignores what set_pixformat answers, so
 * the sensor is asked again; some drivers answer 0 and leave the sensor as it was, and some take every frame size and
 * give another one. Those are listed here; of all others the answer holds.
 *
 * Byte orders: every driver sets its sensor to Y first in YUV422 (YUYV or YVYU; esp32-camera itself takes the even bytes
 * as gray) and to the high byte first in RGB565 (its converters read all sensors so). */
#include "esp_board.h"

#if TINYFACE_HAS_CAMERA

#include "esp_sensor.h"
#include "sdkconfig.h"

#define FORMAT(name) (1U << PIXFORMAT_##name)
#define SIZE(name) (1U << FRAMESIZE_##name)
#define EVERY_SIZE 0xFFFFFFFFU

/* On the ESP32 the driver reads this sensor's gray as if it came with colours: every second pixel is lost. */
#if CONFIG_IDF_TARGET_ESP32
#define HM0360_LACKS FORMAT(GRAYSCALE)
#else
#define HM0360_LACKS 0U
#endif

static const struct {
    uint16_t pid;
    uint32_t lacks; /* formats that set_pixformat takes without effect */
    uint32_t sizes; /* that set_framesize sets as it says */
} listed[] = {
    {HM0360_PID, HM0360_LACKS, SIZE(QQVGA) | SIZE(QVGA) | SIZE(VGA)},
    {HM1055_PID, FORMAT(GRAYSCALE), SIZE(QQVGA) | SIZE(QCIF) | SIZE(240X240) | SIZE(QVGA) | SIZE(CIF) | SIZE(VGA)},
    {NT99141_PID, 0, SIZE(QVGA)}, /* its VGA is 640 x 360 */
    {SC030IOT_PID, FORMAT(GRAYSCALE) | FORMAT(RGB565), EVERY_SIZE},
    {SC101IOT_PID, FORMAT(GRAYSCALE) | FORMAT(RGB565), EVERY_SIZE},
    {OV7670_PID, 0, SIZE(QQVGA) | SIZE(QVGA) | SIZE(VGA)},
    {MEGA_CCM_PID, 0, SIZE(96X96) | SIZE(128X128) | SIZE(QVGA) | SIZE(320X320) | SIZE(VGA)},
};

static int place_of(const sensor_t *sensor)
{
    for (int i = 0; i < (int)(sizeof listed / sizeof listed[0]); i++) {
        if (listed[i].pid == sensor->id.PID) {
            return i;
        }
    }
    return -1;
}

const char *esp_sensor_name(sensor_t *sensor)
{
    const camera_sensor_info_t *info = esp_camera_sensor_get_info(&sensor->id);
    return info != NULL && info->name != NULL ? info->name : "";
}

int esp_sensor_choose(sensor_t *sensor, const pixformat_t *formats, size_t n, pixformat_t *chosen)
{
    int place = place_of(sensor);
    uint32_t lacks = place >= 0 ? listed[place].lacks : 0;

    for (size_t i = 0; i < n; i++) {
        if (!(lacks >> formats[i] & 1U) && sensor->set_pixformat(sensor, formats[i]) == 0) {
            *chosen = formats[i];
            return 0;
        }
    }
    return -1;
}

uint32_t esp_sensor_sizes(const sensor_t *sensor)
{
    int place = place_of(sensor);
    return place >= 0 ? listed[place].sizes : EVERY_SIZE;
}

void esp_sensor_keep_luma(uint8_t *frame, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        frame[i] = frame[2U * i];
    }
}

#else
typedef int esp_board_without_camera; /* ISO C wants a declaration in every file */
#endif
