/* The model partition: which of its two images is whole, fits this firmware's plan and is newer. */
#include "model_store.h"

#include <string.h>

#include "tinyface/board.h"
#include "tinyface/engine.h"
#include "tinyface/messages.h"
#include "tinyface/protocol.h"

enum { SECTOR = 4096, NONE = 2 };

static const uint8_t magic[8] = {'T', 'F', 'M', 'O', 'D', 'E', 'L', '1'};
static const uint8_t *used; /* the image in use, NULL: built in */
static uint32_t used_half = NONE, used_number, half_bytes;
static tinyface_pipeline pipeline;

/* Whether `size` bytes at `offset` lie inside the image. */
static int inside(uint32_t offset, uint32_t size, uint32_t bytes)
{
    return offset >= TINYFACE_IMAGE_HEAD && offset <= bytes && size <= bytes - offset;
}

int tinyface_model_image_fits(const uint8_t *head, uint32_t room)
{
    uint32_t bytes = tinyface_get_u32(head + TINYFACE_IMAGE_BYTES);
    uint32_t constants = tinyface_get_u32(head + TINYFACE_IMAGE_CONSTANTS);
    uint32_t size = tinyface_get_u32(head + TINYFACE_IMAGE_CONSTANTS_BYTES);
    uint32_t points = tinyface_get_u32(head + TINYFACE_IMAGE_POINTS), mean = tinyface_get_u32(head + TINYFACE_IMAGE_MEAN);
    int32_t scale = tinyface_get_i32(head + TINYFACE_IMAGE_SCALE), zero = tinyface_get_i32(head + TINYFACE_IMAGE_ZERO);
    const uint32_t own = tinyface_main->constants_bytes;

    return bytes >= TINYFACE_IMAGE_HEAD && bytes <= room && (own == 0 || size == own) &&
           constants % 16U == 0 && inside(constants, size, bytes) && points == tinyface_pipeline_main.points &&
           mean % 4U == 0 && inside(mean, 8U * points, bytes) && scale >= 0 && scale <= TINYFACE_MAX_SCALE_Q24 &&
           zero >= INT8_MIN && zero <= INT8_MAX && head[TINYFACE_IMAGE_LAYOUT] == tinyface_pipeline_main.input.layout &&
           inside(tinyface_get_u32(head + TINYFACE_IMAGE_NAME), 1, bytes);
}

int tinyface_model_name_fits(const uint8_t *name, uint32_t room)
{
    for (uint32_t i = 0; i < room && i < TINYFACE_IMAGE_NAME_MOST; i++) {
        if (name[i] == 0) {
            return 1;
        }
        if (name[i] < ' ' || name[i] == 0x7FU) {
            return 0; /* it would steer a terminal */
        }
    }
    return 0;
}

static int is_good(const uint8_t *image)
{
    uint32_t bytes = tinyface_get_u32(image + TINYFACE_IMAGE_BYTES), name = tinyface_get_u32(image + TINYFACE_IMAGE_NAME);

    return memcmp(image, magic, sizeof magic) == 0 &&
           memcmp(image + TINYFACE_IMAGE_PLAN_HASH, tinyface_main->plan_hash, TINYFACE_HASH_BYTES) == 0 &&
           tinyface_model_image_fits(image, half_bytes) &&
           tinyface_crc32(0, image + TINYFACE_IMAGE_FRONT, bytes - TINYFACE_IMAGE_FRONT) ==
               tinyface_get_u32(image + TINYFACE_IMAGE_CRC) &&
           tinyface_model_name_fits(image + name, bytes - name);
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

void tinyface_model_store_init(void)
{
    uint32_t size;
    const uint8_t *partition = tinyface_board_model_partition(&size);

    pipeline = tinyface_pipeline_main;
    if (partition == NULL || tinyface_main->use_constants == NULL) {
        return;
    }
    half_bytes = size / 2U / SECTOR * SECTOR; /* 0 or longer than a head */
    for (uint32_t half = 0; half < 2 && half_bytes > 0; half++) {
        const uint8_t *image = partition + half * half_bytes;
        uint32_t number = tinyface_get_u32(image + TINYFACE_IMAGE_NUMBER);
        if (is_good(image) && (used == NULL || newer(number, used_number))) {
            used = image;
            used_half = half;
            used_number = number;
        }
    }
    if (used != NULL && tinyface_main->constants_bytes == 0 && crashed()) {
        used = NULL; /* it may have crashed the interpreter that started it */
    }
    if (used != NULL) {
        pipeline.input.shift = tinyface_get_i16(used + TINYFACE_IMAGE_SHIFT);
        pipeline.scale_q24 = tinyface_get_i32(used + TINYFACE_IMAGE_SCALE);
        pipeline.zero_point = tinyface_get_i32(used + TINYFACE_IMAGE_ZERO);
        /* A multiple of 4 from the start of a mapped page: aligned for int32. */
        pipeline.mean_q24 = (const int32_t *)(const void *)(used + tinyface_get_u32(used + TINYFACE_IMAGE_MEAN));
        tinyface_main->use_constants(used + tinyface_get_u32(used + TINYFACE_IMAGE_CONSTANTS));
    }
}

int tinyface_model_store_drop(void)
{
    if (used == NULL || tinyface_main->constants_bytes != 0) {
        return 0;
    }
    used = NULL; /* its half stays the one in use: an update goes to the other, with a higher number */
    pipeline = tinyface_pipeline_main;
    tinyface_main->use_constants(NULL);
    return 1;
}

uint8_t tinyface_model_stored(void)
{
    return used != NULL;
}

const uint8_t *tinyface_model_hash(void)
{
    return used != NULL ? used + TINYFACE_IMAGE_MODEL_HASH : tinyface_main->model_hash;
}

const char *tinyface_model_name(void)
{
    return used != NULL ? (const char *)(used + tinyface_get_u32(used + TINYFACE_IMAGE_NAME)) : tinyface_main->name;
}

const tinyface_pipeline *tinyface_pipeline_now(void)
{
    return &pipeline;
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
