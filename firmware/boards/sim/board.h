/* What the simulated board asks of the system it runs on: host_posix.c or host_windows.c answers. */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "tinyface/board.h"

/* Exit statuses that mean something to the simulator (host_tools/simulator/process.py). */
enum {
    SIM_EXIT_RESTART = 90,  /* start the program again */
    SIM_EXIT_POWER_CUT = 92 /* the power failed where TINYFACE_POWER_CUT says: switch it on again */
};

enum { SIM_TASKS = 4 }; /* as tinyface_task numbers them */

/* Runs the application on a painted stack and tells where that lies (sim_stack). 0 on success. */
int sim_host_run(void (*application)(void));

/* As the functions of board.h with these names. */
int sim_host_start_task(tinyface_task task, void (*run)(void));
void sim_host_sleep(tinyface_task task, uint32_t wait_ms);
void sim_host_signal(tinyface_task task);
void sim_host_lock(void);
void sim_host_unlock(void);

/* As tinyface_board_read and tinyface_board_write, on standard input and output. */
int sim_host_read(uint8_t *data, size_t size, uint32_t wait_ms);
int sim_host_write(const uint8_t *data, size_t size);

/* As tinyface_board_random. */
int sim_host_random(uint8_t *data, size_t size);

/* Monotonic microseconds from any start. */
uint64_t sim_host_micros(void);

/* Does nothing for so long; signals wait. */
void sim_host_pause(uint64_t micros);

void sim_host_exit(int status) __attribute__((noreturn));

/* The painted stack of a task: `top` is where its own part begins, `low` the deepest painted byte. */
void sim_stack(tinyface_task task, const uint8_t *low, const uint8_t *top);

/* A number that the simulator has put into the environment, 0 where it has not. */
uint32_t sim_number(const char *name);

#endif
