/* Two previews: one is made by the task that takes frames while the other is sent by the one that has the port, so that
 * the line need not wait for the camera. */
#include "preview.h"

#include "tinyface/board.h"

enum { BYTES = TINYFACE_PREVIEW_WIDTH * TINYFACE_PREVIEW_HEIGHT, SLOTS = 2 };

typedef enum { FREE, IN_WORK, READY } state;

/* A slot belongs to who has brought it into its state: IN_WORK the task that takes frames, READY the one that sends. */
typedef struct {
    state is;
    uint8_t *pixels;           /* uint8 [TINYFACE_PREVIEW_HEIGHT, TINYFACE_PREVIEW_WIDTH] */
    tinyface_preview_head head; /* row: the next one to send */
} slot;

/* Guarded by the board's lock, with what the slots are. */
static slot slots[SLOTS];
static unsigned made_next, sent_next; /* slots, in turn */
static int wanted;
static uint32_t stream; /* counts streams: a preview that was in work when one ended is not for the next */

static uint32_t number; /* of the preview that is sent; the sending task's alone */

int tinyface_preview_begin(void)
{
    int internal;

    if (slots[0].pixels == NULL) {
        uint8_t *memory = tinyface_board_alloc(SLOTS * BYTES, &internal);
        if (memory == NULL) {
            return -1;
        }
        for (unsigned i = 0; i < SLOTS; i++) {
            slots[i].pixels = memory + i * BYTES;
        }
    }
    number = 0;
    tinyface_board_lock();
    wanted = 1;
    stream++;
    tinyface_board_unlock();
    return 0;
}

void tinyface_preview_end(void)
{
    tinyface_board_lock();
    wanted = 0;
    stream++;
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i].is = slots[i].is == READY ? FREE : slots[i].is;
    }
    sent_next = made_next;
    tinyface_board_unlock();
}

static void average(const tinyface_frame *frame, slot *into)
{
    const tinyface_input_spec spec = {TINYFACE_LAYOUT_GRAY, TINYFACE_PREVIEW_WIDTH, TINYFACE_PREVIEW_HEIGHT, 0};
    const tinyface_region whole = {0, 0, frame->width, frame->height, 0};
    const tinyface_preview_head head = {.time_ms = frame->time_ms, .frame_width = frame->width,
                                        .frame_height = frame->height, .width = TINYFACE_PREVIEW_WIDTH,
                                        .height = TINYFACE_PREVIEW_HEIGHT};

    (void)tinyface_region_to_input(frame, whole, &spec, TINYFACE_UINT8, into->pixels);
    into->head = head;
}

int tinyface_preview_take(const tinyface_frame *frame)
{
    const int fits = frame->width <= TINYFACE_MAX_SIDE_PX && frame->height <= TINYFACE_MAX_SIDE_PX;
    slot *into;
    uint32_t begun;
    int takes, made;

    tinyface_board_lock();
    into = &slots[made_next];
    takes = wanted && fits && into->is == FREE;
    into->is = takes ? IN_WORK : into->is;
    begun = stream;
    tinyface_board_unlock();
    if (!takes) {
        return 0;
    }
    average(frame, into);
    tinyface_board_lock();
    made = wanted && begun == stream;
    into->is = made ? READY : FREE;
    made_next = made ? (made_next + 1U) % SLOTS : made_next;
    tinyface_board_unlock();
    return made;
}

int tinyface_preview_waits(void)
{
    int waits;
    tinyface_board_lock();
    waits = slots[sent_next].is == READY;
    tinyface_board_unlock();
    return waits;
}

void tinyface_preview_send(tinyface_address to)
{
    slot *from = &slots[sent_next]; /* READY: this task alone changes both */
    tinyface_preview_head *head = &from->head;
    const uint8_t *rows = from->pixels + (uint32_t)head->row * TINYFACE_PREVIEW_WIDTH;

    head->number = number;
    (void)tinyface_reply_preview(to, head, rows, TINYFACE_PREVIEW_ROWS * TINYFACE_PREVIEW_WIDTH);
    head->row = (uint16_t)(head->row + TINYFACE_PREVIEW_ROWS);
    if (head->row == TINYFACE_PREVIEW_HEIGHT) {
        number++;
        tinyface_board_lock();
        from->is = FREE;
        sent_next = (sent_next + 1U) % SLOTS;
        tinyface_board_unlock();
    }
}
