/* mini_pfld: 17 layers, 102,616 MACs, 4,000 bytes of arena.
 * Written by tinyface; generate it again instead of editing it. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "model.h"
#include "model_data.h"
#include "kernels/conv_2d.h"
#include "kernels/depthwise_conv_2d.h"
#include "kernels/add.h"
#include "kernels/mean.h"
#include "kernels/quantize.h"
#include "kernels/concatenation.h"
#include "kernels/fully_connected.h"

#ifdef TINYFACE_MODEL_STORE /* a board with a model partition: the constants may come from there */
#include "model_tables.h"
#endif

/* The profiler's hooks around a layer: one test of a pointer, nothing with TINYFACE_NO_PROFILER. */
#ifdef TINYFACE_NO_PROFILER
#define BEGIN(layer) ((void)0)
#define END(layer, part, output, bytes) ((void)0)
#else
#define BEGIN(layer)                                                               \
    do {                                                                           \
        if (profiler != NULL) {                                                    \
            profiler->begin(profiler->context, (layer));                           \
        }                                                                          \
    } while (0)
#define END(layer, part, output, bytes)                                            \
    do {                                                                           \
        if (profiler != NULL) {                                                    \
            profiler->end(profiler->context, (layer), (part), (output), (bytes));  \
        }                                                                          \
    } while (0)
#endif

/* Address of a buffer in the arena. */
static inline void *at(void *arena, uint32_t offset)
{
    return (uint8_t *)arena + offset;
}

/* --- one function a shape ------------------------------------------------------------------- */

/* [1, 24, 24, 1] -> [1, 12, 12, 8] */
static void conv_2d_s8_0(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 24,
        .input_width = 24,
        .input_channels = 1,
        .output_height = 12,
        .output_width = 12,
        .output_channels = 8,
        .kernel_height = 3,
        .kernel_width = 3,
        .stride_height = 2,
        .stride_width = 2,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = 0,
        .output_zero_point = -128,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 5,
    };
    tfk_conv_2d_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 12, 12, 8] -> [1, 12, 12, 16] */
static void conv_2d_1x1_s8_0(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 12,
        .input_width = 12,
        .input_channels = 8,
        .output_height = 12,
        .output_width = 12,
        .output_channels = 16,
        .kernel_height = 1,
        .kernel_width = 1,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = -128,
        .output_zero_point = -128,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 5,
    };
    tfk_conv_2d_1x1_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 12, 12, 16] -> [1, 12, 12, 16] */
static void depthwise_conv_2d_3x3_s8_0(
    const int8_t *input, const int8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_depthwise_conv_2d_params params = {
        .batches = 1,
        .input_height = 12,
        .input_width = 12,
        .input_channels = 16,
        .output_height = 12,
        .output_width = 12,
        .output_channels = 16,
        .kernel_height = 3,
        .kernel_width = 3,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 1,
        .pad_left = 1,
        .input_zero_point = -128,
        .output_zero_point = -128,
        .activation_min = -128,
        .activation_max = 127,
        .depth_multiplier = 1,
        .row = 5,
    };
    tfk_depthwise_conv_2d_3x3_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 12, 12, 16] -> [1, 12, 12, 8] */
static void conv_2d_1x1_s8_1(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 12,
        .input_width = 12,
        .input_channels = 16,
        .output_height = 12,
        .output_width = 12,
        .output_channels = 8,
        .kernel_height = 1,
        .kernel_width = 1,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = -128,
        .output_zero_point = 2,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 3,
    };
    tfk_conv_2d_1x1_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 12, 12, 8], [1, 12, 12, 8] -> [1, 12, 12, 8] */
static void add_s8_0(const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    static const tfk_add_params params = {
        .a_zero_point = 2,
        .a_multiplier = 1073741824,
        .a_shift = 0,
        .b_zero_point = -128,
        .b_multiplier = 1263225728,
        .b_shift = 1,
        .output_zero_point = -30,
        .output_multiplier = 1717986854,
        .output_shift = 19,
        .activation_min = -128,
        .activation_max = 127,
        .elements = 1152,
    };
    tfk_add_s8(&params, input_0, input_1, output);
}

