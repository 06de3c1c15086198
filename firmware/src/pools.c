/* Bump allocation in a few blocks: what a heap at start-up does, without its surprises. */
#include "pools.h"

#include <string.h>

void tinyface_pools_init(tinyface_pools *pools, uint8_t *heap, uint32_t heap_bytes, uint32_t block_bytes,
                         uint8_t *psram, uint32_t psram_bytes)
{
    memset(pools, 0, sizeof *pools);
    while (heap_bytes > 0 && pools->n_internal < TINYFACE_POOL_BLOCKS) {
        uint32_t size = (heap_bytes < block_bytes ? heap_bytes : block_bytes) & ~15U;
        tinyface_pool *block = &pools->internal[pools->n_internal++];
        block->base = heap;
        block->size = size;
        heap += size;
        heap_bytes -= heap_bytes < block_bytes ? heap_bytes : block_bytes;
    }
    if (psram != NULL) {
        pools->psram.base = psram;
        pools->psram.size = psram_bytes & ~15U;
    }
}

static uint32_t left(const tinyface_pool *pool)
{
    return pool->size - pool->used;
}

void *tinyface_pools_take(tinyface_pools *pools, size_t bytes, int *internal)
{
    uint32_t size;
    tinyface_pool *best = NULL;
    void *at;

    *internal = 0;
    if (bytes > UINT32_MAX - 16U) {
        return NULL;
    }
    size = ((uint32_t)bytes + 15U) & ~15U;
    for (uint32_t i = 0; i < pools->n_internal; i++) {
        tinyface_pool *pool = &pools->internal[i];
        if (left(pool) >= size && (best == NULL || left(pool) < left(best))) {
            best = pool;
            *internal = 1;
        }
    }
    if (best == NULL && left(&pools->psram) >= size) {
        best = &pools->psram;
    }
    if (best == NULL || best->base == NULL) {
        return NULL;
    }
    at = best->base + best->used;
    best->used += size;
    return at;
}

void tinyface_pools_tell(const tinyface_pools *pools, tinyface_memory *memory)
{
    memory->heap_free = 0;
    memory->heap_largest_block = 0;
    for (uint32_t i = 0; i < pools->n_internal; i++) {
        uint32_t free_bytes = left(&pools->internal[i]);
        memory->heap_free += free_bytes;
        if (free_bytes > memory->heap_largest_block) {
            memory->heap_largest_block = free_bytes;
        }
    }
    memory->psram_free = left(&pools->psram);
}
