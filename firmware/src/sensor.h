/* What a camera that has started turned out to be, and which settings it does not take. */
#ifndef TINYFACE_SENSOR_H
#define TINYFACE_SENSOR_H

#include "tinyface/board.h"

/* A camera has started: says which and what is not as wished, and gives it the settings. */
void tinyface_sensor_started(const tinyface_camera_wish *wish, const tinyface_settings_head *settings);

/* Gives settings to a camera that runs. */
void tinyface_sensor_configure(const tinyface_settings_head *settings);

/* The settings whose values the sensor did not take: TINYFACE_REFUSED_*, 0 until a camera has started. */
uint16_t tinyface_sensor_refused(void);

#endif
