/* No decoder: the outputs speak for themselves. */
#include "tinyface/stage.h"

#include <stddef.h>

static int fits(const tinyface_stage *stage, const int32_t *p, uint32_t count)
{
    (void)p;
    return stage->width == 0 && count == 0;
}

const tinyface_stage_decoder tinyface_decode_raw = {"raw", TINYFACE_RECORD_RAW, fits, NULL, NULL};