/* [1, 12, 12, 8] -> [1, 12, 12, 16] */
static void conv_2d_1x1_s8_2(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 12,
        .input_width = 12,
        .input_channels = 8,
        .output_height = 12,
        .output_width = 12,
        .output_channels = 16,
        .kernel_height = 1,
        .kernel_width = 1,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = -30,
        .output_zero_point = -128,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 5,
    };
    tfk_conv_2d_1x1_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 12, 12, 16] -> [1, 6, 6, 16] */
static void depthwise_conv_2d_3x3_s8_1(
    const int8_t *input, const int8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_depthwise_conv_2d_params params = {
        .batches = 1,
        .input_height = 12,
        .input_width = 12,
        .input_channels = 16,
        .output_height = 6,
        .output_width = 6,
        .output_channels = 16,
        .kernel_height = 3,
        .kernel_width = 3,
        .stride_height = 2,
        .stride_width = 2,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = -128,
        .output_zero_point = -128,
        .activation_min = -128,
        .activation_max = 127,
        .depth_multiplier = 1,
        .row = 5,
    };
    tfk_depthwise_conv_2d_3x3_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 6, 6, 16] -> [1, 6, 6, 8] */
static void conv_2d_1x1_s8_3(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 6,
        .input_width = 6,
        .input_channels = 16,
        .output_height = 6,
        .output_width = 6,
        .output_channels = 8,
        .kernel_height = 1,
        .kernel_width = 1,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = -128,
        .output_zero_point = 0,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 3,
    };
    tfk_conv_2d_1x1_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 6, 6, 8] -> [1, 3, 3, 8] */
static void conv_2d_s8_1(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 6,
        .input_width = 6,
        .input_channels = 8,
        .output_height = 3,
        .output_width = 3,
        .output_channels = 8,
        .kernel_height = 3,
        .kernel_width = 3,
        .stride_height = 2,
        .stride_width = 2,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = 0,
        .output_zero_point = 0,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 3,
    };
    tfk_conv_2d_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 3, 3, 8] -> [1, 1, 1, 10] */
static void conv_2d_s8_2(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, uint8_t *scratch, int8_t *output)
{
    static const tfk_conv_2d_params params = {
        .batches = 1,
        .input_height = 3,
        .input_width = 3,
        .input_channels = 8,
        .output_height = 1,
        .output_width = 1,
        .output_channels = 10,
        .kernel_height = 3,
        .kernel_width = 3,
        .stride_height = 1,
        .stride_width = 1,
        .dilation_height = 1,
        .dilation_width = 1,
        .pad_top = 0,
        .pad_left = 0,
        .input_zero_point = 0,
        .output_zero_point = 0,
        .activation_min = -128,
        .activation_max = 127,
        .groups = 1,
        .row = 3,
    };
    tfk_conv_2d_s8(&params, input, weights, rows, scratch, output);
}

/* [1, 6, 6, 8] -> [1, 8] */
static void mean_s8_0(const int8_t *input, int8_t *output)
{
    static const tfk_mean_params params = {
        .kept_outer = 1,
        .reduced_outer = 36,
        .kept_middle = 8,
        .reduced_inner = 1,
        .kept_inner = 1,
        .start = 0,
        .multiplier = 1193046515,
        .shift = -4,
        .output_zero_point = 0,
    };
    tfk_mean_s8(&params, input, output);
}

/* [1, 8] -> [1, 8] */
static void quantize_s8_s8_0(const int8_t *input, int8_t *output)
{
    static const tfk_quantize_params params = {
        .elements = 8,
        .input_zero_point = 0,
        .output_zero_point = 0,
        .multiplier = 1717986854,
        .shift = 0,
    };
    tfk_quantize_s8_s8(&params, input, output);
}

/* [1, 3, 3, 8] -> [1, 8] */
static void mean_s8_1(const int8_t *input, int8_t *output)
{
    static const tfk_mean_params params = {
        .kept_outer = 1,
        .reduced_outer = 9,
        .kept_middle = 8,
        .reduced_inner = 1,
        .kept_inner = 1,
        .start = 0,
        .multiplier = 1193046515,
        .shift = -2,
        .output_zero_point = 0,
    };
    tfk_mean_s8(&params, input, output);
}

