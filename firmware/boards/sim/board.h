/* What the simulated board asks of the system it runs on: host_posix.c or host_windows.c answers. */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Exit status that asks the simulator to start the program again (host_tools/simulator/process.py). */
enum { SIM_EXIT_RESTART = 90 };

/* Runs the application on a painted stack and tells where that lies (sim_stack). 0 on success. */
int sim_host_run(void (*application)(void));

/* As tinyface_board_read and tinyface_board_write, on standard input and output. */
int sim_host_read(uint8_t *data, size_t size, uint32_t wait_ms);
int sim_host_write(const uint8_t *data, size_t size);

/* Monotonic microseconds from any start. */
uint64_t sim_host_micros(void);

void sim_host_exit(int status) __attribute__((noreturn));

/* The painted stack: `top` is where the application's part begins, `low` the deepest painted byte. */
void sim_stack(const uint8_t *low, const uint8_t *top);

#endif
