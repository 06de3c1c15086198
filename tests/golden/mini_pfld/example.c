/* Runs the model once on a fixed pattern and compares each output's CRC32 with the reference. */
#include <stdio.h>

#include "model.h"

static TINYFACE_ALIGN16 uint8_t arena[TINYFACE_MINI_PFLD_ARENA_BYTES];
static const uint32_t expected[] = {0x22ffb4e8u};

static uint32_t crc32(const uint8_t *data, uint32_t bytes)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (uint32_t i = 0; i < bytes * 8u; i++) {
        crc = (crc >> 1) ^ (((crc ^ ((uint32_t)data[i / 8u] >> (i % 8u))) & 1u) != 0u ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

int main(void)
{
    const tinyface_model *model = &tinyface_mini_pfld_model;
    int wrong = 0;
    if (model->init(arena, sizeof arena) != TINYFACE_OK) {
        return 1;
    }
    for (uint16_t i = 0; i < model->n_inputs; i++) {
        uint8_t *input = (uint8_t *)model->input(arena, i);
        for (uint32_t n = 0; n < model->inputs[i].bytes; n++) {
            input[n] = (uint8_t)(n * 37u + i);
        }
    }
    wrong |= model->invoke(arena, NULL) != TINYFACE_OK;
    for (uint16_t i = 0; i < model->n_outputs; i++) {
        uint32_t crc = crc32((const uint8_t *)model->output(arena, i), model->outputs[i].bytes);
        wrong |= crc != expected[i];
        printf("%s: %u bytes, CRC32 %08x, %s\n", model->outputs[i].name, (unsigned)model->outputs[i].bytes,
               (unsigned)crc, crc == expected[i] ? "as the reference" : "NOT as the reference");
    }
    return wrong;
}
