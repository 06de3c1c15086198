/* Ops of one int8 tensor, value by value (LOGISTIC, TANH, RELU, ...): a table holds all 256 outputs. */
#ifndef TFK_LOOKUP_H
#define TFK_LOOKUP_H

#include <stdint.h>

typedef struct {
    int32_t elements;
} tfk_lookup_params;

/* input, output: int8 [elements]; output may be the input. outputs: int8 [256], for inputs -128 .. 127. */
static inline void tfk_lookup_s8(const tfk_lookup_params *p, const int8_t *input, const int8_t *outputs,
                                 int8_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = outputs[input[i] + 128];
    }
}

#endif
