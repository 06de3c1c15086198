/* Requests for an inference: raw tensors, or a picture sent along. */
#ifndef TINYFACE_REQUESTS_H
#define TINYFACE_REQUESTS_H

#include "reply.h"
#include "worker.h"

/* Serve INFER_TENSOR and INFER_PICTURE: on one core the answer has gone when these return. */
void tinyface_request_tensor(const tinyface_frame_in *frame, tinyface_address to);
void tinyface_request_picture(const tinyface_frame_in *frame, tinyface_address to);

/* 1 while the second core has such a request: its frame's payload must stay as it is. */
int tinyface_request_waits(void);

/* Answers it when the second core is done. */
void tinyface_request_step(void);

/* 1 when the model can run, or can take pictures; otherwise the request has been refused. */
int tinyface_model_ready(tinyface_address to);
int tinyface_picture_ready(tinyface_address to);

/* Sends a part of the frame that a request asked for (on one core, while it runs). */
void tinyface_request_part(const tinyface_outcome *outcome);

#endif
