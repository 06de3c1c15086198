/* The flash chip of the simulated board: the file TINYFACE_FLASH. With TINYFACE_POWER_CUT=N the power fails in
 * the middle of the N-th write. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "chip_store.h"

static FILE *chip;

static int seek(uint32_t at)
{
    const char *name = getenv("TINYFACE_FLASH");
    if (chip == NULL && name != NULL) {
        chip = fopen(name, "r+b");
    }
    return chip != NULL && fseek(chip, (long)at, SEEK_SET) == 0 ? 0 : -1;
}

int tinyface_chip_read(uint32_t at, void *data, size_t size)
{
    return seek(at) == 0 && fread(data, 1, size, chip) == size ? 0 : -1;
}

int tinyface_chip_write(uint32_t at, const void *data, size_t size)
{
    static uint32_t writes;
    int cut = ++writes == sim_number("TINYFACE_POWER_CUT");

    size = cut ? size / 2U : size;
    if (seek(at) != 0 || fwrite(data, 1, size, chip) != size || fflush(chip) != 0) {
        return -1;
    }
    if (cut) {
        sim_host_exit(SIM_EXIT_POWER_CUT);
    }
    return 0;
}
