/* The parallel-for of generated layers: two halves, one for each core. board.h has it, too; a program without a board
 * defines it itself, and may run the halves one after the other. */
#ifndef TINYFACE_PARALLEL_H
#define TINYFACE_PARALLEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls half(context, 0) and half(context, 1), each once and at the same time where a second core is free, and returns
 * when both are done. The two write different bytes and read none that the other writes. One task at a time calls this,
 * and no half does. */
void tinyface_board_parallel(void (*half)(void *context, uint32_t number), void *context);

#ifdef __cplusplus
}
#endif
#endif
