/* SPDX-License-Identifier: Apache-2.0 */
/* Level 3 timer interrupt of a test: saves all that MAC16 and loops hold, uses MAC16 itself, and puts it back. */
        .section .text.preempt, "ax"
        .literal_position
        .global preempt
        .align  4
preempt:
        wsr     a2, excsave3
        movi    a2, saved
        s32i    a3, a2, 0
        s32i    a4, a2, 4
        rsr     a3, acclo
        s32i    a3, a2, 8
        rsr     a3, acchi
        s32i    a3, a2, 12
        rsr     a3, m0
        s32i    a3, a2, 16
        rsr     a3, m1
        s32i    a3, a2, 20
        rsr     a3, m2
        s32i    a3, a2, 24
        rsr     a3, m3
        s32i    a3, a2, 28
        rsr     a3, lbeg
        s32i    a3, a2, 32
        rsr     a3, lend
        s32i    a3, a2, 36
        rsr     a3, lcount
        s32i    a3, a2, 40
        rsr     a3, sar
        s32i    a3, a2, 44

        movi    a3, 0x12345678          /* other sums, other factors */
        wsr     a3, acclo
        wsr     a3, acchi
        addi    a4, a2, 44
        ldinc   m0, a4
        ldinc   m1, a4
        ldinc   m2, a4
        mula.dd.ll.ldinc m3, a4, m0, m2
        mula.dd.hh.ldinc m2, a4, m1, m3
        ssai    7

        l32i    a3, a2, 64              /* one more */
        addi    a3, a3, 1
        s32i    a3, a2, 64
        slli    a4, a3, 5
        add     a3, a3, a4
        extui   a3, a3, 0, 7            /* the next one 120 to 247 ticks on, each time another */
        addi    a3, a3, 120
        rsr     a4, ccount
        add     a3, a3, a4
        wsr     a3, ccompare1

        l32i    a3, a2, 8
        wsr     a3, acclo
        l32i    a3, a2, 12
        wsr     a3, acchi
        l32i    a3, a2, 16
        wsr     a3, m0
        l32i    a3, a2, 20
        wsr     a3, m1
        l32i    a3, a2, 24
        wsr     a3, m2
        l32i    a3, a2, 28
        wsr     a3, m3
        l32i    a3, a2, 32
        wsr     a3, lbeg
        l32i    a3, a2, 36
        wsr     a3, lend
        l32i    a3, a2, 40
        wsr     a3, lcount
        l32i    a3, a2, 44
        wsr     a3, sar
        l32i    a3, a2, 0
        l32i    a4, a2, 4
        rsr     a2, excsave3
        rfi     3

        .section .data
        .align  16
        .global preempt_saved
preempt_saved:
saved:  .space  48
        .word   0x00030005, 0x00070009, 0x000b000d, 0x0011000f
        .word   0, 0, 0, 0
