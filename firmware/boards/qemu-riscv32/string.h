/* Debian's gcc-riscv64-unknown-elf comes without a C library: what firmware/src/freestanding.c defines. */
#ifndef RISCV32_STRING_H
#define RISCV32_STRING_H

#include <stddef.h>

void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

#endif
