/* The model partition: which of its two images is whole, fits this firmware's program and is newer. */
#include "model_store.h"

#include <string.h>

#include "sha256.h"
#include "tinyface/board.h"
#include "tinyface/messages.h"
#include "tinyface/protocol.h"

enum { SECTOR = 4096, NONE = 2 };

static const uint8_t magic[8] = {'T', 'F', 'M', 'O', 'D', 'E', 'L', '2'};
static tinyface_image image_in_use, candidate; /* too large for a stack */
static int used; /* 0: built in */
static uint32_t used_half = NONE, used_number, half_bytes;

/* Reads an image whose front is there, too: into `candidate`. */
static int is_good(const uint8_t *image)
{
    uint32_t bytes = tinyface_get_u32(image + TINYFACE_IMAGE_BYTES);

    return memcmp(image, magic, sizeof magic) == 0 && bytes >= TINYFACE_IMAGE_FRONT && bytes <= half_bytes &&
           tinyface_crc32(0, image + TINYFACE_IMAGE_FRONT, bytes - TINYFACE_IMAGE_FRONT) ==
               tinyface_get_u32(image + TINYFACE_IMAGE_CRC) &&
           tinyface_image_read(image, bytes, &tinyface_program_main, &candidate) == TINYFACE_IMAGE_GOOD;
}

/* Numbers count up by one and turn over: the newer of two images is less than half the circle ahead. */
static int newer(uint32_t number, uint32_t than)
{
    return number != than && number - than <= UINT32_MAX / 2U;
}

static int crashed(void)
{
    uint8_t reason = tinyface_board_reset_reason();
    return reason == TINYFACE_WIRE_RESET_REASON_PANIC || reason == TINYFACE_WIRE_RESET_REASON_WATCHDOG;
}

/* Calls use_constants of every network: with what the image has, or NULL for what is built in. */
static void use(const tinyface_image *image)
{
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        const tinyface_model *model = tinyface_program_main.stages[i].model;
        if (model != NULL && model->use_constants != NULL) {
            model->use_constants(image != NULL ? image->stages[i].constants : NULL);
        }
    }
}

/* Whether every network takes other constants, and whether one of them is a whole model. */
static int takes_others(int *whole)
{
    *whole = 0;
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        const tinyface_model *model = tinyface_program_main.stages[i].model;
        if (model != NULL && model->use_constants == NULL) {
            return 0;
        }
        *whole = *whole || (model != NULL && model->constants_bytes == 0);
    }
    return 1;
}

void tinyface_model_store_init(void)
{
    uint32_t size;
    const uint8_t *partition = tinyface_board_model_partition(&size);
    int whole;

    if (partition == NULL || !takes_others(&whole)) {
        return;
    }
    half_bytes = size / 2U / SECTOR * SECTOR; /* 0 or longer than a front */
    for (uint32_t half = 0; half < 2 && half_bytes > 0; half++) {
        const uint8_t *image = partition + half * half_bytes;
        uint32_t number = tinyface_get_u32(image + TINYFACE_IMAGE_NUMBER);
        if ((!used || newer(number, used_number)) && is_good(image)) {
            image_in_use = candidate;
            used = 1;
            used_half = half;
            used_number = number;
        }
    }
    if (used && whole && crashed()) {
        used = 0; /* it may have crashed the interpreter that started it */
    }
    if (used) {
        use(&image_in_use);
    }
}

int tinyface_model_store_drop(void)
{
    int whole;
    if (!used || !takes_others(&whole) || !whole) {
        return 0;
    }
    used = 0; /* its half stays the one in use: an update goes to the other, with a higher number */
    use(NULL);
    return 1;
}

uint8_t tinyface_model_stored(void)
{
    return (uint8_t)used;
}

/* A hash of each network; of several the SHA-256 of them one after the other. */
static void hash_of_program(uint8_t digest[TINYFACE_HASH_BYTES], const uint8_t *(*hash_of)(uint8_t stage))
{
    tinyface_sha256 sha;

    if (tinyface_program_main.n_stages == 1) {
        memcpy(digest, hash_of(0), TINYFACE_HASH_BYTES);
        return;
    }
    tinyface_sha256_start(&sha);
    for (uint8_t i = 0; i < tinyface_program_main.n_stages; i++) {
        if (tinyface_program_main.stages[i].model != NULL) {
            tinyface_sha256_add(&sha, hash_of(i), TINYFACE_HASH_BYTES);
        }
    }
    tinyface_sha256_end(&sha, digest);
}

static const uint8_t *model_hash_of(uint8_t stage)
{
    return used ? image_in_use.stages[stage].model_hash : tinyface_program_main.stages[stage].model->model_hash;
}

static const uint8_t *plan_hash_of(uint8_t stage)
{
    return tinyface_program_main.stages[stage].model->plan_hash;
}

void tinyface_model_hash(uint8_t digest[TINYFACE_HASH_BYTES])
{
    hash_of_program(digest, model_hash_of);
}

void tinyface_plan_hash(uint8_t digest[TINYFACE_HASH_BYTES])
{
    hash_of_program(digest, plan_hash_of);
}

const char *tinyface_stage_model_name(uint8_t stage)
{
    const tinyface_model *model = tinyface_program_main.stages[stage].model;
    if (model == NULL) {
        return "";
    }
    return used ? image_in_use.stages[stage].name : model->name;
}

const char *tinyface_model_name(void)
{
    if (tinyface_program_main.n_stages > 1) {
        return tinyface_program_main.name;
    }
    return tinyface_stage_model_name(0);
}

const int32_t *tinyface_stage_parameters(uint8_t stage)
{
    const int32_t *stored = used ? image_in_use.stages[stage].parameters : NULL;
    return stored != NULL ? stored : tinyface_program_main.stages[stage].parameters;
}

tinyface_input_spec tinyface_stage_input(uint8_t stage)
{
    tinyface_input_spec input = tinyface_program_main.stages[stage].input;
    if (used && image_in_use.stages[stage].input != NULL) {
        input.shift = tinyface_image_shift(image_in_use.stages[stage].input);
    }
    return input;
}

tinyface_image_verdict tinyface_model_verdict(uint32_t bytes)
{
    uint32_t size;
    const uint8_t *partition = tinyface_board_model_partition(&size);

    return bytes > half_bytes ? TINYFACE_IMAGE_BAD
                              : tinyface_image_read(partition + tinyface_model_free_half(), bytes,
                                                    &tinyface_program_main, &candidate);
}

uint32_t tinyface_model_half_bytes(void)
{
    return half_bytes;
}

uint32_t tinyface_model_free_half(void)
{
    return used_half == 0 ? half_bytes : 0;
}

uint32_t tinyface_model_next_number(void)
{
    return used_number + 1U;
}
