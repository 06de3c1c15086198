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
    tinyface_crop crop;
    uint8_t want;         /* TINYFACE_WANT bits */
    uint32_t generation;  /* of the stream, for frames of the camera */
} tinyface_job;

typedef struct {
    tinyface_job job;
    tinyface_inference inference;
    uint8_t code; /* 0, or a TINYFACE_WIRE_ERROR_CODE with its detail */
    uint32_t detail;
    int streamed; /* 1: from the camera, 0: asked for */
} tinyface_outcome;

/* Starts the second core. `next` gives it a job of the stream's (1) or says that there is none (0); `deliver`
 * is called by tinyface_worker_run when a streamed outcome stands in its way, and frees it. */
void tinyface_worker_start(int (*next)(tinyface_job *job), void (*deliver)(void));

/* 2 where inference has a core of its own. */
uint8_t tinyface_worker_cores(void);

/* Runs a job and waits for its end. The outcome is valid until tinyface_worker_free. */
const tinyface_outcome *tinyface_worker_run(const tinyface_job *job, int streamed);

/* A streamed outcome of the second core, NULL when there is none. */
const tinyface_outcome *tinyface_worker_streamed(void);

/* The outcome has been dealt with. */
void tinyface_worker_free(void);

#endif
