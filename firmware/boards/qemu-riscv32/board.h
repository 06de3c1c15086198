/* What the files of the emulated RISC-V board share. */
#ifndef RISCV32_BOARD_H
#define RISCV32_BOARD_H

#include <stdint.h>

enum {
    RISCV32_EXIT_RESTART = 90, /* asks the simulator to start the machine again (host_tools/simulator/process.py) */
    RISCV32_EXIT_FAULT = 91    /* a trap; no interrupt is ever taken */
};

/* C entry point, called by start.S. */
void riscv32_start(void) __attribute__((noreturn));

/* Called by start.S for a trap. */
void riscv32_fault(void) __attribute__((noreturn));

#endif
