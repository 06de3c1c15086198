/* Collects what the parts of the application count. */
#include "stats.h"

#include "arena_guard.h"
#include "camera.h"
#include "frame_queue.h"
#include "inference.h"
#include "stream.h"
#include "tinyface/board.h"

void tinyface_stats_collect(const tinyface_decoder *decoder, tinyface_stats_head *stats)
{
    tinyface_memory memory = {0, 0, 0, 0, UINT32_MAX};

    tinyface_board_memory(&memory);
    stats->uptime_ms = (uint32_t)(tinyface_board_micros() / 1000U);
    stats->inferences = tinyface_inferences();
    stats->bad_frames = decoder->bad_frames;
    stats->dropped_bytes = decoder->dropped_bytes;
    stats->heap_free = memory.heap_free;
    stats->heap_largest_block = memory.heap_largest_block;
    stats->psram_free = memory.psram_free;
    stats->stack_high_water = memory.stack_high_water;
    stats->arena_guard_intact = (uint8_t)tinyface_arena_guard_intact();
    stats->dropped_frames = tinyface_frame_queue_dropped();
    stats->camera_failures = tinyface_camera_failures();
    stats->below_threshold = tinyface_stream_below_threshold();
    stats->stack_free = memory.stack_free;
}
