/* mini_pfld: between the integers of the model and what its .tflite file has at inputs and outputs: real
 * values, or uint8. The results are those of TFLite-Micro's QUANTIZE and DEQUANTIZE. Optional: no other file
 * includes this one, and it needs no library. */
#ifndef TINYFACE_MINI_PFLD_EDGES_H_INCLUDED
#define TINYFACE_MINI_PFLD_EDGES_H_INCLUDED

#include <stdint.h>

#include "model.h"

#ifndef TINYFACE_EDGE_QUANTIZE /* one for all models of a program */
#define TINYFACE_EDGE_QUANTIZE
/* real / scale, rounded half away from zero, plus the zero point, kept within low and high; low for NaN. */
static inline int32_t tinyface_edge_quantize(float real, float scale, int32_t zero_point, int32_t low, int32_t high)
{
    const float steps = real / scale;
    int32_t whole;
    float rest;
    if (!(steps > -1048576.0f)) {
        return low;
    }
    if (steps > 1048576.0f) {
        return high;
    }
    whole = (int32_t)steps;
    rest = steps - (float)whole;
    whole += (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0) + zero_point;
    return whole < low ? low : whole > high ? high : whole;
}
#endif

/* input 0: tensor_0, int8 in the file (input 0) */
static inline void tinyface_mini_pfld_quantize_input_0(const float *real, int8_t *core)
{
    for (uint32_t i = 0; i < 576u; i++) {
        core[i] = (int8_t)tinyface_edge_quantize(real[i], 7.8125e-03f, 0, -128, 127);
    }
}

static inline void tinyface_mini_pfld_dequantize_input_0(const int8_t *core, float *real)
{
    for (uint32_t i = 0; i < 576u; i++) {
        real[i] = 7.8125e-03f * (float)(core[i] - (0));
    }
}

/* output 0: tensor_42, int8 in the file (output 0) */
static inline void tinyface_mini_pfld_quantize_output_0(const float *real, int8_t *core)
{
    for (uint32_t i = 0; i < 20u; i++) {
        core[i] = (int8_t)tinyface_edge_quantize(real[i], 2.0e-02f, -3, -128, 127);
    }
}

static inline void tinyface_mini_pfld_dequantize_output_0(const int8_t *core, float *real)
{
    for (uint32_t i = 0; i < 20u; i++) {
        real[i] = 2.0e-02f * (float)(core[i] - (-3));
    }
}

#endif
