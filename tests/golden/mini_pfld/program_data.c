/* What a firmware runs: mini_pfld. Written by tinyface; generate it again instead of editing it. */
#include <stddef.h>
#include <stdint.h>

#include "tinyface/stage.h"
#include "model.h"

extern const tinyface_stage_decoder tinyface_decode_raw;

static const tinyface_stage stages[] = {
    {
        .name = "model",
        .model = &tinyface_mini_pfld_model,
        .input = {1, 24, 24, -128},
        .source = TINYFACE_SOURCE_CENTRE,
        .of = TINYFACE_NO_STAGE,
        .beside = TINYFACE_NO_STAGE,
        .margin_q8 = 256,
        .upright = {0, 0},
        .every = 1,
        .phase = 0,
        .when = TINYFACE_NO_STAGE,
        .unless = TINYFACE_NO_STAGE,
        .n_scales = 0,
        .scales = NULL,
        .decoder = &tinyface_decode_raw,
        .parameters = NULL,
        .n_parameters = 0,
        .most = 1,
        .width = 0,
        .state_bytes = 0,
        .labels = NULL,
    },
};

const tinyface_model *const tinyface_main = &tinyface_mini_pfld_model;

const tinyface_program tinyface_program_main = {
    .name = "mini_pfld",
    .n_stages = 1,
    .stages = stages,
    .facts_crc = 0x8af92f74u,
};
