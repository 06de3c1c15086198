"""What a board needs on this machine: its cross compiler and its emulator."""

from __future__ import annotations

import pytest

from codegen.board import Board
from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.project.toolchains import PACKAGES, find_program, find_toolchain


def skip_without_tools(board: Board) -> None:
    """Skips, with what to install, where this machine has no cross compiler or emulator."""
    if board.kind == "serial":
        return
    try:
        find_toolchain(board.toolchain)
        for build in board.builds:
            if build.run:
                find_program(build.run[0], PACKAGES.get(build.run[0], build.run[0]))
    except ToolError as error:
        pytest.skip(str(error))


def skip_without_mac16() -> None:
    """The same where the compiler of qemu-xtensa is that of a core without MAC16."""
    board = load_board("qemu-xtensa")
    skip_without_tools(board)
    if find_toolchain(board.toolchain).variant != "de233_fpu":
        pytest.skip("the core of this toolchain has no MAC16: TINYFACE_XTENSA names the other one")
