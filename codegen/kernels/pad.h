/* PAD on int8 of four axes: a copy of the input inside a frame of one value.
 *
 * The output may lie over input that is read already (codegen/ops/pad.py). */
#ifndef TFK_PAD_H
#define TFK_PAD_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t size[4];             /* of the input */
    int32_t before[4], after[4]; /* elements added on each side of each axis */
    int32_t value;               /* -128 .. 127 */
} tfk_pad_params;

static inline int8_t *tfk_pad_fill(int8_t *output, int32_t bytes, int32_t value)
{
    memset(output, value, (size_t)bytes);
    return output + bytes;
}

/* input: int8 [size]; output: int8 [before + size + after], written from its first byte to its last. */
static inline void tfk_pad_s8(const tfk_pad_params *p, const int8_t *input, int8_t *output)
{
    const int32_t line = p->before[3] + p->size[3] + p->after[3];
    const int32_t plane = line * (p->before[2] + p->size[2] + p->after[2]);
    const int32_t volume = plane * (p->before[1] + p->size[1] + p->after[1]);
    output = tfk_pad_fill(output, p->before[0] * volume, p->value);
    for (int32_t i = 0; i < p->size[0]; i++) {
        output = tfk_pad_fill(output, p->before[1] * plane, p->value);
        for (int32_t j = 0; j < p->size[1]; j++) {
            output = tfk_pad_fill(output, p->before[2] * line, p->value);
            for (int32_t k = 0; k < p->size[2]; k++, input += p->size[3]) {
                output = tfk_pad_fill(output, p->before[3], p->value);
                memmove(output, input, (size_t)p->size[3]);
                output = tfk_pad_fill(output + p->size[3], p->after[3], p->value);
            }
            output = tfk_pad_fill(output, p->after[2] * line, p->value);
        }
        output = tfk_pad_fill(output, p->after[1] * plane, p->value);
    }
    tfk_pad_fill(output, p->after[0] * volume, p->value);
}

#endif
