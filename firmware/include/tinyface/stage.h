/* A program is what a firmware runs: stages in order, frame after frame. A stage is a network with a decoder, or a
 * function that works on what other stages found. codegen/program/ holds the same facts and computes the same
 * records in NumPy. */
#ifndef TINYFACE_STAGE_H
#define TINYFACE_STAGE_H

#include "tinyface/engine.h"
#include "tinyface/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TINYFACE_MAX_STAGES = 8,
    TINYFACE_NO_STAGE = 255,
    TINYFACE_BOX_VALUES = 6,             /* of a box before its key points */
    TINYFACE_VOTE_VALUES = 8,            /* of a track that was voted on */
    TINYFACE_MARGIN_ONE = 256,           /* a margin of 1: the region is as long as the item's longer side */
    TINYFACE_MAX_SCALE_Q24 = 0xFFFFFF    /* less than a region's side for each step of an output: 32 bits hold points */
};

/* What a decoder finds. All positions are frame pixels times 256, (0, 0) is the centre of the top-left pixel. */
typedef enum {
    TINYFACE_RECORD_RAW = 0,     /* nothing: the outputs speak for themselves */
    TINYFACE_RECORD_POINTS = 1,  /* an item: x, y of each point */
    TINYFACE_RECORD_BOXES = 2,   /* an item: left, top, width, height, score, class, then x, y of each key point */
    TINYFACE_RECORD_CLASSES = 3, /* an item: index and score, the best first */
    TINYFACE_RECORD_TRACKS = 4,  /* an item: as of BOXES, with an identity in place of the class: 1, 2 ... since a reset */
    TINYFACE_RECORD_VOTES = 5    /* an item: as of TRACKS without points, then class (-1: none is sure) and probability * 65536 */
} tinyface_record_kind;

typedef struct {
    uint8_t kind;         /* tinyface_record_kind */
    uint16_t count, most; /* items */
    uint16_t width;       /* values an item */
    int32_t *items;       /* [most, width] */
    uint32_t frame;       /* in which it was found, counted from 1 since the reset of all; 0: in none yet */
    uint8_t asks;         /* 1: stages whose `when` names this one are to work in the next frame, too */
} tinyface_record;

/* One piece of a pyramid: columns x rows windows of size_q8/256 of the whole region, spread evenly over it. */
typedef struct {
    uint16_t size_q8; /* 1 to 256 */
    uint8_t columns, rows;
} tinyface_scale;

typedef enum {
    TINYFACE_SOURCE_NONE = 0,   /* no picture: tensors sent by the host, or a stage without a network */
    TINYFACE_SOURCE_CENTRE = 1, /* the largest region in the middle of the frame */
    TINYFACE_SOURCE_WHOLE = 2,  /* the smallest region that holds the frame; `scales` cuts it into windows */
    TINYFACE_SOURCE_ITEMS = 3   /* once for each item of the stage `of`, around it */
} tinyface_source;

typedef struct tinyface_stage tinyface_stage;
typedef struct tinyface_run tinyface_run;

/* How outputs become a record. Parameters are int32 values whose meaning only the decoder knows. */
typedef struct {
    const char *name; /* as codegen/program/decoders/ names it */
    uint8_t kind;
    /* 1 where these parameters can be worked with for this stage; those of a flash image come through here. */
    int (*fits)(const tinyface_stage *stage, const int32_t *parameters, uint32_t count);
    /* Adds what the outputs of a run say about a region of the frame. NULL for stages without a network. */
    void (*decode)(const tinyface_stage *stage, const int32_t *parameters, void *arena, tinyface_region region,
                   tinyface_record *record);
    /* Once after all runs of a frame, and all there is for a stage without a network; may be NULL. */
    void (*finish)(const tinyface_run *run, uint8_t stage, void *state, tinyface_record *record);
} tinyface_stage_decoder;

struct tinyface_stage {
    const char *name;
    const tinyface_model *model; /* NULL: a stage without a network */
    tinyface_input_spec input;
    uint8_t source;              /* tinyface_source */
    uint8_t of;                  /* a stage before this one, or TINYFACE_NO_STAGE */
    uint8_t beside;              /* another one that the decoder works on, or TINYFACE_NO_STAGE; of a later one it sees
                                    what that found in the frame before */
    uint16_t margin_q8;          /* of regions around items, TINYFACE_MARGIN_ONE is 1 */
    uint8_t upright[2];          /* points of an item that lie level in its region, the first left; equal: none */
    uint8_t every;               /* it runs in every n-th frame, 1: in each */
    uint8_t phase;               /* the first of these, from 0 on, less than `every` */
    uint8_t when;                /* it also works in the frame after that stage's record asked; TINYFACE_NO_STAGE: none */
    uint8_t unless;              /* it rests while that stage has items; TINYFACE_NO_STAGE: never */
    uint8_t n_scales;            /* 0: the whole region once */
    const tinyface_scale *scales;
    const tinyface_stage_decoder *decoder;
    const int32_t *parameters;
    uint32_t n_parameters;
    uint16_t most, width;        /* of its record */
    uint32_t state_bytes;        /* kept from frame to frame, zero after a reset */
    const char *labels;          /* of classes, each ending in a line feed; NULL: none */
};

