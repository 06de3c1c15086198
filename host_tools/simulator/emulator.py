"""The command line of an emulator, with what its version calls one thing or another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from host_tools.project.toolchains import PACKAGES, find_program, version_of

IMAGE = "{image}"
SINGLE_STEPS = "{single-steps}"
"""One instruction a block of translated code. QEMU may read a stale register m0 to m3 of Xtensa's MAC16 where
a block reads, loads and reads it again."""
RENAMED = (8, 1)
"""The version of QEMU from which on single steps are a property of the accelerator."""


def emulator_command(run: Sequence[str], image: Path) -> list[str]:
    """What starts an emulator.

    Args:
        run: of a board's build: IMAGE stands for the image, SINGLE_STEPS for the option of that name.
    Raises:
        ToolError: it is not installed, or does not start.
    """
    program = find_program(run[0], PACKAGES.get(run[0], run[0]))
    command = [program]
    for part in run[1:]:
        command += single_steps(program) if part == SINGLE_STEPS else [part.replace(IMAGE, str(image))]
    return command


@cache
def single_steps(program: str) -> tuple[str, ...]:
    """The option of that name.

    Args:
        program: QEMU.
    Raises:
        ToolError: it does not start.
    """
    return option_of(version_of(program))


def option_of(version: str) -> tuple[str, ...]:
    """The option of a version of QEMU.

    Args:
        version: "QEMU emulator version 7.2.22 (...)"; one that is not understood is taken to be new.
    """
    found = re.search(r"version (\d+)\.(\d+)", version)
    old = found is not None and (int(found[1]), int(found[2])) < RENAMED
    return ("-singlestep",) if old else ("-accel", "tcg,one-insn-per-tb=on")
