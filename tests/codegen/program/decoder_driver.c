/* Calls one decoder on outputs that the test brings: what it finds, or -1 where the parameters do not fit. */
#include <string.h>

#include "tinyface/stage.h"

extern const tinyface_stage_decoder tinyface_decode_points, tinyface_decode_boxes, tinyface_decode_classes,
    tinyface_decode_marks;

static const void *outputs[4];

static const void *output(void *arena, uint16_t index)
{
    (void)arena;
    return outputs[index];
}

int decode(const char *name, const int32_t *parameters, uint32_t count, uint16_t n_outputs, const void *const *data,
           const uint8_t *dtypes, const uint32_t *bytes, const tinyface_region *region, uint16_t width, uint16_t height,
           uint16_t most, uint16_t item_values, int32_t *items)
{
    const tinyface_stage_decoder *const all[] = {&tinyface_decode_points, &tinyface_decode_boxes,
                                                 &tinyface_decode_classes, &tinyface_decode_marks};
    tinyface_tensor tensors[4] = {{0}};
    tinyface_model model = {.n_outputs = n_outputs, .outputs = tensors, .output = output};
    tinyface_stage stage = {.name = "toy", .model = &model, .input = {1, width, height, -128}, .parameters = parameters,
                            .n_parameters = count, .most = most, .width = item_values};
    tinyface_record record = {0, 0, most, item_values, items, 0, 0};
    tinyface_program program = {"toy", 1, &stage, 0};
    tinyface_run run = {.program = &program};

    for (uint16_t i = 0; i < n_outputs; i++) {
        outputs[i] = data[i];
        tensors[i].dtype = (tinyface_dtype)dtypes[i];
        tensors[i].bytes = bytes[i];
    }
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            stage.decoder = all[i];
        }
    }
    if (!stage.decoder->fits(&stage, parameters, count)) {
        return -1;
    }
    run.parameters[0] = parameters;
    stage.decoder->decode(&stage, parameters, NULL, *region, &record);
    if (stage.decoder->finish != NULL) {
        stage.decoder->finish(&run, 0, NULL, &record);
    }
    return record.count;
}
