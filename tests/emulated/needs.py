"""What a board needs on this machine: its cross compiler and its emulator."""

from __future__ import annotations

import pytest

from codegen.board import Board
from codegen.errors import ToolError
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
