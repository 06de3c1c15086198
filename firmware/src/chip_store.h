/* Storage of the simulated boards in their flash chip, laid out as the ESP32's partition table says.
 *
 * A board that defines TINYFACE_CHIP_STORE gives tinyface_chip_read and tinyface_chip_write; chip_store.c then
 * answers board.h's questions about settings, slots and the model partition. host_tools/simulator/partitions.py
 * holds the same numbers. */
#ifndef TINYFACE_CHIP_STORE_H
#define TINYFACE_CHIP_STORE_H

#include <stddef.h>
#include <stdint.h>

enum {
    TINYFACE_CHIP_SECTOR = 0x1000,
    TINYFACE_CHIP_NVS = 0x9000, /* two sectors of it are used, in turns */
    TINYFACE_CHIP_OTADATA = 0xE000, /* two sectors, in turns */
    TINYFACE_CHIP_SLOT_0 = 0x10000,
    TINYFACE_CHIP_SLOT_1 = 0x190000,
    TINYFACE_CHIP_SLOT_BYTES = 0x180000,
    TINYFACE_CHIP_MODEL = 0x310000,
    TINYFACE_CHIP_MODEL_BYTES = 0xF0000
};

/* Bytes of the chip, from its start. 0 on success. A write replaces what was there. */
int tinyface_chip_read(uint32_t at, void *data, size_t size);
int tinyface_chip_write(uint32_t at, const void *data, size_t size);

#endif
