/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the emulated Xtensa board share. */
#ifndef XTENSA_BOARD_H
#define XTENSA_BOARD_H

#include <stdint.h>

enum {
    XTENSA_EXIT_RESTART = 90 /* asks the simulator to start the machine again (host_tools/simulator/process.py) */
};

/* C entry point, called by start.S. */
void xtensa_start(void) __attribute__((noreturn));

/* Called by vectors.S for an exception nobody handles: exit status 64 + cause. */
void xtensa_fatal(uint32_t cause, uint32_t pc, uint32_t address) __attribute__((noreturn));

#endif
