/* The flash chip of an emulated board: the file flash.bin, through semihosting. */
#include "semihosting.h"

#ifdef TINYFACE_SEMIHOSTING

#include "chip_store.h"

void tinyface_semihosting_exit(uint32_t status)
{
    const uint32_t block[2] = {0x20026, status}; /* ADP_Stopped_ApplicationExit */
    for (;;) {
        (void)tinyface_semihosting(SYS_EXIT_EXTENDED, block);
    }
}

int32_t tinyface_semihosting_open(const char *name, uint32_t length, uint32_t mode)
{
    const uint32_t block[3] = {(uint32_t)(uintptr_t)name, mode, length};
    return tinyface_semihosting(SYS_OPEN, block);
}

/* The file's handle with its position at `at`; -1 where the simulator gives none. */
static int32_t seek(uint32_t at)
{
    static const char name[] = "flash.bin";
    static int32_t chip = -1;

    if (chip < 0) {
        chip = tinyface_semihosting_open(name, sizeof name - 1, 3);
    }
    const uint32_t block[2] = {(uint32_t)chip, at};
    return chip >= 0 && tinyface_semihosting(SYS_SEEK, block) == 0 ? chip : -1;
}

int tinyface_chip_read(uint32_t at, void *data, size_t size)
{
    const int32_t chip = seek(at);
    const uint32_t block[3] = {(uint32_t)chip, (uint32_t)(uintptr_t)data, (uint32_t)size};
    return chip >= 0 && tinyface_semihosting(SYS_READ, block) == 0 ? 0 : -1; /* 0 bytes were left */
}

int tinyface_chip_write(uint32_t at, const void *data, size_t size)
{
    const int32_t chip = seek(at);
    const uint32_t block[3] = {(uint32_t)chip, (uint32_t)(uintptr_t)data, (uint32_t)size};
    return chip >= 0 && tinyface_semihosting(SYS_WRITE, block) == 0 ? 0 : -1;
}

#else
typedef int tinyface_no_semihosting; /* ISO C wants a declaration in every file */
#endif
