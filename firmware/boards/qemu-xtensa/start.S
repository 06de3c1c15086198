/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up for the core de233_fpu on QEMU's `sim` machine: windows, FPU, bss, then main. */

/* QEMU's sim machine starts at the core's reset vector, not the ELF entry. */
        .section .reset, "ax"
        j       1f
        .align  4
0:      .word   _start
1:      l32r    a0, 0b
        jx      a0

        .section .text.start, "ax"
        .literal_position
        .global _start
        .align  4
_start:
        movi    a0, 0
        wsr     a0, intenable
        wsr     a0, lcount
        movi    a2, 1
        wsr     a0, windowbase
        rsync
        movi    a2, 1
        wsr     a2, windowstart
        rsync
        movi    a2, _vecbase
        wsr     a2, vecbase
#ifndef __XTENSA_SOFT_FLOAT__
        movi    a2, 1                   /* coprocessor 0 is the FPU */
        wsr     a2, cpenable
#endif
        movi    a2, 0x40020             /* WOE | UM, EXCM = 0 (loops work) */
        wsr     a2, ps
        rsync
        movi    a1, _stack_top
        movi    a0, 0                   /* end of the call chain */

        movi    a2, _bss_start
        movi    a3, _bss_end
        sub     a3, a3, a2
        srli    a3, a3, 2
        movi    a4, 0
        loopnez a3, 1f
        s32i    a4, a2, 0
        addi    a2, a2, 4
1:
        call4   xtensa_start            /* does not return */
2:      j       2b
