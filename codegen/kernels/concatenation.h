/* CONCATENATION on int8: runs of bytes of each input, one after the other. */
#ifndef TFK_CONCATENATION_H
#define TFK_CONCATENATION_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t rows;          /* product of the axes before the concatenated one */
    int32_t inputs;        /* 1 .. 10 */
    int32_t run_bytes[10]; /* bytes of a row of each input */
} tfk_concatenation_params;

/* inputs: int8 [rows, run bytes] each; output: int8 [rows, sum of run bytes], none of the inputs. */
static inline void tfk_concatenation_s8(const tfk_concatenation_params *p, const int8_t *const *inputs,
                                        int8_t *output)
{
    for (int32_t row = 0; row < p->rows; row++) {
        for (int32_t i = 0; i < p->inputs; i++) {
            memcpy(output, inputs[i] + row * p->run_bytes[i], (size_t)p->run_bytes[i]);
            output += p->run_bytes[i];
        }
    }
}

#endif
