/* SPDX-License-Identifier: Apache-2.0 */
/* Exception vectors for a windowed-ABI XEA2 Xtensa core (VECBASE layout:
 * OF4 0x000, UF4 0x040, OF8 0x080, UF8 0x0c0, OF12 0x100, UF12 0x140,
 * kernel 0x300, user 0x340, double 0x3c0).  Written from the public ISA. */

        .section .vectors, "ax"
        .align  64
        .global _vecbase
_vecbase:

/* A window overflow handler runs in the frame to be saved.  Its a0..a3 go to
 * the 16-byte save area below the callee's stack pointer; the rest goes below
 * the stack pointer of the frame's own caller. */

        .org    0x000
_of4:   s32e    a0, a5, -16
        s32e    a1, a5, -12
        s32e    a2, a5, -8
        s32e    a3, a5, -4
        rfwo

        .org    0x040
_uf4:   l32e    a0, a5, -16
        l32e    a1, a5, -12
        l32e    a2, a5, -8
        l32e    a3, a5, -4
        rfwu

        .org    0x080
_of8:   s32e    a0, a9, -16
        l32e    a0, a1, -12
        s32e    a1, a9, -12
        s32e    a2, a9, -8
        s32e    a3, a9, -4
        .irp    r, 4, 5, 6, 7
        s32e    a\r, a0, -48 + 4 * \r
        .endr
        rfwo

        .org    0x0c0
_uf8:   l32e    a0, a9, -16
        l32e    a1, a9, -12
        l32e    a2, a9, -8
        l32e    a7, a1, -12
        l32e    a3, a9, -4
        .irp    r, 4, 5, 6, 7
        l32e    a\r, a7, -48 + 4 * \r
        .endr
        rfwu

        .org    0x100
_of12:  s32e    a0, a13, -16
        l32e    a0, a1, -12
        s32e    a1, a13, -12
        s32e    a2, a13, -8
        s32e    a3, a13, -4
        .irp    r, 4, 5, 6, 7, 8, 9, 10, 11
        s32e    a\r, a0, -64 + 4 * \r
        .endr
        rfwo

        .org    0x140
_uf12:  l32e    a0, a13, -16
        l32e    a1, a13, -12
        l32e    a2, a13, -8
        l32e    a11, a1, -12
        l32e    a3, a13, -4
        .irp    r, 4, 5, 6, 7, 8, 9, 10, 11
        l32e    a\r, a11, -64 + 4 * \r
        .endr
        rfwu

/* Level 2..7 interrupts: nothing enables them, so they are fatal. */
        .irp    ofs, 0x180, 0x1c0, 0x200, 0x240, 0x280, 0x2c0
        .org    \ofs
        j       _fatal
        .endr

        .org    0x300
        wsr     a0, excsave1
        j       _exception

        .org    0x340
        wsr     a0, excsave1
        j       _exception

        .org    0x3c0
        wsr     a0, excsave1
        j       _fatal

        .section .text.start, "ax"
        .literal_position
/* MOVSP with the caller's frame spilled (EXCCAUSE 5): enter the matching
 * underflow handler as if RETW had faulted; RFWU then re-executes MOVSP.
 * The three windows below the current one are known to be free. */
_exception:
        rsr     a0, exccause
        bnei    a0, 5, _fatal
        rsr     a0, windowbase
        rotw    -1                      /* a0 is now a4 */
        rsr     a2, ps
        extui   a3, a2, 8, 4            /* PS.OWB := WINDOWBASE */
        xor     a3, a3, a4
        slli    a3, a3, 8
        xor     a2, a2, a3
        wsr     a2, ps
        rsr     a4, excsave1
        rsync
        bbci    a4, 31, 1f              /* return address bits: call size */
        rotw    -1
        bbci    a8, 30, 2f
        rotw    -1
        j       _uf12
1:      j       _uf4
2:      j       _uf8

/* Anything else: drop all frames, report, exit. */
_fatal: rsr     a2, windowbase
        ssl     a2
        movi    a2, 1
        sll     a2, a2
        wsr     a2, windowstart
        movi    a2, 0x4002f             /* WOE | UM | INTLEVEL 15 */
        wsr     a2, ps
        rsync
        movi    a1, _fatal_stack_top
        movi    a0, 0
        rsr     a6, exccause
        rsr     a7, epc1
        rsr     a8, excvaddr
        call4   xtensa_fatal

        .section .bss
        .align  16
        .space  1024
_fatal_stack_top:
        .space  64
