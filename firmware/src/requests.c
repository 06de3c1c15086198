/* Requests for an inference: checked at the door, run by the worker, answered when its outcome is there. */
#include "requests.h"

#include "voice.h"

/* The one that the worker has. */
static struct {
    tinyface_address to;
    int waits;
} request;

int tinyface_model_ready(tinyface_address to)
{
    uint32_t detail;
    uint8_t code = tinyface_inference_fault(&detail);
    if (code != 0) {
        tinyface_refuse(to, code, detail, tinyface_fault_text(code));
    }
    return code == 0;
}

int tinyface_picture_ready(tinyface_address to)
{
    if (!tinyface_model_ready(to)) {
        return 0;
    }
    if (tinyface_program_main.stages[0].input.layout == TINYFACE_LAYOUT_TENSOR) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_NO_PICTURE_INPUT, 0, "the model takes no picture");
        return 0;
    }
    return 1;
}

void tinyface_request_part(const tinyface_outcome *outcome)
{
    tinyface_send_part(request.to, outcome);
}

int tinyface_request_waits(void)
{
    return request.waits;
}

void tinyface_request_step(void)
{
    const tinyface_outcome *outcome = request.waits ? tinyface_worker_outcome(0) : NULL;
    if (outcome != NULL && outcome->part != TINYFACE_PART_NONE) {
        tinyface_send_part(request.to, outcome);
        tinyface_worker_free();
    } else if (outcome != NULL) {
        tinyface_send_outcome(request.to, outcome);
        tinyface_worker_free();
        request.waits = 0;
    }
}

static void answer(const tinyface_job *job, tinyface_address to)
{
    request.to = to;
    request.waits = 1;
    tinyface_worker_ask(job, 0);
    tinyface_request_step();
}

/* The bytes after a head and their u32 count; NULL when the payload's length says otherwise. */
static const uint8_t *tail(const tinyface_frame_in *frame, uint32_t head_bytes, uint32_t *count)
{
    if (frame->length < head_bytes + 4U) {
        return NULL;
    }
    *count = tinyface_get_u32(frame->payload + head_bytes);
    return *count == frame->length - head_bytes - 4U ? frame->payload + head_bytes + 4 : NULL;
}

void tinyface_request_tensor(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_infer_tensor_head head;
    tinyface_job job = {0};
    uint32_t count = 0;
    const uint8_t *bytes = tail(frame, TINYFACE_INFER_TENSOR_HEAD_BYTES, &count);

    if (!tinyface_model_ready(to)) {
        return;
    }
    if (tinyface_tells_parts()) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, tinyface_program_main.n_stages,
                        "this program takes pictures, no tensors");
        return;
    }
    if (bytes == NULL || count != tinyface_input_bytes()) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, tinyface_input_bytes(),
                        "all inputs in one piece expected");
        return;
    }
    tinyface_infer_tensor_head_unpack(frame->payload, &head);
    job.bytes = bytes;
    job.want = head.want;
    answer(&job, to);
}

void tinyface_request_picture(const tinyface_frame_in *frame, tinyface_address to)
{
    tinyface_infer_picture_head head;
    tinyface_job job = {0};
    uint32_t count = 0, expected;
    const uint8_t *pixels = tail(frame, TINYFACE_INFER_PICTURE_HEAD_BYTES, &count);

    if (!tinyface_picture_ready(to)) {
        return;
    }
    if (pixels == NULL) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, frame->length, "the payload is cut");
        return;
    }
    tinyface_infer_picture_head_unpack(frame->payload, &head);
    expected = tinyface_frame_bytes(head.format, head.width, head.height);
    if (expected == 0 || count != expected) {
        tinyface_refuse(to, TINYFACE_WIRE_ERROR_CODE_BAD_REQUEST, expected,
                        "format, width, height and bytes disagree");
        return;
    }
    job.frame.format = (tinyface_pixels)head.format;
    job.frame.width = head.width;
    job.frame.height = head.height;
    job.frame.data = pixels;
    job.frame.time_ms = head.time_ms;
    job.region.x = head.region_x;
    job.region.y = head.region_y;
    job.region.width = head.region_width;
    job.region.height = head.region_height;
    job.region.turn = head.region_turn;
    job.want = head.want;
    answer(&job, to);
}
