/* Semihosting, as Arm numbers it: how programs in QEMU reach files of the host, on Arm and on RISC-V. */
#ifndef TINYFACE_SEMIHOSTING_H
#define TINYFACE_SEMIHOSTING_H

#include <stdint.h>

enum {
    SYS_OPEN = 0x01,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    SYS_EXIT_EXTENDED = 0x20
};

/* The operation's result. A board that defines TINYFACE_SEMIHOSTING gives it; semihosting.c then answers
 * chip_store.h. block: the operation's arguments. */
int32_t tinyface_semihosting(uint32_t operation, const uint32_t *block);

/* Ends QEMU with this exit status. */
void tinyface_semihosting_exit(uint32_t status) __attribute__((noreturn));

/* Handle of a file in the emulator's folder, or -1. mode: 1 reads ("rb"), 3 also writes ("r+b"). */
int32_t tinyface_semihosting_open(const char *name, uint32_t length, uint32_t mode);

#endif
