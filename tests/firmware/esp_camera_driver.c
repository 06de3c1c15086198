/* The camera of the Espressif boards on the fake driver, without the application: starts it with the wish in
 * DRIVER_WISH ("gray 8 8", "rgb 64 64"), gives it the settings in DRIVER_SETTINGS (exposure gain brightness contrast
 * mirror flip, once each three of them), takes DRIVER_FRAMES frames. Says what came of it on standard output; the
 * frames' bytes go to the file DRIVER_OUT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "esp_board.h"
#include "esp_heap_caps.h"

enum { TRIES = 400 };

void tinyface_board_lock(void)
{
}

void tinyface_board_unlock(void)
{
}

static int take(FILE *out)
{
    tinyface_frame frame;
    int status = TINYFACE_CAMERA_NOT_YET, given_up = -1;

    for (int i = 0; i < TRIES && status == TINYFACE_CAMERA_NOT_YET; i++) {
        status = tinyface_board_camera_grab(&frame);
        given_up++;
    }
    if (status != 0) {
        printf("grab 0x%x\n", (unsigned)status);
        return status;
    }
    printf("frame %d %d %d after %d\n", (int)frame.format, frame.width, frame.height, given_up);
    fwrite(frame.data, 1, (size_t)frame.width * frame.height * (frame.format == TINYFACE_RGB565 ? 2U : 1U), out);
    tinyface_board_camera_release(&frame);
    return 0;
}

static void configure(const char *text)
{
    tinyface_settings_head settings = {0};
    int exposure, gain, brightness, contrast, mirror, flip, used;

    while (sscanf(text, "%d %d %d %d %d %d%n", &exposure, &gain, &brightness, &contrast, &mirror, &flip, &used) == 6) {
        settings.exposure = (int16_t)exposure;
        settings.gain = (int16_t)gain;
        settings.brightness = (int16_t)brightness;
        settings.contrast = (int16_t)contrast;
        settings.mirror = (uint8_t)mirror;
        settings.flip = (uint8_t)flip;
        printf("refused %u\n", tinyface_board_camera_configure(&settings));
        text += used;
        setenv("FAKE_SENSOR_DEAF", getenv("DRIVER_DEAF") != NULL ? "1" : "0", 1); /* from the second ones on */
    }
}

void app_main(void);

void app_main(void)
{
    tinyface_camera_wish wish = {TINYFACE_WISH_GRAY, 8, 8};
    tinyface_camera_found found;
    char layout[8] = "gray";
    int width = 8, height = 8, status = 0;
    FILE *out = fopen(getenv("DRIVER_OUT"), "wb");

    if (sscanf(getenv("DRIVER_WISH"), "%7s %d %d", layout, &width, &height) == 3) {
        wish.layout = strcmp(layout, "rgb") == 0 ? TINYFACE_WISH_RGB : TINYFACE_WISH_GRAY;
        wish.width = (uint16_t)width;
        wish.height = (uint16_t)height;
    }
    do {
        status = tinyface_board_camera_start(&wish);
    } while (status == TINYFACE_CAMERA_NOT_YET);
    printf("start 0x%x\n", (unsigned)status);
    tinyface_board_camera_found(&found);
    printf("found '%s' %d %d %d\n", found.sensor, (int)found.format, found.width, found.height);
    printf("free %zu %zu\n", heap_caps_get_free_size(MALLOC_CAP_INTERNAL), heap_caps_get_free_size(MALLOC_CAP_SPIRAM));
    configure(getenv("DRIVER_SETTINGS") != NULL ? getenv("DRIVER_SETTINGS") : "");
    for (int i = 0; status == 0 && i < atoi(getenv("DRIVER_FRAMES")); i++) {
        status = take(out);
    }
    fclose(out);
    fflush(stdout);
    _exit(0); /* the sensor goes on */
}
