/* The model partition: constants of other models with the same plans, and their stages' parameters, without another
 * firmware.
 *
 * It has two halves. A half holds one image (model_image.h). The image with the newer number that is whole and fits
 * this firmware's program is used, otherwise what is built in. */
#ifndef TINYFACE_MODEL_STORE_H
#define TINYFACE_MODEL_STORE_H

#include "model_image.h"

/* Looks into the partition and tells the models where their constants are. Called once at boot. A whole model
 * (constants_bytes 0) is left out of the start after a crash: starting it may have been what crashed. */
void tinyface_model_store_init(void);

/* The runtime refuses the model of the partition: 1 when the program's own is in its place now. */
int tinyface_model_store_drop(void);

/* 1 where the constants come from the partition. */
uint8_t tinyface_model_stored(void);

/* SHA-256 of the model's .tflite, that of its plan, and its name; of a program of several stages the SHA-256 of its
 * networks' hashes one after the other, and its own name. */
void tinyface_model_hash(uint8_t digest[TINYFACE_HASH_BYTES]);
void tinyface_plan_hash(uint8_t digest[TINYFACE_HASH_BYTES]);
const char *tinyface_model_name(void);

/* Of a stage's network, "" without one. */
const char *tinyface_stage_model_name(uint8_t stage);

/* What a stage works with: the image's, or its own. */
const int32_t *tinyface_stage_parameters(uint8_t stage);
tinyface_input_spec tinyface_stage_input(uint8_t stage);

/* For an update: bytes of a half (0: this firmware takes no other constants), the offset of the half that is not
 * in use, the number its image must carry, and what an image of `bytes` bytes that lies there is. */
uint32_t tinyface_model_half_bytes(void);
uint32_t tinyface_model_free_half(void);
uint32_t tinyface_model_next_number(void);
tinyface_image_verdict tinyface_model_verdict(uint32_t bytes);

#endif
