/* Start-up for QEMU's `virt` machine: registers, trap vector, bss, then C. QEMU jumps to 0x80000000. */
        .section .text.start, "ax"
        .global _start
_start:
        .option push
        .option norelax
        la      gp, __global_pointer$
        .option pop
        la      sp, _stack_top
        la      t0, trap
        csrw    mtvec, t0
        csrw    mie, zero
        la      t0, _bss_start
        la      t1, _bss_end
1:      bgeu    t0, t1, 2f
        sw      zero, 0(t0)
        addi    t0, t0, 4
        j       1b
2:      li      ra, 0                   /* end of the call chain */
        j       riscv32_start           /* does not return */

        .balign 4
trap:   la      sp, _stack_top
        j       riscv32_fault

/* int32_t tinyface_semihosting(uint32_t operation, const uint32_t *block): three instructions that QEMU knows,
 * uncompressed and in one page. */
        .section .text.semihosting, "ax"
        .global tinyface_semihosting
        .balign 16
        .option push
        .option norvc
tinyface_semihosting:
        slli    zero, zero, 0x1f
        ebreak
        srai    zero, zero, 7
        ret
        .option pop
