/* Text mode, for people with a plain terminal: `t` and Enter outside a frame turn it on, a frame turns it off. */
#ifndef TINYFACE_TEXT_H
#define TINYFACE_TEXT_H

#include "inference.h"
#include "tinyface/protocol.h"

int tinyface_text_mode(void);
void tinyface_text_leave(void);

/* Collects bytes that came outside frames. */
void tinyface_text_byte(uint8_t byte);

/* Serves the lines that are complete; the decoder's counters are among what it tells. */
void tinyface_text_serve(const tinyface_decoder *decoder);

/* What would have been a frame. */
void tinyface_text_error(uint8_t code, uint32_t detail, const char *text);
void tinyface_text_log(const char *text, const char *tail);
void tinyface_text_result(const tinyface_inference *inference);

#endif
