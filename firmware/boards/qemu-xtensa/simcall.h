/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's semihosting for Xtensa: the instruction SIMCALL with a number in a2 and arguments in a3 to a5. */
#ifndef XTENSA_SIMCALL_H
#define XTENSA_SIMCALL_H

#include <stdint.h>

enum {
    SIMCALL_EXIT = 1,
    SIMCALL_READ = 3,
    SIMCALL_WRITE = 4,
    SIMCALL_OPEN = 5,
    SIMCALL_SEEK = 19,
    SIMCALL_SELECT_ONE = 29
};
enum { SIMCALL_SELECT_READ = 1 };

/* The newer assembler wants an operand, the one for lx106 knows none. */
#ifdef __XTENSA_CALL0_ABI__
#define SIMCALL "simcall"
#else
#define SIMCALL "simcall 0"
#endif

/* How long SIMCALL_SELECT_ONE waits. */
typedef struct {
    uint32_t seconds, microseconds;
} simcall_time;

/* The result; negative for an error of the host. */
static inline int32_t simcall(int32_t number, int32_t a, uintptr_t b, uintptr_t c)
{
    register int32_t r2 __asm__("a2") = number;
    register int32_t r3 __asm__("a3") = a;
    register uintptr_t r4 __asm__("a4") = b;
    register uintptr_t r5 __asm__("a5") = c;
    __asm__ volatile(SIMCALL : "+r"(r2), "+r"(r3) : "r"(r4), "r"(r5) : "memory");
    return r2;
}

#endif
