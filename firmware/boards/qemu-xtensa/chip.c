/* SPDX-License-Identifier: Apache-2.0 */
/* The flash chip of this emulated board: the file flash.bin, through semihosting. */
#include "board.h"
#include "chip_store.h"
#include "simcall.h"

enum { OPEN_UPDATE = 2 /* O_RDWR */ };

/* The file's handle with its position at `at`; -1 where the simulator gives none. */
static int32_t seek(uint32_t at)
{
    static const char name[] = "flash.bin";
    static int32_t chip = -1;

    if (chip < 0) {
        chip = simcall(SIMCALL_OPEN, (int32_t)(intptr_t)name, OPEN_UPDATE, 0);
    }
    return chip >= 0 && simcall(SIMCALL_SEEK, chip, at, 0) == (int32_t)at ? chip : -1;
}

int tinyface_chip_read(uint32_t at, void *data, size_t size)
{
    int32_t chip = seek(at);
    return chip >= 0 && simcall(SIMCALL_READ, chip, (uintptr_t)data, size) == (int32_t)size ? 0 : -1;
}

int tinyface_chip_write(uint32_t at, const void *data, size_t size)
{
    int32_t chip = seek(at);
    return chip >= 0 && simcall(SIMCALL_WRITE, chip, (uintptr_t)data, size) == (int32_t)size ? 0 : -1;
}
