/* The camera stream. On one core a step takes a frame, runs the model and sends the result; on two cores the
 * capture task fills the frame queue, the second core empties it, and a step sends what has come out. */
#include "stream.h"

#include <string.h>

#include "camera.h"
#include "frame_queue.h"
#include "host.h"
#include "preview.h"
#include "requests.h"
#include "settings.h"
#include "tinyface/board.h"
#include "voice.h"

enum {
    CAMERA_FAILURES = 3, /* in a row: the stream ends */
    NOT_YET_US = 5000,   /* a camera that has no frame yet is asked again after this long */
    LINE_MS = 1,         /* a line that has not sent everything yet is asked again after this long */
    IDLE_MS = 1000
};

/* A stream that waits for its camera to start. */
static struct {
    tinyface_address to; /* of what was asked for */
    uint32_t frames, period_ms;
    uint8_t want;
    int waits;
} start;

static struct {
    tinyface_address to;
    uint8_t want;
    uint32_t left; /* frames still to send; UINT32_MAX: until stopped */
    uint32_t number;
} stream;

/* Shared with the capture task, under the board's lock. */
static struct {
    int running;         /* frames are wanted */
    uint32_t generation; /* of the stream they are wanted for */
    uint64_t period_us, due_us;
    uint32_t failures;   /* in a row */
    uint32_t untold;     /* of them, not yet reported */
    uint32_t last_code;
} capture;

static uint32_t below_threshold;

uint32_t tinyface_stream_below_threshold(void)
{
    return below_threshold;
}

int tinyface_stream_runs(void)
{
    return stream.left > 0;
}

static void set_running(int running, uint64_t period_us)
{
    tinyface_board_lock();
    capture.running = running;
    capture.generation++;
    capture.period_us = period_us;
    capture.due_us = tinyface_board_micros();
    capture.failures = 0;
    capture.untold = 0;
    tinyface_board_unlock();
}

void tinyface_stream_stop(void)
{
    start.waits = 0;
    stream.left = 0;
    set_running(0, 0);
    tinyface_preview_end();
    tinyface_frame_queue_clear();
}

/* The camera runs. */
static void begin(void)
{
    uint32_t least_ms = tinyface_settings()->period_ms;

    stream.to.sequence = start.to.sequence;
    stream.to.flags = TINYFACE_FLAG_UNASKED;
    tinyface_board_lock(); /* the second core may be asking, for a frame of the last stream */
    stream.want = start.want;
    tinyface_board_unlock();
    stream.left = start.frames;
    stream.number = 0;
    if ((start.want & TINYFACE_WANT_PREVIEW) && tinyface_preview_begin() != 0) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_WARNING, "no previews: there is no memory for one");
    }
    set_running(1, (uint64_t)(start.period_ms > least_ms ? start.period_ms : least_ms) * 1000U);
    tinyface_board_signal(TINYFACE_TASK_CAPTURE);
}

/* Begins the stream that waits, or refuses it, once its camera has started or failed. */
static void step_start(void)
{
    uint32_t code;
    tinyface_camera_state state = tinyface_camera_start(tinyface_settings(), &code);

    if (state == TINYFACE_CAMERA_STARTING) {
        return;
    }
    start.waits = 0;
    if (state == TINYFACE_CAMERA_FAILED) {
        tinyface_refuse(start.to, TINYFACE_WIRE_ERROR_CODE_CAMERA, code, tinyface_camera_text(code));
        return;
    }
    begin();
    if (!(start.to.flags & TINYFACE_FLAG_UNASKED)) {
        (void)tinyface_reply_ack(start.to);
    }
}

void tinyface_stream_start(tinyface_address to, uint8_t want, uint32_t frames, uint32_t period_ms)
{
    tinyface_stream_stop();
    start.to = to;
    start.want = want;
    start.frames = frames;
    start.period_ms = period_ms;
    start.waits = 1; /* begun by the step's end */
}

int tinyface_stream_waits(void)
{
    return start.waits;
}

void tinyface_stream_request(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_stream_head head;

    if (frame->length != TINYFACE_STREAM_HEAD_BYTES) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, TINYFACE_STREAM_HEAD_BYTES,
                        "a STREAM payload expected");
        return;
    }
    tinyface_stream_head_unpack(frame->payload, &head);
    if (head.frames == 0) {
        tinyface_stream_stop();
        (void)tinyface_reply_ack(to);
        return;
    }
    if (tinyface_picture_ready(to)) {
        tinyface_stream_start(to, head.want, head.frames, head.period_ms);
    }
}

