/* The newest frame wins. One task pushes, another takes; the board's lock guards the one place. */
#include "frame_queue.h"

#include "tinyface/board.h"

typedef struct {
    tinyface_frame frame;
    uint32_t generation;
} entry;

static entry waiting;
static int full;
static uint32_t dropped;

/* Replaces what waits: 1 when there was a frame, which is then in *old. */
static int swap(const entry *fresh, entry *old)
{
    int was_full;

    tinyface_board_lock();
    was_full = full;
    *old = waiting;
    dropped += full && fresh != NULL;
    full = fresh != NULL;
    if (fresh != NULL) {
        waiting = *fresh;
    }
    tinyface_board_unlock();
    return was_full;
}

void tinyface_frame_queue_push(const tinyface_frame *frame, uint32_t generation)
{
    entry fresh, old;
    fresh.frame = *frame;
    fresh.generation = generation;
    if (swap(&fresh, &old)) {
        tinyface_board_camera_release(&old.frame);
    }
}

int tinyface_frame_queue_take(tinyface_frame *frame, uint32_t *generation)
{
    entry old;
    int there = swap(NULL, &old);
    *frame = old.frame;
    *generation = old.generation;
    return there;
}

void tinyface_frame_queue_clear(void)
{
    entry old;
    if (swap(NULL, &old)) {
        tinyface_board_camera_release(&old.frame);
    }
}

uint32_t tinyface_frame_queue_dropped(void)
{
    uint32_t count;
    tinyface_board_lock();
    count = dropped;
    tinyface_board_unlock();
    return count;
}
