/* The model of a firmware and what happens around it: picture in, points out.
 * Integer only; codegen/program/points.py computes the same bytes. */
#ifndef TINYFACE_PIPELINE_H
#define TINYFACE_PIPELINE_H

#include <stdint.h>

#include "tinyface/engine.h"
#include "tinyface/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TINYFACE_MAX_SCALE_Q24 = 0xFFFFFF /* less than a region's side for each step of the output: points fit 32 bits */
};

/* What goes into a model, and what its output 0 means. */
typedef struct {
    tinyface_input_spec input; /* of the model */
    uint16_t points;           /* 0: no landmark decoder */
    const int32_t *mean_q24;   /* [2 * points], regions' widths times 2^24 for x, heights for y */
    int32_t scale_q24;         /* output scale in the same times 2^24, 0 to TINYFACE_MAX_SCALE_Q24 */
    int32_t zero_point;        /* -128 to 127 */
} tinyface_pipeline;

/* The model and the pipeline this firmware was generated with. */
extern const tinyface_model *const tinyface_main;
extern const tinyface_pipeline tinyface_pipeline_main;

/* Points in frame pixels times 256, (0, 0) = centre of the top-left pixel.
 * output: int8 [2 * points]; xy: int32 [points, 2]. */
void tinyface_decode_points(const tinyface_pipeline *pipeline, const int8_t *output, tinyface_region region,
                            int32_t *xy);

#ifdef __cplusplus
}
#endif
#endif
