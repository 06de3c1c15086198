/* SPLIT, SPLIT_V, UNPACK on int8: runs of bytes of the input go to each output in turn. */
#ifndef TFK_SPLIT_H
#define TFK_SPLIT_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t rows;          /* product of the axes before the split one */
    int32_t outputs;       /* 1 .. 16 */
    int32_t run_bytes[16]; /* bytes of a row of each output */
} tfk_split_params;

/* input: int8 [rows, sum of run bytes]; outputs: int8 [rows, run bytes] each, none of them the input. */
static inline void tfk_split_s8(const tfk_split_params *p, const int8_t *input, int8_t *const *outputs)
{
    for (int32_t row = 0; row < p->rows; row++) {
        for (int32_t i = 0; i < p->outputs; i++) {
            memcpy(outputs[i] + row * p->run_bytes[i], input, (size_t)p->run_bytes[i]);
            input += p->run_bytes[i];
        }
    }
}

#endif
