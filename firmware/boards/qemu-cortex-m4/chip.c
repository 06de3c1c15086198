/* The flash chip of this emulated board: the file flash.bin, through semihosting. */
#include "board.h"
#include "chip_store.h"

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    MODE_UPDATE = 3 /* "r+b" */
};

/* The file's handle with its position at `at`; -1 where the simulator gives none. */
static int32_t seek(uint32_t at)
{
    static const char name[] = "flash.bin";
    static int32_t chip = -1;
    uint32_t block[3] = {(uint32_t)(uintptr_t)name, MODE_UPDATE, sizeof name - 1};

    if (chip < 0) {
        chip = m4_semihosting(SYS_OPEN, block);
    }
    block[0] = (uint32_t)chip;
    block[1] = at;
    return chip >= 0 && m4_semihosting(SYS_SEEK, block) == 0 ? chip : -1;
}

int tinyface_chip_read(uint32_t at, void *data, size_t size)
{
    int32_t chip = seek(at);
    const uint32_t block[3] = {(uint32_t)chip, (uint32_t)(uintptr_t)data, (uint32_t)size};
    return chip >= 0 && m4_semihosting(SYS_READ, block) == 0 ? 0 : -1; /* 0 bytes were left */
}

int tinyface_chip_write(uint32_t at, const void *data, size_t size)
{
    int32_t chip = seek(at);
    const uint32_t block[3] = {(uint32_t)chip, (uint32_t)(uintptr_t)data, (uint32_t)size};
    return chip >= 0 && m4_semihosting(SYS_WRITE, block) == 0 ? 0 : -1;
}
