/* The host at the other end of the wire: whether it takes bytes, and errors that go to it. */
#ifndef TINYFACE_HOST_H
#define TINYFACE_HOST_H

#include "reply.h"

/* Sends bytes; returns 0, or -1 when the host takes nothing. From then on nothing is tried until it speaks. */
int tinyface_host_write(const uint8_t *data, size_t size);

int tinyface_host_gone(void);

/* The host has spoken. Returns 1 when it had been gone. */
int tinyface_host_back(void);

/* An ERROR frame, or a line in text mode. */
void tinyface_refuse(tinyface_address to, uint8_t code, uint32_t detail, const char *text);


#endif
