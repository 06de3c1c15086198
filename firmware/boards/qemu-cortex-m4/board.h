/* What the files of the emulated Cortex-M4 board share. */
#ifndef M4_BOARD_H
#define M4_BOARD_H

#include <stdint.h>

enum {
    M4_EXIT_RESTART = 90, /* asks the simulator to start the machine again (host_tools/simulator/process.py) */
    M4_EXIT_FAULT = 91    /* a CPU fault */
};

/* Arm semihosting: the operation's result. */
int32_t m4_semihosting(uint32_t operation, const uint32_t *block);

/* Ends QEMU with this exit status. */
void m4_exit(uint32_t status) __attribute__((noreturn));

#endif
