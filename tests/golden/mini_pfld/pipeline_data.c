/* The model that a firmware runs, and what happens around it: picture in, points out. Written by tinyface; generate it again
 * instead of editing it. */
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "tinyface/pipeline.h"

const tinyface_model *const tinyface_main = &tinyface_mini_pfld_model;

const tinyface_pipeline tinyface_pipeline_main = {
    .input = {.layout = 1, .width = 24, .height = 24, .shift = -128},
    .points = 0,
    .mean_q24 = NULL,
    .scale_q24 = 0,
    .zero_point = 0,
};