typedef struct {
    const char *name;
    uint8_t n_stages;
    const tinyface_stage *stages;
    uint32_t facts_crc; /* of all that the stages state, as codegen/program/facts_crc.py makes it; 0: not known */
} tinyface_program;

/* What this firmware was generated with, and the first of its networks. */
extern const tinyface_program tinyface_program_main;
extern const tinyface_model *const tinyface_main;

/* A program at work: one arena for all networks, records and states in one block beside it. Any number of runs may
 * work at once, each in memory of its own. */
struct tinyface_run {
    const tinyface_program *program;
    void *arena;
    const tinyface_model *prepared;                     /* whose `init` the arena has seen last */
    tinyface_input_spec inputs[TINYFACE_MAX_STAGES];    /* the stage's own, or those of a flash image */
    const int32_t *parameters[TINYFACE_MAX_STAGES];     /* the stage's own, or those of a flash image */
    void *states[TINYFACE_MAX_STAGES];                  /* of decoders */
    uint8_t *kept[TINYFACE_MAX_STAGES];                 /* of networks: tinyface_model's states */
    tinyface_record records[TINYFACE_MAX_STAGES];
    tinyface_region given;                              /* in place of CENTRE and WHOLE; no region: their rule */
    tinyface_frame frame;                               /* in work; its time_ms is the only clock that stages see */
    uint32_t number;                                    /* of the frame since the last reset */
    uint32_t begun;                                     /* frames since the last reset, the one in work counted */
    uint8_t stage;                                      /* in work */
    uint16_t next, runs;                                /* next run of it, and how many there are */
};

typedef enum {
    TINYFACE_STEP_OVER = 0,   /* the frame is done */
    TINYFACE_STEP_RUN = 1,    /* a network has run: its outputs lie in the arena until the next step */
    TINYFACE_STEP_RECORD = 2, /* a stage is done: its record is complete */
    TINYFACE_STEP_FAULT = 3   /* a network has failed; the frame is over */
} tinyface_step_kind;

/* What a step did. */
typedef struct {
    uint8_t kind, stage;
    uint16_t run;
    tinyface_region region;
    tinyface_status status;
} tinyface_step;

/* Around a network's run: `before` behind the last byte of its input, `after` before its outputs are decoded. */
typedef struct {
    void *context;
    const tinyface_profiler *profiler; /* NULL: none */
    void (*before)(void *context, uint8_t stage);
    void (*after)(void *context, uint8_t stage);
} tinyface_hooks;

/* Bytes of the arena: the largest network's. Bytes of the block of records and states. */
uint32_t tinyface_program_arena_bytes(const tinyface_program *program);
uint32_t tinyface_program_state_bytes(const tinyface_program *program);

/* Prepares a run; both blocks begin at multiples of 16 and stay the run's. */
void tinyface_run_init(tinyface_run *run, const tinyface_program *program, void *arena, void *block);

/* Forgets what a stage found and keeps; TINYFACE_NO_STAGE: all of them, and frames count from 0 again. */
void tinyface_run_reset(tinyface_run *run, uint8_t stage);

/* A frame comes: its pixels must stay until the last step. `region` takes the place of what stages see of it by
 * rule; no region (0 x 0): the rule. */
void tinyface_run_begin(tinyface_run *run, const tinyface_frame *frame, tinyface_region region);

/* One step: one run of one network, or the end of one stage. `hooks` may be NULL. */
tinyface_step tinyface_run_step(tinyface_run *run, const tinyface_hooks *hooks);

/* Prepares the arena for a network of the program: what `init` of its runtime says. */
tinyface_status tinyface_run_prepare(tinyface_run *run, const tinyface_model *model);

/* The region around an item's box (left, top, width, height in 1/256 px) with the input's aspect, not turned. */
tinyface_region tinyface_region_around(const int32_t box[4], uint16_t margin_q8, uint16_t width, uint16_t height);

/* Element i of an output as an integer; real numbers (float32) count in 1/65536. */
int32_t tinyface_value_at(const tinyface_tensor *tensor, const void *values, uint32_t i);
uint32_t tinyface_tensor_values(const tinyface_tensor *tensor);

/* A place for one more item, NULL when the record is full. */
int32_t *tinyface_record_add(tinyface_record *record);

/* Where the points of an item begin among its values. */
uint16_t tinyface_points_at(uint8_t kind);

/* The points of a shape in a region: `mean` in its sides times 2^24 and an output's deviation from it, both as x, y
 * after one another, become 2 * points values in 1/256 px. */
void tinyface_shape_in(tinyface_region region, const int32_t *mean_q24, uint32_t points, const int8_t *output,
                       int32_t scale_q24, int32_t zero, int32_t *xy);

#ifdef __cplusplus
}
#endif
#endif
