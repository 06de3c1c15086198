/* The descriptor as plain functions, for ctypes (codegen/backends/host_library.py). */
#include <stddef.h>

#include "model.h"

typedef void (*begin_hook)(void *context, uint16_t layer);
typedef void (*end_hook)(void *context, uint16_t layer, uint16_t part, const void *output, uint32_t bytes);

int tinyface_host_init(void *arena, uint32_t bytes);
void *tinyface_host_input(void *arena, uint16_t index);
const void *tinyface_host_output(void *arena, uint16_t index);
int tinyface_host_invoke(void *arena, begin_hook begin, end_hook end);

int tinyface_host_init(void *arena, uint32_t bytes)
{
    return (int)tinyface_model_main.init(arena, bytes);
}

void *tinyface_host_input(void *arena, uint16_t index)
{
    return tinyface_model_main.input(arena, index);
}

const void *tinyface_host_output(void *arena, uint16_t index)
{
    return tinyface_model_main.output(arena, index);
}

int tinyface_host_invoke(void *arena, begin_hook begin, end_hook end)
{
    const tinyface_profiler profiler = {.context = NULL, .begin = begin, .end = end};
    return (int)tinyface_model_main.invoke(arena, end ? &profiler : NULL);
}
