"""A film that `validate` sends a built-in program on a simulated board."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from host_tools.boards import load_board
from host_tools.proof.sequences import SCENE_FRAMES
from tests.emulated.needs import skip_without_tools

Cli = Callable[..., Result]
FRAMES = SCENE_FRAMES + 6
"""A scene with nobody, one face and three of which two cross, and the single pictures behind it."""
BOARDS = [
    "sim",
    *(
        pytest.param(name, marks=pytest.mark.thorough)
        for name in ("qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa")
    ),
]
"""The emulated ones take minutes."""


def told(done: Result) -> dict[str, Any]:
    """What a verb printed as JSON."""
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def prove_film(cli: Cli, program: str, board: str) -> None:
    """Flashes the program and compares each byte of FRAMES frames."""
    skip_without_tools(load_board(board))
    assert cli("flash", program, "--board", board).exit_code == 0
    verdict = told(cli("validate", program, "--board", board, "--count", FRAMES, "--seed", 3, "--json"))
    assert (verdict["requests"], verdict["requests_differing"], verdict["bytes_differing"]) == (FRAMES, 0, 0)
    assert verdict["items_compared"] > FRAMES
