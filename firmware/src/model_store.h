/* The model partition: constants of another model with the same plan, without another firmware.
 *
 * It has two halves. A half holds one image: a head (the offsets below), then what the head points to. The image
 * with the newer number that is whole and fits this firmware's plan is used, otherwise the built-in constants.
 * codegen/model_image.py writes the same. */
#ifndef TINYFACE_MODEL_STORE_H
#define TINYFACE_MODEL_STORE_H

#include "tinyface/pipeline.h"

enum {
    TINYFACE_IMAGE_MAGIC = 0,      /* 8 bytes, "TFMODEL1" */
    TINYFACE_IMAGE_NUMBER = 8,     /* u32, counts up and turns over: the one ahead is newer */
    TINYFACE_IMAGE_BYTES = 12,     /* u32, of the whole image */
    TINYFACE_IMAGE_CRC = 16,       /* u32, CRC32 of the bytes from 32 on */
    TINYFACE_IMAGE_FRONT = 32,     /* the bytes before are written last */
    TINYFACE_IMAGE_PLAN_HASH = 32, /* 32 bytes */
    TINYFACE_IMAGE_MODEL_HASH = 64, /* 32 bytes */
    TINYFACE_IMAGE_SCALE = 96,     /* i32, pipeline.h's scale_q24, 0 to TINYFACE_MAX_SCALE_Q24 */
    TINYFACE_IMAGE_ZERO = 100,     /* i32, its zero_point, -128 to 127 */
    TINYFACE_IMAGE_POINTS = 104,   /* u32, its points */
    TINYFACE_IMAGE_MEAN = 108,     /* u32, offset of its mean_q24 */
    TINYFACE_IMAGE_CONSTANTS = 112, /* u32, offset of the constants, a multiple of 16 */
    TINYFACE_IMAGE_CONSTANTS_BYTES = 116, /* u32 */
    TINYFACE_IMAGE_NAME = 120,     /* u32, offset of the name, ending in a zero byte */
    TINYFACE_IMAGE_SHIFT = 124,    /* i16, picture.h's shift of its input */
    TINYFACE_IMAGE_LAYOUT = 126,   /* u8, its layout: that of the firmware */
    TINYFACE_IMAGE_HEAD = 128,
    TINYFACE_IMAGE_NAME_MOST = 256 /* bytes of a name with its zero byte; none of them steers a terminal */
};

/* Whether every field of an image's head (TINYFACE_IMAGE_HEAD bytes) is one that this firmware can work with; the image
 * has room for `room` bytes. The plan's hash, the CRC and what the head points to are not looked at. */
int tinyface_model_image_fits(const uint8_t *head, uint32_t room);

/* Whether a name of an image ends in time, within `room` bytes, and has no control characters. */
int tinyface_model_name_fits(const uint8_t *name, uint32_t room);

/* Looks into the partition and tells the model where its constants are. Called once at boot. A whole model
 * (constants_bytes 0) is left out of the start after a crash: starting it may have been what crashed. */
void tinyface_model_store_init(void);

/* The runtime refuses the model of the partition: 1 when the program's own is in its place now. */
int tinyface_model_store_drop(void);

/* 1 where the constants come from the partition. */
uint8_t tinyface_model_stored(void);

/* Of the model that runs: SHA-256 of its .tflite, its name, its pipeline. */
const uint8_t *tinyface_model_hash(void);
const char *tinyface_model_name(void);
const tinyface_pipeline *tinyface_pipeline_now(void);

/* For an update: bytes of a half (0: this firmware takes no other constants), the offset of the half that is not
 * in use, and the number its image must carry. */
uint32_t tinyface_model_half_bytes(void);
uint32_t tinyface_model_free_half(void);
uint32_t tinyface_model_next_number(void);

#endif
