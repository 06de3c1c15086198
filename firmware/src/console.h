/* Text mode, for people with a plain terminal: `t` and Enter outside a frame turn it on, a frame turns it off. */
#ifndef TINYFACE_CONSOLE_H
#define TINYFACE_CONSOLE_H

#include "tinyface/protocol.h"

void tinyface_console_leave(void);

/* Collects bytes that came outside frames. */
void tinyface_console_byte(uint8_t byte);

/* Serves the lines that are complete; the decoder's counters are among what it tells. */
void tinyface_console_serve(const tinyface_decoder *decoder);

#endif
