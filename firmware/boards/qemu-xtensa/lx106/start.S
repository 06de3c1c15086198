/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up for the core lx106 (CALL0 ABI) on QEMU's `sim` machine: vectors, bss, then main. */
/* QEMU's sim machine starts at the core's reset vector, not the ELF entry. */
        .section .reset, "ax"
        j       1f
        .align  4
0:      .word   _start
1:      l32r    a0, 0b
        jx      a0

        .section .vectors, "ax"
        .align  256
        .global _vecbase
_vecbase:                               /* any vector: exit code 64 + cause */
        .irp    ofs, 0x10, 0x20, 0x30, 0x50, 0x70
        .org    \ofs
        rsr     a3, exccause
        addi    a3, a3, 64
        movi    a2, 1
        simcall
        .endr
        .org    0x80

        .section .text.start, "ax"
        .literal_position
        .global _start
_start: movi    a0, 0
        wsr     a0, intenable
        movi    a2, _vecbase
        wsr     a2, vecbase
        movi    a2, 0x20
        wsr     a2, ps
        rsync
        movi    a1, _stack_top
        movi    a2, _bss_start
        movi    a3, _bss_end
1:      bgeu    a2, a3, 2f
        s32i    a0, a2, 0
        addi    a2, a2, 4
        j       1b
2:      call0   xtensa_start            /* does not return */
3:      j       3b
