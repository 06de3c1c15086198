/* One inference in the arena. */
#ifndef TINYFACE_INFERENCE_H
#define TINYFACE_INFERENCE_H

#include "tinyface/stage.h"

/* What happened in the last inference. */
typedef struct {
    uint32_t frame; /* number the RESULT carries */
    uint32_t micros;
    uint64_t ticks;
    uint32_t input_crc;
    uint32_t time_ms;       /* of the frame; 0: raw tensors */
    tinyface_region region; /* of the frame; no region: raw tensors */
    uint16_t layers, crcs;       /* entries of layer_ticks and layer_crc, 0 for what the runtime did not tell */
    const uint32_t *layer_crc;   /* NULL when not asked for */
    const uint32_t *layer_ticks; /* NULL when not asked for */
    uint16_t parts;         /* RUNs and RECORDs of a program of several stages so far */
    uint8_t stage;          /* what the run or the record is of; TINYFACE_NO_STAGE: nothing has worked yet */
    uint16_t run;           /* which run of the stage in this frame */
    int32_t peak;           /* largest value of the first network's first output, over its runs in this frame */
                            /* (INT32_MIN: it rests), */
    uint32_t peak_at;       /* and its place; real numbers (float32) count in 1/65536 */
    const tinyface_record *record; /* of the last stage that worked; NULL: raw tensors, or none did */
} tinyface_inference;

/* Allocates arena, layer lists, records and states, and prepares the networks. Returns 0, or a TINYFACE_WIRE_ERROR_CODE. */
uint8_t tinyface_inference_init(void);

/* What init returned, its detail (bytes wanted, or the runtime's status), and where the arena lies. */
uint8_t tinyface_inference_fault(uint32_t *detail);
int tinyface_arena_internal(void);

uint32_t tinyface_input_bytes(void); /* all inputs of the first network */
uint32_t tinyface_output_bytes(uint8_t stage); /* all outputs of its network */
uint32_t tinyface_inferences(void);   /* since boot */
const void *tinyface_output_at(uint8_t stage, uint16_t index);

/* 1 where the program has several stages, or one that looks at several windows of a frame or may rest: runs and records
 * are told one by one. */
int tinyface_tells_parts(void);

/* Who is told of a run (outputs in the arena) or a record of a program of several stages, in the middle of
 * tinyface_infer_frame and on the core that runs it; the next run waits until this returns. */
typedef enum { TINYFACE_PART_NONE = 0, TINYFACE_PART_RUN = 1, TINYFACE_PART_RECORD = 2 } tinyface_part;
void tinyface_inference_tell(void (*told)(tinyface_part part));

/* Copies all inputs from `bytes` (tinyface_input_bytes() of them), then runs. want: TINYFACE_WANT bits.
 * Returns 0, or a TINYFACE_WIRE_ERROR_CODE with *detail. */
uint8_t tinyface_infer_bytes(const uint8_t *bytes, uint8_t want, tinyface_inference *inference, uint32_t *detail);

/* Runs the program on a frame; `region` takes the place of what its stages see of it, no region: their own rules. */
uint8_t tinyface_infer_frame(const tinyface_frame *frame, tinyface_region region, uint8_t want,
                             tinyface_inference *inference, uint32_t *detail);

#endif