/* [1, 8], [1, 8], [1, 10] -> [1, 26] */
static void concatenation_s8_0(
    const int8_t *input_0, const int8_t *input_1, const int8_t *input_2, int8_t *output)
{
    static const tfk_concatenation_params params = {
        .rows = 1,
        .inputs = 3,
        .run_bytes = {8, 8, 10, 0, 0, 0, 0, 0, 0, 0},
    };
    const int8_t *const inputs[] = {input_0, input_1, input_2};
    tfk_concatenation_s8(&params, inputs, output);
}

/* [1, 26] -> [1, 20] */
static void fully_connected_s8_0(
    const int8_t *input, const uint8_t *weights, const int32_t *rows, int8_t *output)
{
    static const tfk_fully_connected_params params = {
        .batches = 1,
        .depth = 26,
        .units = 20,
        .output_zero_point = -3,
        .activation_min = -128,
        .activation_max = 127,
        .row = 3,
    };
    tfk_fully_connected_s8(&params, input, weights, rows, output);
}

/* --- the network ---------------------------------------------------------------------------- */

static tinyface_status invoke(void *arena, const tinyface_profiler *profiler)
{
    (void)arena;
    (void)profiler;

    /* 00 CONV_2D: [1, 24, 24, 1] -> [1, 12, 12, 8], 10,368 MACs, over its input */
    BEGIN(0);
    conv_2d_s8_0(
        (const int8_t *)at(arena, 592), mini_pfld_00_weights, mini_pfld_00_rows, (uint8_t *)at(arena, 1168),
        (int8_t *)at(arena, 0));
    END(0, 0, at(arena, 0), 1152u);

    /* 01 CONV_2D: [1, 12, 12, 8] -> [1, 12, 12, 16], 18,432 MACs */
    BEGIN(1);
    conv_2d_1x1_s8_0(
        (const int8_t *)at(arena, 0), mini_pfld_01_weights, mini_pfld_01_rows, (uint8_t *)at(arena, 1152),
        (int8_t *)at(arena, 1696));
    END(1, 0, at(arena, 1696), 2304u);

    /* 02 DEPTHWISE_CONV_2D: [1, 12, 12, 16] -> [1, 12, 12, 16], 20,736 MACs, over its input */
    BEGIN(2);
    depthwise_conv_2d_3x3_s8_0(
        (const int8_t *)at(arena, 1696), mini_pfld_02_weights, mini_pfld_02_rows,
        (uint8_t *)at(arena, 1152), (int8_t *)at(arena, 1440));
    END(2, 0, at(arena, 1440), 2304u);

    /* 03 CONV_2D: [1, 12, 12, 16] -> [1, 12, 12, 8], 18,432 MACs, over its input */
    BEGIN(3);
    conv_2d_1x1_s8_1(
        (const int8_t *)at(arena, 1440), mini_pfld_03_weights, mini_pfld_03_rows,
        (uint8_t *)at(arena, 3744), (int8_t *)at(arena, 1152));
    END(3, 0, at(arena, 1152), 1152u);

    /* 04 ADD: [1, 12, 12, 8], [1, 12, 12, 8] -> [1, 12, 12, 8], in place */
    BEGIN(4);
    add_s8_0((const int8_t *)at(arena, 1152), (const int8_t *)at(arena, 0), (int8_t *)at(arena, 1152));
    END(4, 0, at(arena, 1152), 1152u);

    /* 05 CONV_2D: [1, 12, 12, 8] -> [1, 12, 12, 16], 18,432 MACs, over its input */
    BEGIN(5);
    conv_2d_1x1_s8_2(
        (const int8_t *)at(arena, 1152), mini_pfld_05_weights, mini_pfld_05_rows,
        (uint8_t *)at(arena, 2304), (int8_t *)at(arena, 0));
    END(5, 0, at(arena, 0), 2304u);

    /* 06 DEPTHWISE_CONV_2D: [1, 12, 12, 16] -> [1, 6, 6, 16], 5,184 MACs, over its input */
    BEGIN(6);
    depthwise_conv_2d_3x3_s8_1(
        (const int8_t *)at(arena, 0), mini_pfld_06_weights, mini_pfld_06_rows, (uint8_t *)at(arena, 2304),
        (int8_t *)at(arena, 0));
    END(6, 0, at(arena, 0), 576u);

    /* 07 CONV_2D: [1, 6, 6, 16] -> [1, 6, 6, 8], 4,608 MACs, over its input */
    BEGIN(7);
    conv_2d_1x1_s8_3(
        (const int8_t *)at(arena, 0), mini_pfld_07_weights, mini_pfld_07_rows, (uint8_t *)at(arena, 576),
        (int8_t *)at(arena, 0));
    END(7, 0, at(arena, 0), 288u);

    /* 08 CONV_2D: [1, 6, 6, 8] -> [1, 3, 3, 8], 5,184 MACs */
    BEGIN(8);
    conv_2d_s8_1(
        (const int8_t *)at(arena, 0), mini_pfld_08_weights, mini_pfld_08_rows, (uint8_t *)at(arena, 368),
        (int8_t *)at(arena, 288));
    END(8, 0, at(arena, 288), 72u);

    /* 09 CONV_2D: [1, 3, 3, 8] -> [1, 1, 1, 10], 720 MACs */
    BEGIN(9);
    conv_2d_s8_2(
        (const int8_t *)at(arena, 288), mini_pfld_09_weights, mini_pfld_09_rows, (uint8_t *)at(arena, 384),
        (int8_t *)at(arena, 368));
    END(9, 0, at(arena, 368), 10u);

    /* 10 MEAN: [1, 6, 6, 8] -> [1, 8] */
    BEGIN(10);
    mean_s8_0((const int8_t *)at(arena, 0), (int8_t *)at(arena, 384));
    END(10, 0, at(arena, 384), 8u);

    /* 11 QUANTIZE: [1, 8] -> [1, 8], in place */
    BEGIN(11);
    quantize_s8_s8_0((const int8_t *)at(arena, 384), (int8_t *)at(arena, 384));
    END(11, 0, at(arena, 384), 8u);

    /* 12 MEAN: [1, 3, 3, 8] -> [1, 8] */
    BEGIN(12);
    mean_s8_1((const int8_t *)at(arena, 288), (int8_t *)at(arena, 32));
    END(12, 0, at(arena, 32), 8u);

    /* 13 QUANTIZE: [1, 8] -> [1, 8], in place */
    BEGIN(13);
    quantize_s8_s8_0((const int8_t *)at(arena, 32), (int8_t *)at(arena, 32));
    END(13, 0, at(arena, 32), 8u);

    /* 14 RESHAPE: [1, 1, 1, 10] -> [1, 10] (the same bytes) */
    BEGIN(14);
    END(14, 0, at(arena, 368), 10u);

    /* 15 CONCATENATION: [1, 8], [1, 8], [1, 10] -> [1, 26] */
    BEGIN(15);
    concatenation_s8_0(
        (const int8_t *)at(arena, 384), (const int8_t *)at(arena, 32), (const int8_t *)at(arena, 368),
        (int8_t *)at(arena, 0));
    END(15, 0, at(arena, 0), 26u);

    /* 16 FULLY_CONNECTED: [1, 26] -> [1, 20], 520 MACs */
    BEGIN(16);
    fully_connected_s8_0(
        (const int8_t *)at(arena, 0), mini_pfld_16_weights, mini_pfld_16_rows, (int8_t *)at(arena, 32));
    END(16, 0, at(arena, 32), 20u);
    return TINYFACE_OK;
}

