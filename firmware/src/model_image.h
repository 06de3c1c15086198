/* An image of the model partition: a front, then entries of type, length and value. Readers skip types that they
 * don't know, so a new decoder or a new fact moves no old one. codegen/model_image.py writes the same.
 *
 * Front:  "TFMODEL2" | number u32 | bytes of the image u32 | CRC32 of all behind the front u32 | zeros to 32
 * Entry:  type u16 | stage u8 | 0 | length u32 | zeros to 16 | `length` bytes | zeros to a multiple of 16 */
#ifndef TINYFACE_MODEL_IMAGE_H
#define TINYFACE_MODEL_IMAGE_H

#include "tinyface/stage.h"

enum {
    TINYFACE_IMAGE_MAGIC = 0,   /* 8 bytes */
    TINYFACE_IMAGE_NUMBER = 8,  /* counts up and turns over: the one ahead is newer */
    TINYFACE_IMAGE_BYTES = 12,
    TINYFACE_IMAGE_CRC = 16,
    TINYFACE_IMAGE_FRONT = 32,  /* written last */
    TINYFACE_IMAGE_ENTRY = 16,  /* before each value */
    TINYFACE_IMAGE_NAME_MOST = 256 /* bytes of a name with its zero byte; none of them steers a terminal */
};

/* Types of entries. */
enum {
    TINYFACE_ENTRY_PLAN_HASH = 1,  /* 32 bytes, those of the firmware's model */
    TINYFACE_ENTRY_MODEL_HASH = 2, /* 32 bytes */
    TINYFACE_ENTRY_NAME = 3,       /* of the model, with a zero byte */
    TINYFACE_ENTRY_CONSTANTS = 4,
    TINYFACE_ENTRY_DECODER = 5,    /* the name of the stage's decoder, with a zero byte */
    TINYFACE_ENTRY_PARAMETERS = 6, /* i32 values for it */
    TINYFACE_ENTRY_INPUT = 7       /* layout u8, 0, width u16, height u16, shift i16 */
};

/* What an image says of a stage; NULL and 0 for what it does not. */
typedef struct {
    const uint8_t *plan_hash, *model_hash, *constants;
    const char *name;
    const int32_t *parameters;
    uint32_t constants_bytes, n_parameters;
    const uint8_t *input;
} tinyface_image_stage;

typedef struct {
    tinyface_image_stage stages[TINYFACE_MAX_STAGES];
} tinyface_image;

typedef enum { TINYFACE_IMAGE_GOOD = 0, TINYFACE_IMAGE_BAD = 1, TINYFACE_IMAGE_OTHER_PLAN = 2 } tinyface_image_verdict;

/* Reads the entries of an image of `bytes` bytes that starts at a multiple of 16, and holds every field against the
 * program: bad, of another plan, or one that it can work with. The front is not looked at. */
tinyface_image_verdict tinyface_image_read(const uint8_t *image, uint32_t bytes, const tinyface_program *program,
                                           tinyface_image *found);

/* The shift of an INPUT entry. */
int16_t tinyface_image_shift(const uint8_t *input);

#endif
