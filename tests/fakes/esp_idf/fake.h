/* What the files of the fake ESP-IDF share. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "esp_camera.h"
#include "freertos/queue.h"

uint64_t fake_ms(void);
void fake_abort(int status);
void fake_rom_print(const char *text);
uint32_t fake_number(const char *name); /* of the environment, 0 without it */
void fake_say(const char *format, ...); /* a line for the file FAKE_LOG */
QueueHandle_t fake_queue(size_t item_bytes, size_t capacity);

/* Memory of the heaps without an address: 1 where it was there. */
int fake_take(size_t bytes, int psram);
void fake_give(size_t bytes, int psram);

/* What a sensor sends for each pixel: luma and one of two colours in turn, luma alone, or RGB565. */
typedef enum { FAKE_YUYV, FAKE_Y8, FAKE_RGB565 } fake_stream;

typedef struct {
    sensor_t sensor;
    _Atomic fake_stream sends; /* a format may be set while the sensor exposes */
    unsigned width, height; /* that it sends, whatever its driver says */
} fake_sensor;

/* The one on the board, FAKE_SENSOR or an OV2640, as after its reset. */
fake_sensor *fake_sensor_reset(void);
int fake_sensor_set_size(fake_sensor *found, framesize_t size, unsigned width, unsigned height);