/* --- the descriptor ------------------------------------------------------------------------- */

static tinyface_status init(void *arena, uint32_t arena_bytes)
{
    if (arena == NULL || arena_bytes < TINYFACE_MINI_PFLD_ARENA_BYTES) {
        return TINYFACE_ERR_ARENA_TOO_SMALL;
    }
    if ((uintptr_t)arena % TINYFACE_ARENA_ALIGNMENT != 0u) {
        return TINYFACE_ERR_ARENA_MISALIGNED;
    }
    return TINYFACE_OK;
}

static void *input(void *arena, uint16_t index)
{
    (void)arena;
    switch (index) {
    case 0:
        return at(arena, 592);
    default:
        return NULL;
    }
}

static const void *output(void *arena, uint16_t index)
{
    (void)arena;
    switch (index) {
    case 0:
        return at(arena, 32);
    default:
        return NULL;
    }
}

static const tinyface_tensor inputs[] = {
    {.name = "tensor_0",
     .dtype = TINYFACE_INT8,
     .rank = 4,
     .shape = {1, 24, 24, 1},
     .scale = 7.8125e-03f,
     .zero_point = 0,
     .bytes = 576u},
};

static const tinyface_tensor outputs[] = {
    {.name = "tensor_42",
     .dtype = TINYFACE_INT8,
     .rank = 2,
     .shape = {1, 20},
     .scale = 2.0e-02f,
     .zero_point = -3,
     .bytes = 20u},
};

