/* Test driver: checks init, then runs invoke for each set of inputs on stdin and writes all outputs.
 * Guard bytes around the arena, and around a second arena in which the same inputs run again with a
 * profiler: outputs must agree and no guard may change. Exits with a number that says what failed. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

enum { GUARD = 64, GUARD_BYTE = 0xA5 };
#define SIZE (GUARD + ARENA_BYTES + GUARD)

static TINYFACE_ALIGN16 uint8_t first[SIZE + 16u], second[SIZE + 16u];
static uint32_t begins, ends;

static void begin(void *context, uint16_t layer)
{
    uint32_t *last = context;
    begins += layer == *last ? 1u : 0u;
}

/* Once an output: part counts from 0. A wrong part spoils the count. */
static void end(void *context, uint16_t layer, uint16_t part, const void *output, uint32_t bytes)
{
    uint32_t *last = context;
    const uint8_t *start = output;
    const uint32_t expected = part == 0u ? *last : *last - 1u;
    const int inside = start >= second + GUARD && start + bytes <= second + GUARD + ARENA_BYTES;
    if (layer != expected || !inside) {
        ends += 1000u;
    } else if (part == 0u) {
        ends++;
    }
    *last += part == 0u ? 1u : 0u;
}

static int guards_intact(const uint8_t *memory)
{
    for (uint32_t i = 0; i < GUARD; i++) {
        if (memory[i] != GUARD_BYTE || memory[GUARD + ARENA_BYTES + i] != GUARD_BYTE) {
            return 0;
        }
    }
    return 1;
}

static int rejects_bad_arenas(const tinyface_model *model)
{
    for (uint32_t shift = 1; shift < 16u; shift++) {
        if (model->init(first + GUARD + shift, ARENA_BYTES) != TINYFACE_ERR_ARENA_MISALIGNED) {
            return 0;
        }
    }
    if (ARENA_BYTES > 0u &&
        model->init(first + GUARD, ARENA_BYTES - 1u) != TINYFACE_ERR_ARENA_TOO_SMALL) {
        return 0;
    }
    return model->init(NULL, 0) == TINYFACE_ERR_ARENA_TOO_SMALL;
}

int main(void)
{
    const tinyface_model *model = &MODEL;
    uint8_t *arena = first + GUARD;
    memset(first, GUARD_BYTE, sizeof first);
    memset(second, GUARD_BYTE, sizeof second);
    if (!rejects_bad_arenas(model)) {
        return 10;
    }
    if (model->init(arena, ARENA_BYTES) != TINYFACE_OK ||
        model->init(second + GUARD, ARENA_BYTES) != TINYFACE_OK) {
        return 11;
    }
    for (;;) {
        for (uint16_t i = 0; i < model->n_inputs; i++) {
            uint32_t bytes = model->inputs[i].bytes;
            if (fread(model->input(arena, i), 1, bytes, stdin) != bytes) {
                return feof(stdin) && i == 0 ? 0 : 12;
            }
            memcpy(model->input(second + GUARD, i), model->input(arena, i), bytes);
        }
        uint32_t layer = 0;
        const tinyface_profiler profiler = {&layer, begin, end};
        begins = ends = 0;
        if (model->invoke(arena, NULL) != TINYFACE_OK || model->invoke(second + GUARD, &profiler) != TINYFACE_OK) {
            return 13;
        }
#ifdef TINYFACE_NO_PROFILER
        if (begins != 0u || ends != 0u) {
            return 14;
        }
#else
        if (begins != model->n_layers || ends != model->n_layers) {
            return 14;
        }
#endif
        for (uint16_t i = 0; i < model->n_outputs; i++) {
            uint32_t bytes = model->outputs[i].bytes;
            if (memcmp(model->output(arena, i), model->output(second + GUARD, i), bytes) != 0) {
                return 15;
            }
            fwrite(model->output(arena, i), 1, bytes, stdout);
        }
        if (!guards_intact(first) || !guards_intact(second)) {
            return 16;
        }
    }
}
