/* The arena between two guards: what writes just outside it is noticed. */
#ifndef TINYFACE_ARENA_GUARD_H
#define TINYFACE_ARENA_GUARD_H

#include <stdint.h>

/* An arena of `bytes` with a guard on each side, or NULL where there is no room. *internal: as of tinyface_board_alloc.
 * There is one; called once. */
uint8_t *tinyface_arena_alloc(uint32_t bytes, int *internal);

/* Looks at both guards. By the core that runs the model, after each run. */
void tinyface_arena_guard_check(void);

/* 0 once a check has found anything written just outside the arena; from any core. */
int tinyface_arena_guard_intact(void);

#endif