static const tinyface_layer layers[] = {
    {.name = "00 CONV_2D", .macs = 10368u},
    {.name = "01 CONV_2D", .macs = 18432u},
    {.name = "02 DEPTHWISE_CONV_2D", .macs = 20736u},
    {.name = "03 CONV_2D", .macs = 18432u},
    {.name = "04 ADD", .macs = 0u},
    {.name = "05 CONV_2D", .macs = 18432u},
    {.name = "06 DEPTHWISE_CONV_2D", .macs = 5184u},
    {.name = "07 CONV_2D", .macs = 4608u},
    {.name = "08 CONV_2D", .macs = 5184u},
    {.name = "09 CONV_2D", .macs = 720u},
    {.name = "10 MEAN", .macs = 0u},
    {.name = "11 QUANTIZE", .macs = 0u},
    {.name = "12 MEAN", .macs = 0u},
    {.name = "13 QUANTIZE", .macs = 0u},
    {.name = "14 RESHAPE", .macs = 0u},
    {.name = "15 CONCATENATION", .macs = 0u},
    {.name = "16 FULLY_CONNECTED", .macs = 520u},
};

const tinyface_model tinyface_mini_pfld_model = {
    .name = "mini_pfld",
    .runtime = TINYFACE_RUNTIME_AOT,
    .model_hash = {
        0x86, 0x77, 0xbc, 0x2c, 0x39, 0x8d, 0x4d, 0xca, 0xd5, 0xbd, 0xc5, 0x95, 0x19, 0x5f, 0xc5, 0x35,
        0x42, 0x6e, 0x34, 0x5b, 0xc6, 0xa9, 0x75, 0x50, 0xc1, 0x9f, 0xf4, 0x83, 0x29, 0x14, 0x1b, 0x8d},
    .plan_hash = {
        0x35, 0xfd, 0xda, 0x1b, 0xa3, 0xa8, 0x63, 0x63, 0xa2, 0x9b, 0x88, 0xcf, 0x68, 0x86, 0x44, 0xae,
        0x86, 0x56, 0x06, 0xb8, 0x34, 0x26, 0x5f, 0xb1, 0x58, 0x59, 0x7b, 0x0f, 0xb7, 0x7a, 0xc5, 0xf9},
    .arena_bytes = TINYFACE_MINI_PFLD_ARENA_BYTES,
    .n_inputs = 1,
    .n_outputs = 1,
    .n_layers = 17,
    .inputs = inputs,
    .outputs = outputs,
    .layers = layers,
    .init = init,
    .input = input,
    .output = output,
    .invoke = invoke,
#ifdef TINYFACE_MODEL_STORE
    .use_constants = use_constants,
    .constants_bytes = CONSTANTS_BYTES,
#else
    .use_constants = NULL,
    .constants_bytes = 0u,
#endif
    .operators = NULL,
    .n_operators = 0u,
    .states = NULL,
    .n_states = 0u,
};
