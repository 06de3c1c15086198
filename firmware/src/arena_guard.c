/* The guards are bytes of a pattern on both sides of the arena. */
#include "arena_guard.h"

#include "tinyface/board.h"

enum { GUARD_BYTES = 64 };

static uint8_t *low, *high; /* the guard below the arena and the one above it */
static int intact = 1;

/* A byte that neither zeros nor a repeated value leave as it is. */
static uint8_t guard_byte(uint32_t i)
{
    return (uint8_t)(0x5AU ^ (i * 29U));
}

static void paint(uint8_t *at)
{
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        at[i] = guard_byte(i);
    }
}

static int holds(const uint8_t *at)
{
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        if (at[i] != guard_byte(i)) {
            return 0;
        }
    }
    return 1;
}

uint8_t *tinyface_arena_alloc(uint32_t bytes, int *internal)
{
    low = tinyface_board_alloc(bytes + 2U * GUARD_BYTES, internal);
    if (low == NULL) {
        return NULL;
    }
    high = low + GUARD_BYTES + bytes;
    paint(low);
    paint(high);
    return low + GUARD_BYTES;
}

void tinyface_arena_guard_check(void)
{
    if (!holds(low) || !holds(high)) {
        tinyface_board_lock();
        intact = 0;
        tinyface_board_unlock();
    }
}

int tinyface_arena_guard_intact(void)
{
    int seen;
    tinyface_board_lock();
    seen = intact;
    tinyface_board_unlock();
    return seen;
}
