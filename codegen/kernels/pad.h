/* PAD on int8 of four axes: a copy of the input inside a frame of one value. */
#ifndef TFK_PAD_H
#define TFK_PAD_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t size[4];             /* of the input */
    int32_t before[4], after[4]; /* elements added on each side of each axis */
    int32_t value;               /* -128 .. 127 */
} tfk_pad_params;

/* input: int8 [size]; output: int8 [before + size + after]. */
static inline void tfk_pad_s8(const tfk_pad_params *p, const int8_t *input, int8_t *output)
{
    const int32_t line = p->before[3] + p->size[3] + p->after[3];
    const int32_t plane = line * (p->before[2] + p->size[2] + p->after[2]);
    const int32_t volume = plane * (p->before[1] + p->size[1] + p->after[1]);
    memset(output, p->value, (size_t)(volume * (p->before[0] + p->size[0] + p->after[0])));
    for (int32_t i = 0; i < p->size[0]; i++) {
        for (int32_t j = 0; j < p->size[1]; j++) {
            for (int32_t k = 0; k < p->size[2]; k++) {
                int8_t *to = output + (p->before[0] + i) * volume + (p->before[1] + j) * plane +
                             (p->before[2] + k) * line + p->before[3];
                memcpy(to, input, (size_t)p->size[3]);
                input += p->size[3];
            }
        }
    }
}

#endif
