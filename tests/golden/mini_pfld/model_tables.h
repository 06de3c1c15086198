/* Where the constants of mini_pfld are: in the program, or in a board's model partition. Written by tinyface.
 *
 * Included by model.c where TINYFACE_MODEL_STORE is defined. Another model with the same plan has the same tables
 * with other values; in the partition they lie one after the other, each at a multiple of 16 bytes. */
#ifndef TINYFACE_MINI_PFLD_TABLES_H_INCLUDED
#define TINYFACE_MINI_PFLD_TABLES_H_INCLUDED

#include "model_data.h"

enum { TABLES = 20, TABLE_ALIGNMENT = 16, CONSTANTS_BYTES = 4848 };

static const uint32_t table_bytes[TABLES] = {
    sizeof mini_pfld_00_weights,
    sizeof mini_pfld_00_rows,
    sizeof mini_pfld_01_weights,
    sizeof mini_pfld_01_rows,
    sizeof mini_pfld_02_weights,
    sizeof mini_pfld_02_rows,
    sizeof mini_pfld_03_weights,
    sizeof mini_pfld_03_rows,
    sizeof mini_pfld_05_weights,
    sizeof mini_pfld_05_rows,
    sizeof mini_pfld_06_weights,
    sizeof mini_pfld_06_rows,
    sizeof mini_pfld_07_weights,
    sizeof mini_pfld_07_rows,
    sizeof mini_pfld_08_weights,
    sizeof mini_pfld_08_rows,
    sizeof mini_pfld_09_weights,
    sizeof mini_pfld_09_rows,
    sizeof mini_pfld_16_weights,
    sizeof mini_pfld_16_rows,
};

static const void *table_at[TABLES] = {
    mini_pfld_00_weights,
    mini_pfld_00_rows,
    mini_pfld_01_weights,
    mini_pfld_01_rows,
    mini_pfld_02_weights,
    mini_pfld_02_rows,
    mini_pfld_03_weights,
    mini_pfld_03_rows,
    mini_pfld_05_weights,
    mini_pfld_05_rows,
    mini_pfld_06_weights,
    mini_pfld_06_rows,
    mini_pfld_07_weights,
    mini_pfld_07_rows,
    mini_pfld_08_weights,
    mini_pfld_08_rows,
    mini_pfld_09_weights,
    mini_pfld_09_rows,
    mini_pfld_16_weights,
    mini_pfld_16_rows,
};

static void use_constants(const void *base)
{
    const uint8_t *from = (const uint8_t *)base;
    for (uint32_t i = 0; i < TABLES; i++) {
        table_at[i] = from;
        from += (table_bytes[i] + TABLE_ALIGNMENT - 1) / TABLE_ALIGNMENT * TABLE_ALIGNMENT;
    }
}

#define mini_pfld_00_weights ((const uint8_t *)table_at[0])
#define mini_pfld_00_rows ((const int32_t *)table_at[1])
#define mini_pfld_01_weights ((const uint8_t *)table_at[2])
#define mini_pfld_01_rows ((const int32_t *)table_at[3])
#define mini_pfld_02_weights ((const int8_t *)table_at[4])
#define mini_pfld_02_rows ((const int32_t *)table_at[5])
#define mini_pfld_03_weights ((const uint8_t *)table_at[6])
#define mini_pfld_03_rows ((const int32_t *)table_at[7])
#define mini_pfld_05_weights ((const uint8_t *)table_at[8])
#define mini_pfld_05_rows ((const int32_t *)table_at[9])
#define mini_pfld_06_weights ((const int8_t *)table_at[10])
#define mini_pfld_06_rows ((const int32_t *)table_at[11])
#define mini_pfld_07_weights ((const uint8_t *)table_at[12])
#define mini_pfld_07_rows ((const int32_t *)table_at[13])
#define mini_pfld_08_weights ((const uint8_t *)table_at[14])
#define mini_pfld_08_rows ((const int32_t *)table_at[15])
#define mini_pfld_09_weights ((const uint8_t *)table_at[16])
#define mini_pfld_09_rows ((const int32_t *)table_at[17])
#define mini_pfld_16_weights ((const uint8_t *)table_at[18])
#define mini_pfld_16_rows ((const int32_t *)table_at[19])

#endif
