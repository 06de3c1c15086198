/* The host at the other end of the wire: whether it takes bytes. */
#ifndef TINYFACE_HOST_H
#define TINYFACE_HOST_H

#include <stddef.h>
#include <stdint.h>

/* Sends bytes; returns 0, or -1 when the host takes nothing. From then on nothing is tried until it speaks. */
int tinyface_host_write(const uint8_t *data, size_t size);

int tinyface_host_gone(void);

/* The host has spoken. Returns 1 when it had been gone. */
int tinyface_host_back(void);

#endif
