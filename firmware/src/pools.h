/* Memory of the simulated boards: blocks of internal RAM and PSRAM with a real board's limits. */
#ifndef TINYFACE_POOLS_H
#define TINYFACE_POOLS_H

#include "tinyface/board.h"

enum { TINYFACE_POOL_BLOCKS = 16 };

/* One block; memory is only ever taken, never given back. */
typedef struct {
    uint8_t *base;
    uint32_t size, used;
} tinyface_pool;

typedef struct {
    tinyface_pool internal[TINYFACE_POOL_BLOCKS];
    tinyface_pool psram;
    uint32_t n_internal;
} tinyface_pools;

/* heap: heap_bytes of 16-byte aligned memory, cut into blocks of at most block_bytes.
 * psram: psram_bytes of such memory, or NULL. */
void tinyface_pools_init(tinyface_pools *pools, uint8_t *heap, uint32_t heap_bytes, uint32_t block_bytes,
                         uint8_t *psram, uint32_t psram_bytes);

/* As tinyface_board_alloc: from the fullest internal block it fits, else from PSRAM, else NULL. */
void *tinyface_pools_take(tinyface_pools *pools, size_t bytes, int *internal);

/* Fills in heap_free, heap_largest_block and psram_free. */
void tinyface_pools_tell(const tinyface_pools *pools, tinyface_memory *memory);

#endif
