/* Log lines inside frames: nothing but frames leaves the board once the application runs. */
#ifndef TINYFACE_LOG_H
#define TINYFACE_LOG_H

#include <stdint.h>

/* level: TINYFACE_WIRE_LOG_LEVEL_*. The line is `text`, or `text` and a number. */
void tinyface_log(uint8_t level, const char *text);
void tinyface_log_number(uint8_t level, const char *text, uint32_t number);

#endif
