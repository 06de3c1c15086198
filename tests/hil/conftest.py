"""Tests on a board: `pytest tests/hil --board NAME [--port PORT] [--model MODEL]`.

A simulated board is flashed first. A board at --port must already run --model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from codegen.board import Board
from host_tools.attach import open_board
from host_tools.boards import load_board
from host_tools.faces import portrait_views
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.pictures import write_frames
from host_tools.wire.session import Session
from tests.host_tools.toy_folder import write_landmark_toy

FACES = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("board")
    group.addoption("--board", default="sim", help="board under test (default: sim)")
    group.addoption("--port", default=None, help="where the board is; a simulated one is started without")
    group.addoption("--model", default=None, help="model it runs (default: a toy with ten points)")
    group.addoption("--count", type=int, default=24, help="requests that are compared")


@dataclass(frozen=True)
class UnderTest:
    """Board, model and port of this run."""

    board: Board
    ref: ModelRef
    port: str | None
    count: int


@pytest.fixture(scope="session")
def under_test(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> UnderTest:
    # In a run of all tests this conftest is loaded too late for its options: then the defaults hold.
    option = request.config.getoption
    port, model = option("--port", None), option("--model", None)
    board = load_board(option("--board", "sim"))
    if board.kind == "serial" and port is None:
        raise pytest.UsageError(f"{board.title} is a real board: give --port")
    if port is not None and model is None:
        raise pytest.UsageError("a board at --port runs a model: name it with --model")
    ref = resolve(model or str(write_landmark_toy(tmp_path_factory.mktemp("hil"))))
    return UnderTest(board, ref, port, option("--count", 24))


@pytest.fixture(scope="session")
def session(under_test: UnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A board that has said HELLO, the same for all tests of the run."""
    place = tmp_path_factory.mktemp("board")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(place / "state"))
        pictures: list[Path] = []
        if under_test.port is None:
            flash(under_test.ref, under_test.board, "aot")
            if under_test.board.camera:
                pictures = write_frames(portrait_views(FACES, under_test.ref.margin, seed=0), place)
        with open_board(under_test.board, under_test.port, pictures=pictures) as opened:
            yield opened