/* Whether a frame is due: if so the next one is planned and *generation says which stream it is for; otherwise
 * *wait_ms says for how long nothing is, at most `most`. */
static int is_due(uint32_t *generation, uint32_t *wait_ms, uint32_t most)
{
    uint64_t now = tinyface_board_micros(), wait = most;
    int due;

    tinyface_board_lock();
    due = capture.running && now >= capture.due_us;
    *generation = capture.generation;
    if (due) {
        capture.due_us = capture.due_us + capture.period_us > now ? capture.due_us + capture.period_us : now;
    } else if (capture.running) {
        wait = (capture.due_us - now + 999U) / 1000U;
    }
    tinyface_board_unlock();
    *wait_ms = wait < most ? (uint32_t)wait : most;
    return due;
}

/* Takes one frame from the camera: 1 when there is one and its stream still runs. */
static int grab(uint32_t generation, tinyface_frame *frame)
{
    int status = tinyface_board_camera_grab(frame), wanted;

    tinyface_board_lock();
    wanted = capture.running && capture.generation == generation;
    if (status == 0) {
        capture.failures = 0;
    } else if (status == TINYFACE_CAMERA_NOT_YET) {
        capture.due_us = wanted ? tinyface_board_micros() + NOT_YET_US : capture.due_us;
    } else if (wanted) {
        capture.failures++;
        capture.untold++;
        capture.last_code = (uint32_t)status;
        capture.running = capture.failures < CAMERA_FAILURES;
        tinyface_camera_count_failure();
    }
    tinyface_board_unlock();
    if (status == 0 && !wanted) {
        tinyface_board_camera_release(frame);
    }
    return status == 0 && wanted;
}

/* The capture task of boards with two cores. */
static void capture_frames(void)
{
    for (;;) {
        tinyface_frame frame;
        uint32_t generation, wait_ms;

        tinyface_board_feed_watchdog();
        if (!is_due(&generation, &wait_ms, IDLE_MS)) {
            tinyface_board_sleep(TINYFACE_TASK_CAPTURE, wait_ms);
        } else if (grab(generation, &frame)) {
            const int previewed = tinyface_preview_take(&frame); /* until it is pushed the frame is this task's */
            tinyface_frame_queue_push(&frame, generation);
            tinyface_board_signal(TINYFACE_TASK_INFERENCE);
            if (previewed) {
                tinyface_board_signal(TINYFACE_TASK_SERIAL);
            }
        } else {
            tinyface_board_signal(TINYFACE_TASK_SERIAL);
        }
    }
}

static void job_of(const tinyface_frame *frame, uint32_t generation, tinyface_job *job)
{
    job->bytes = NULL;
    job->frame = *frame;
    job->generation = generation;
    memset(&job->region, 0, sizeof job->region); /* each stage's own rule */
    tinyface_board_lock();
    job->want = stream.want;
    tinyface_board_unlock();
}

/* The second core asks for a frame. */
static int next_job(tinyface_job *job)
{
    tinyface_frame frame;
    uint32_t generation;
    if (!tinyface_frame_queue_take(&frame, &generation)) {
        return 0;
    }
    job_of(&frame, generation, job);
    return 1;
}

static int reaches_threshold(const tinyface_outcome *outcome)
{
    int16_t threshold = tinyface_settings()->threshold;
    return threshold == TINYFACE_THRESHOLD_ALL || outcome->inference.peak >= threshold;
}

/* Whether the stream that an outcome is for still runs; only this task changes both. */
static int is_wanted(const tinyface_outcome *outcome)
{
    return stream.left > 0 && outcome->job.generation == capture.generation;
}

/* Sends a part of a frame. With a threshold nobody knows yet whether the frame reaches it. */
static void deliver_part(const tinyface_outcome *outcome)
{
    if (!outcome->streamed) {
        tinyface_request_part(outcome);
    } else if (is_wanted(outcome) && tinyface_settings()->threshold == TINYFACE_THRESHOLD_ALL && !tinyface_host_gone()) {
        tinyface_send_part(stream.to, outcome);
    }
}

