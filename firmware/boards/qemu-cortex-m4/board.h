/* What the files of the emulated Cortex-M4 board share. */
#ifndef M4_BOARD_H
#define M4_BOARD_H

#include <stdint.h>

enum {
    M4_EXIT_RESTART = 90, /* asks the simulator to start the machine again (host_tools/simulator/process.py) */
    M4_EXIT_FAULT = 91    /* a CPU fault */
};

#endif
