/* One place for a job and its outcome, handed to and fro between the two cores under the board's lock. */
#include "worker.h"

#include "tinyface/board.h"

enum { IDLE_MS = 1000 };

typedef enum { FREE, RUNNING, DONE } place;

static place state;
static tinyface_outcome outcome;
static tinyface_job asked; /* by tinyface_worker_ask */
static int is_asked;       /* and not yet taken */
static int (*next_job)(tinyface_job *job);
static void (*deliver_part)(const tinyface_outcome *outcome);
static uint8_t cores = 1;

static int is_running(void)
{
    int yes;
    tinyface_board_lock();
    yes = state == RUNNING;
    tinyface_board_unlock();
    return yes;
}

/* A part of the frame in work: it goes on once the part has been delivered. */
static void tell_part(tinyface_part part)
{
    outcome.part = part;
    if (cores == 1) {
        deliver_part(&outcome);
    } else {
        tinyface_board_lock();
        state = DONE;
        tinyface_board_unlock();
        tinyface_board_signal(TINYFACE_TASK_SERIAL);
        while (!is_running()) {
            tinyface_board_feed_watchdog();
            tinyface_board_sleep(TINYFACE_TASK_INFERENCE, IDLE_MS);
        }
    }
    outcome.part = TINYFACE_PART_NONE;
}

static void run(void)
{
    const tinyface_job *job = &outcome.job;

    outcome.detail = 0;
    outcome.code = 0;
    outcome.part = TINYFACE_PART_NONE;
    if (job->bytes != NULL) {
        outcome.code = tinyface_infer_bytes(job->bytes, job->want, &outcome.inference, &outcome.detail);
    } else {
        outcome.code = tinyface_infer_frame(&job->frame, job->region, job->want, &outcome.inference, &outcome.detail);
    }
}

/* Takes what there is to do; 0 when there is nothing or the last outcome is still there. */
static int take(void)
{
    int taken = 0;

    tinyface_board_lock();
    if (state == FREE && is_asked) {
        outcome.job = asked;
        outcome.streamed = 0;
        is_asked = 0;
        taken = 1;
        state = RUNNING;
    }
    taken = taken || state != FREE ? taken : -1;
    tinyface_board_unlock();
    if (taken < 0) {
        /* Only this task leaves FREE, so nothing can have changed meanwhile. */
        taken = next_job(&outcome.job);
        if (taken) {
            outcome.streamed = 1;
            tinyface_board_lock();
            state = RUNNING;
            tinyface_board_unlock();
        }
    }
    return taken;
}

/* The second core. */
static void work(void)
{
    for (;;) {
        tinyface_board_feed_watchdog();
        if (!take()) {
            tinyface_board_sleep(TINYFACE_TASK_INFERENCE, IDLE_MS);
            continue;
        }
        run();
        tinyface_board_lock();
        state = DONE;
        tinyface_board_unlock();
        tinyface_board_signal(TINYFACE_TASK_SERIAL);
    }
}

void tinyface_worker_start(int (*next)(tinyface_job *job), void (*part)(const tinyface_outcome *outcome))
{
    next_job = next;
    deliver_part = part;
    tinyface_inference_tell(tell_part);
    if (tinyface_board_start_task(TINYFACE_TASK_INFERENCE, work) == 0) {
        cores = 2;
    }
}

uint8_t tinyface_worker_cores(void)
{
    return cores;
}

void tinyface_worker_ask(const tinyface_job *job, int streamed)
{
    if (cores == 1) {
        outcome.job = *job;
        outcome.streamed = streamed;
        run();
        state = DONE;
        return;
    }
    tinyface_board_lock();
    asked = *job;
    is_asked = 1;
    tinyface_board_unlock();
    tinyface_board_signal(TINYFACE_TASK_INFERENCE);
}

const tinyface_outcome *tinyface_worker_outcome(int streamed)
{
    int there;
    tinyface_board_lock();
    there = state == DONE && outcome.streamed == streamed;
    tinyface_board_unlock();
    return there ? &outcome : NULL;
}

void tinyface_worker_free(void)
{
    tinyface_board_lock();
    state = outcome.part != TINYFACE_PART_NONE ? RUNNING : FREE;
    tinyface_board_unlock();
    tinyface_board_signal(TINYFACE_TASK_INFERENCE);
}
