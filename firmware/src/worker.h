/* Inference on the second core where there is one, at once on the first core otherwise.
 *
 * One inference is in work or delivered at a time: its outputs lie in the arena until tinyface_worker_free. */
#ifndef TINYFACE_WORKER_H
#define TINYFACE_WORKER_H

#include "inference.h"

/* What to run: raw bytes of all inputs, or a frame and a crop in it. */
typedef struct {
    const uint8_t *bytes; /* NULL: the frame */
    tinyface_frame frame;
    tinyface_region region;
    uint8_t want;         /* TINYFACE_WANT bits */
    uint32_t generation;  /* of the stream, for frames of the camera */
} tinyface_job;

typedef struct {
    tinyface_job job;
    tinyface_inference inference;
    uint8_t code; /* 0, or a TINYFACE_WIRE_ERROR_CODE with its detail */
    uint32_t detail;
    int streamed; /* 1: from the camera, 0: asked for */
    tinyface_part part; /* NONE: the frame is done; otherwise more will come of it */
} tinyface_outcome;

/* Starts the second core. `next` gives it a job of the stream's (1) or says that there is none (0). On one core
 * `part` is called with each part of a frame while it runs. */
void tinyface_worker_start(int (*next)(tinyface_job *job), void (*part)(const tinyface_outcome *outcome));

/* 2 where inference has a core of its own. */
uint8_t tinyface_worker_cores(void);

/* Runs a job: on one core before this returns, otherwise the second core takes it once a streamed outcome is freed.
 * What the job points to stays as it is until its outcome is there, and one is asked for at a time. On two cores
 * streamed jobs come from `next` alone. */
void tinyface_worker_ask(const tinyface_job *job, int streamed);

/* The outcome of a job that was streamed (1) or asked for (0), NULL while there is none. Valid until
 * tinyface_worker_free. */
const tinyface_outcome *tinyface_worker_outcome(int streamed);

/* The outcome has been dealt with: the frame goes on, or the next job may begin. */
void tinyface_worker_free(void);

#endif
