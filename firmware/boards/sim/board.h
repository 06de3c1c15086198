/* What the files of the simulated board share. */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <stdint.h>

/* Exit status that asks the simulator to start the program again (host_tools/simulator/process.py). */
enum { SIM_EXIT_RESTART = 90 };

/* The painted stack the application runs on. */
void sim_stack(const uint8_t *low, const uint8_t *top);

#endif
