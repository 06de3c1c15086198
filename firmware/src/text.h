/* Lines for people with a plain terminal, where frames would be sent otherwise. */
#ifndef TINYFACE_TEXT_H
#define TINYFACE_TEXT_H

#include "inference.h"

/* Whether lines are sent in place of frames. */
int tinyface_text_mode(void);
void tinyface_text_turn(int now_on);

/* Pieces of a line: text, a number to base 10 or 16, a name with a number; then its end. */
void tinyface_text_put(const char *text);
void tinyface_text_number(uint32_t number, uint32_t base);
void tinyface_text_pair(const char *name, uint32_t number);
void tinyface_text_end(void);

/* What would have been a frame. */
void tinyface_text_error(uint8_t code, uint32_t detail, const char *text);
void tinyface_text_log(const char *text, const char *tail);
void tinyface_text_result(const tinyface_inference *inference);

/* A run or a record of a program of several stages, in order: a line a stage, once it is done. */
void tinyface_text_part(tinyface_part part, const tinyface_inference *inference);

#endif
