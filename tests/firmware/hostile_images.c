/* Starts the model store with partitions from standard input, each a u32 size and that many bytes in memory of just
 * that size, and does with what it takes what the application does. One line for each: the half's number of the
 * image in use (0: built in), its name's length, and a checksum of the points. Compiled with sanitizers. */
#include <stdio.h>
#include <stdlib.h>

#include "model_store.c" /* its state is started anew each time */

enum { POINTS = 2 };

static uint8_t *partition;
static uint32_t partition_bytes;
static const void *taken;

static void use_constants(const void *base)
{
    taken = base;
}

extern const tinyface_stage_decoder tinyface_decode_points;
static const int32_t own[3 + 2 * POINTS] = {POINTS, 65536, -3};
static const int8_t *result; /* what the network is said to give */

static const void *output(void *arena, uint16_t index)
{
    (void)arena;
    (void)index;
    return result;
}

static const tinyface_tensor outputs[1] = {{.dtype = TINYFACE_INT8, .bytes = 2 * POINTS}};
static const tinyface_model model = {.plan_hash = {1, 2, 3}, .use_constants = use_constants, .constants_bytes = 16,
                                     .outputs = outputs, .n_outputs = 1, .output = output};
const tinyface_model *const tinyface_main = &model;
static const tinyface_stage stages[1] = {{.name = "model", .model = &model, .input = {1, 8, 8, -128},
                                          .decoder = &tinyface_decode_points, .parameters = own,
                                          .n_parameters = 3 + 2 * POINTS, .most = 1, .width = 2 * POINTS, .every = 1}};
const tinyface_program tinyface_program_main = {"toy", 1, stages, 0};

const uint8_t *tinyface_board_model_partition(uint32_t *size)
{
    *size = partition_bytes;
    return partition;
}

uint8_t tinyface_board_reset_reason(void)
{
    return TINYFACE_WIRE_RESET_REASON_POWER_ON;
}

/* The extremes of outputs and crops, and every constant of the image. */
static uint32_t decode_everything(void)
{
    static const tinyface_region crops[] = {
        {0, 0, 1, 1, 0}, {-32768, -32768, 4095, 4095, 0}, {32767, 32767, 4095, 4095, 8191}};
    static const int8_t ends[][2 * POINTS] = {{-128, -128, -128, -128}, {127, 127, 127, 127}, {-128, 127, 0, -1}};
    uint32_t sum = tinyface_crc32(0, taken, 16);
    for (unsigned i = 0; i < 9; i++) {
        int32_t xy[2 * POINTS];
        tinyface_record record = {TINYFACE_RECORD_POINTS, 0, 1, 2 * POINTS, xy, 0, 0};
        result = ends[i % 3];
        tinyface_decode_points.decode(stages, tinyface_stage_parameters(0), NULL, crops[i / 3], &record);
        sum = tinyface_crc32(sum, xy, sizeof xy);
    }
    sum += (uint32_t)tinyface_stage_input(0).shift;
    return sum;
}

int main(void)
{
    uint8_t size[4];
    while (fread(size, 1, sizeof size, stdin) == sizeof size) {
        partition_bytes = tinyface_get_u32(size);
        partition = NULL; /* memory starts at a page, as a mapped partition does */
        if (partition_bytes > 0) {
            partition = aligned_alloc(4096, partition_bytes);
            if (partition == NULL || fread(partition, 1, partition_bytes, stdin) != partition_bytes) {
                return 1;
            }
        }
        used = 0;
        used_half = NONE;
        used_number = half_bytes = 0;
        taken = own;
        tinyface_model_store_init();
        printf("%u %u %u\n", used ? tinyface_model_next_number() - 1U : 0U,
               used ? (unsigned)strlen(tinyface_model_name()) : 0U, decode_everything());
        free(partition);
    }
    return 0;
}
