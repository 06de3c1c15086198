/* A restart that was asked for. */
#ifndef TINYFACE_RESTART_H
#define TINYFACE_RESTART_H

/* Restarts the board; returns only where the board can't do so before the step has returned. */
void tinyface_restart(void);

/* 1 from then on. */
int tinyface_restarts(void);

#endif