/* Sends an outcome if the stream still wants it, and gives the frame back. */
static void deliver(const tinyface_outcome *outcome)
{
    tinyface_outcome numbered = *outcome;
    int wanted = is_wanted(outcome);

    if (wanted && outcome->code == 0 && !reaches_threshold(outcome)) {
        below_threshold++;
    } else if (wanted) {
        if ((stream.want & TINYFACE_WANT_PICTURE) && !tinyface_host_gone()) {
            (void)tinyface_reply_picture(stream.to, stream.number, &outcome->job.frame, stream.want & TINYFACE_WANT_GRAY);
        }
        numbered.inference.frame = stream.number++;
        if (tinyface_settings()->threshold != TINYFACE_THRESHOLD_ALL) {
            numbered.inference.parts = 0; /* deliver_part has sent none */
        }
        tinyface_send_outcome(stream.to, &numbered);
        stream.left -= stream.left != UINT32_MAX;
        if (stream.left == 0) {
            tinyface_stream_stop();
        }
    }
    tinyface_board_camera_release(&outcome->job.frame);
    tinyface_worker_free();
}

/* Returns whether there was something. */
static int deliver_streamed(void)
{
    const tinyface_outcome *outcome = tinyface_worker_outcome(1);
    if (outcome != NULL && outcome->part != TINYFACE_PART_NONE) {
        deliver_part(outcome);
        tinyface_worker_free();
    } else if (outcome != NULL) {
        deliver(outcome);
    }
    return outcome != NULL;
}

/* Sends some rows of a preview where nothing else is on its way: whatever comes next waits for these rows alone. */
static void preview(void)
{
    if (tinyface_preview_waits() && tinyface_board_all_sent() && tinyface_worker_outcome(1) == NULL &&
        !tinyface_host_gone()) {
        tinyface_preview_send(stream.to);
    }
}

/* Reports camera failures; after CAMERA_FAILURES in a row the stream is over. */
static void tell_failures(void)
{
    uint32_t untold, code, failures;

    tinyface_board_lock();
    untold = capture.untold;
    code = capture.last_code;
    failures = capture.failures;
    capture.untold = 0;
    tinyface_board_unlock();
    for (; untold > 0 && stream.left > 0; untold--) {
        tinyface_refuse(stream.to, TINYFACE_WIRE_ERROR_CODE_CAMERA, code, "the camera gave no frame");
    }
    if (failures >= CAMERA_FAILURES && stream.left > 0) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "the stream ends: the camera has failed");
        tinyface_stream_stop();
    }
}

/* On one core: takes the frame that is due and runs the model on it. */
static void infer(void)
{
    tinyface_frame frame;
    static tinyface_job job; /* not on the stack that the model runs on */
    uint32_t generation, wait_ms;
    if (is_due(&generation, &wait_ms, 0) && grab(generation, &frame)) {
        (void)tinyface_preview_take(&frame);
        job_of(&frame, generation, &job);
        tinyface_worker_ask(&job, 1);
    }
}

void tinyface_stream_step(int may_infer)
{
    if (tinyface_host_gone()) {
        tinyface_stream_stop();
    }
    if (start.waits) {
        step_start();
    }
    if (may_infer && tinyface_worker_cores() == 1) {
        preview(); /* its rows leave while the model runs */
        infer();
        (void)deliver_streamed();
    } else if (!deliver_streamed()) {
        preview();
    }
    tell_failures();
}

uint32_t tinyface_stream_patience(uint32_t most)
{
    uint64_t now, until_ms;
    if (start.waits) {
        return tinyface_camera_patience() < most ? tinyface_camera_patience() : most;
    }
    if (tinyface_preview_waits()) {
        return tinyface_board_all_sent() ? 0 : LINE_MS;
    }
    if (!tinyface_stream_runs() || tinyface_worker_cores() == 2) {
        return most; /* the other core wakes this one */
    }
    now = tinyface_board_micros();
    until_ms = capture.due_us > now ? (capture.due_us - now + 999U) / 1000U : 0;
    return until_ms < most ? (uint32_t)until_ms : most;
}

void tinyface_stream_init(void)
{
    tinyface_worker_start(next_job, deliver_part);
    if (tinyface_worker_cores() == 2 && tinyface_board_start_task(TINYFACE_TASK_CAPTURE, capture_frames) != 0) {
        tinyface_log(TINYFACE_WIRE_LOG_LEVEL_ERROR, "the capture task does not start");
    }
}
