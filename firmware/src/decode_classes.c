/* Classes: the highest values of the first output with their places; of equal ones the first. Parameters: how many.
 * codegen/program/decoders/classes.py computes the same. */
#include "tinyface/stage.h"

#include <stddef.h>

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    return stage->model != NULL && count == 1 && p[0] > 0 && 2 * (int64_t)p[0] == stage->width &&
           (uint32_t)p[0] <= tinyface_tensor_values(&stage->model->outputs[0]);
}

static void decode(const tinyface_stage *stage, const int32_t *p, void *arena, tinyface_region region,
                   tinyface_record *record)
{
    const tinyface_tensor *tensor = &stage->model->outputs[0];
    const void *values = stage->model->output(arena, 0);
    uint32_t n = tinyface_tensor_values(tensor);
    int32_t *item = tinyface_record_add(record);

    (void)region;
    if (item == NULL) {
        return;
    }
    for (int32_t held = 0, most = p[0]; held < most; held++) {
        item[2 * held] = -1; /* an empty place */
    }
    for (uint32_t i = 0; i < n; i++) {
        int32_t value = tinyface_value_at(tensor, values, i), place = p[0];
        while (place > 0 && (item[2 * place - 2] < 0 || value > item[2 * place - 1])) {
            place--;
        }
        for (int32_t later = p[0] - 1; later > place; later--) {
            item[2 * later] = item[2 * later - 2];
            item[2 * later + 1] = item[2 * later - 1];
        }
        if (place < p[0]) {
            item[2 * place] = (int32_t)i;
            item[2 * place + 1] = value;
        }
    }
}

const tinyface_stage_decoder tinyface_decode_classes = {"classes", TINYFACE_RECORD_CLASSES, fits, decode, NULL};
