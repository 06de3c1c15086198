"""Kernel calls in a program of their own on the emulated Xtensa core: no firmware, results compared in place.

QEMU may use stale registers m0 to m3 where it translates several instructions together: single steps.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from host_tools.boards import load_board
from host_tools.project.toolchains import Toolchain, find_toolchain
from host_tools.simulator.emulator import single_steps
from tests.codegen.ops.c_kernels import KERNELS, Case, source_of, values_of

BOARD = "qemu-xtensa"
QEMU = "qemu-system-xtensa"
WARNINGS = ["-std=gnu99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
GUARD = 32
"""Bytes around outputs and scratch that must stay as they are."""

_MAIN = """
#include <string.h>
#include "simcall.h"
void xtensa_fatal(uint32_t cause, uint32_t pc, uint32_t address) __attribute__((noreturn));
void xtensa_start(void) __attribute__((noreturn));
void xtensa_fatal(uint32_t cause, uint32_t pc, uint32_t address)
{
    (void)pc;
    (void)address;
    for (;;) {
        (void)simcall(SIMCALL_EXIT, (int32_t)(64U + cause), 0, 0);
    }
}
static void say(uint32_t number)
{
    char text[12];
    int at = 12;
    text[--at] = '\\n';
    do {
        text[--at] = (char)('0' + number % 10U);
        number /= 10U;
    } while (number != 0U);
    (void)simcall(SIMCALL_WRITE, 1, (uintptr_t)(text + at), (uintptr_t)(12 - at));
}
/* Bytes of a buffer that differ, and of its guards that changed. */
static uint32_t wrong(const uint8_t *buffer, const uint8_t *wanted, uint32_t bytes)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < GUARD; i++) {
        count += buffer[i] != 0xa5U;
        count += buffer[GUARD + bytes + i] != 0xa5U;
    }
    for (uint32_t i = 0; wanted != NULL && i < bytes; i++) {
        count += buffer[GUARD + i] != wanted[i];
    }
    return count;
}
static uint8_t memory[MEMORY] __attribute__((aligned(16)));
static uint32_t used;
/* A guarded place `odd` bytes off a multiple of 16. */
static uint8_t *place(uint32_t bytes, uint32_t odd)
{
    uint8_t *const at = memory + used + odd;
    used += (bytes + 2U * GUARD + odd + 15U) & ~15U;
    memset(at, 0xa5, bytes + 2U * GUARD);
    return at;
}
"""

_CASE = """
    {{
        used = 0;
{places}
        uint8_t *const scratch = place({scratch}, {odd_scratch});
        uint8_t *const output = {output};
        const void *inputs[] = {{{inputs}}};
        void *outputs[] = {{output + GUARD}};
        __asm__ volatile(".begin no-transform\\n or a13, a13, a13\\n .end no-transform" ::: "memory");
        case_{n}(inputs, scratch + GUARD, outputs);
        __asm__ volatile(".begin no-transform\\n or a14, a14, a14\\n .end no-transform" ::: "memory");
        say({counts}wrong(output, wanted_{n}, {bytes}) + wrong(scratch, NULL, {scratch}));
    }}"""


def xtensa() -> Toolchain:
    """The toolchain of the core with MAC16.

    Raises:
        ToolError: there is none.
    """
    return find_toolchain("xtensa-lx")


def runs_of(cases: Sequence[Case]) -> int:
    """How many numbers a program of these cases says: one a case, and one for each input whose place its
    output may take."""
    return len(cases) + sum(len(case.in_place) for case in cases)


def source(cases: Sequence[Case]) -> str:
    """One C file: the calls, their inputs, what must come out, and a main that says how many bytes differ."""
    data, calls, most = [], [], 0
    for n, case in enumerate(cases):
        (y,) = case.expected
        for k, x in enumerate(case.inputs):
            data.append(f"static const uint8_t input_{n}_{k}[] = {values_of(x.reshape(-1).view('u1'))};")
        data.append(f"static const uint8_t wanted_{n}[] = {values_of(y.reshape(-1).view('u1'))};")
        given = sum(x.nbytes + 2 * GUARD + 32 for x in case.inputs)
        most = max(most, given + y.nbytes + case.scratch_bytes + 2 * (2 * GUARD + 32))
        calls += [_run(n, case, over) for over in (None, *case.in_place)]
    defines = f"#include <stddef.h>\n#define GUARD {GUARD}U\n#define MEMORY {most + 64}"
    main = ["void xtensa_start(void)", "{", *calls]
    main += ["    for (;;) {", "        (void)simcall(SIMCALL_EXIT, 0, 0, 0);", "    }", "}", ""]
    return "\n".join([source_of(cases), defines, _MAIN, *data, *main])


def _run(n: int, case: Case, over: int | None) -> str:
    """A call with its output in a place of its own, or in that of an input; the inputs start at addresses
    that differ from each other's and from case to case."""
    (y,), places, counts = case.expected, [], ""
    for k, x in enumerate(case.inputs):
        places.append(f"        uint8_t *const input_{k} = place({x.nbytes}, {(n + 2 * k) % 3});")
        places.append(f"        memcpy(input_{k} + GUARD, input_{n}_{k}, {x.nbytes});")
        counts += "" if k == over else f"wrong(input_{k}, input_{n}_{k}, {x.nbytes}) + "
    return _CASE.format(
        n=n,
        places="\n".join(places),
        inputs=", ".join(f"input_{k} + GUARD" for k in range(len(case.inputs))),
        output=f"place({y.nbytes}, {n % 5})" if over is None else f"input_{over}",
        counts=counts,
        bytes=y.nbytes,
        scratch=case.scratch_bytes,
        odd_scratch=n % 4,
    )


def build(text: str, folder: Path, *more: str, vectors: Path | None = None) -> Path:
    """A program for the emulated core; asserts that there is no diagnostic.

    Args:
        more: files and flags besides.
        vectors: in place of the board's exception vectors.
    """
    board = load_board(BOARD)
    path, elf = folder / "program.c", folder / "program.elf"
    path.write_text(text, encoding="utf-8")
    command = [
        xtensa().cc, "-O2", *WARNINGS, "-ffreestanding", "-DTINYFACE_MAC16", "-mtext-section-literals", *more,
        f"-I{KERNELS}", f"-I{board.folder}", str(board.folder / "start.S"),
        str(vectors or board.folder / "vectors.S"), str(path),
        "-nostdlib", "-T", str(board.folder / "link.ld"), "-Wl,--gc-sections,--no-warn-rwx-segments",
        "-lc", "-lgcc", "-o", str(elf),
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr[:4000]
    return elf


def disassembly(elf: Path) -> str:
    """What objdump says of a program."""
    objdump = xtensa().cc.removesuffix("gcc") + "objdump"
    return subprocess.run([objdump, "-d", str(elf)], capture_output=True, text=True, check=True).stdout


def run(elf: Path, *options: str) -> list[int]:
    """The numbers that a program says.

    Args:
        options: of QEMU.
    """
    command = [
        QEMU, *single_steps(QEMU), "-M", "sim", "-cpu", "de233_fpu", "-semihosting",
        "-display", "none", "-monitor", "none", "-serial", "none", "-kernel", str(elf), *options,
    ]  # fmt: skip
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, stdin=subprocess.DEVNULL
    )
    assert result.returncode == 0, f"exit {result.returncode}: {result.stderr[:2000]}"
    return [int(line) for line in result.stdout.split()]
