/* What the sensors of esp32-camera give, where their drivers say another thing. */
#ifndef ESP_SENSOR_H
#define ESP_SENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "esp_camera.h"

/* The sensor's name as the driver knows it; "" for one that it does not list. */
const char *esp_sensor_name(sensor_t *sensor);

/* The first of these formats that the sensor takes and gives; it then runs with it. Returns 0, or -1 for none. */
int esp_sensor_choose(sensor_t *sensor, const pixformat_t *formats, size_t n, pixformat_t *chosen);

/* The frame sizes that it has, one bit each: 1 << FRAMESIZE_*. Those that its driver refuses may be among them. */
uint32_t esp_sensor_sizes(const sensor_t *sensor);

/* Takes the luma out of a YUV422 frame in place: `pixels` bytes of gray. */
void esp_sensor_keep_luma(uint8_t *frame, size_t pixels);

#endif
