/* What the board says: errors, log lines and outcomes, as frames or as the lines of text mode. Nothing else leaves
 * the board once the application runs. */
#ifndef TINYFACE_VOICE_H
#define TINYFACE_VOICE_H

#include "reply.h"
#include "worker.h"

/* An ERROR frame, or a line. */
void tinyface_refuse(tinyface_address to, uint8_t code, uint32_t detail, const char *text);

/* level: TINYFACE_WIRE_LOG_LEVEL_*. The line is `text`, or `text` and a number. */
void tinyface_log(uint8_t level, const char *text);
void tinyface_log_number(uint8_t level, const char *text, uint32_t number);

/* Sends an outcome: its RESULT, or why there is none. */
void tinyface_send_outcome(tinyface_address to, const tinyface_outcome *outcome);

/* What a TINYFACE_WIRE_ERROR_CODE of an inference means. */
const char *tinyface_fault_text(uint8_t code);

/* Sends a run (where it was asked for) or a record of a program of several stages. */
void tinyface_send_part(tinyface_address to, const tinyface_outcome *outcome);

#endif
