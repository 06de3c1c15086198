"""Tests on boards: `pytest tests/hil --board NAME [--port PORT] [--model MODEL]`, several pairs for a farm.

A simulated board is flashed first. A board at --port must already run --model. A table at the end sums up.
Beside pytest-embedded its options are used: several ports are `--port "A|B" --count 2` there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from codegen.board import Board
from codegen.errors import ToolError
from host_tools.attach import open_board
from host_tools.boards import load_board
from host_tools.faces import portrait_views
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.pictures import write_frames
from host_tools.toolchains import PACKAGES, find_program, find_toolchain
from host_tools.wire.session import Session
from tests.host_tools.toy_folder import write_landmark_toy

FACES = 4
COUNT = {"sim": 200, "serial": 200, "qemu": 24}
"""Requests that are compared, where --requests does not say."""
SOAK_S = {"sim": 20.0, "serial": 600.0, "qemu": 20.0}
"""Seconds of the soak, where --soak-s does not say; a run of all tests takes WHOLE_RUN_SOAK_S."""
WHOLE_RUN_SOAK_S = 2.0


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("board")
    group.addoption("--board", action="append", help="board under test (default: sim); may be repeated")
    with contextlib.suppress(ValueError):  # pytest-embedded brings this option
        group.addoption("--port", action="append", help="where the board is, one for each --board; or A|B")
    group.addoption("--model", default=None, help="model it runs (default: a toy with ten points)")
    group.addoption("--requests", type=int, default=None, help="requests that are compared")
    group.addoption("--soak-s", type=float, default=None, help="seconds of the soak")


@dataclass(frozen=True)
class Pair:
    """A board and where it is; `port` None: a simulated one is started."""

    board: str
    port: str | None

    def __str__(self) -> str:
        return self.board if self.port is None else f"{self.board}@{self.port}"


def pairs_of(config: pytest.Config) -> list[Pair]:
    """The --board/--port pairs of this run.

    In a run of all tests this conftest is loaded too late for its options: then there is one, `sim`.
    """
    boards = config.getoption("--board", None) or ["sim"]
    given = config.getoption("--port", None) or []
    ports = [port for text in ([given] if isinstance(given, str) else given) for port in text.split("|")]
    if ports and len(ports) != len(boards):
        raise pytest.UsageError(
            f"{len(boards)} --board and {len(ports)} --port: give one port for each board"
        )
    return [Pair(board, port) for board, port in zip(boards, ports or [None] * len(boards), strict=True)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "under_test" in metafunc.fixturenames:
        pairs = pairs_of(metafunc.config)
        metafunc.parametrize("under_test", pairs, indirect=True, ids=map(str, pairs), scope="session")


@dataclass
class Summary:
    """What was measured on one board; the table at the end shows it."""

    numbers: dict[str, int] = field(default_factory=dict)

    def count(self, **numbers: int) -> None:
        """Adds to the numbers of these names."""
        for name, number in numbers.items():
            self.numbers[name] = self.numbers.get(name, 0) + number


SUMMARIES: dict[str, Summary] = {}


@dataclass(frozen=True)
class UnderTest:
    """Board, model and port of this run.

    Attributes:
        count: requests that are compared.
        soak_s: how long the soak lasts.
        summary: what the tests measure.
    """

    board: Board
    ref: ModelRef
    port: str | None
    count: int
    soak_s: float
    summary: Summary


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


@pytest.fixture(scope="session")
def under_test(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> UnderTest:
    pair: Pair = request.param
    option = request.config.getoption
    board, model = load_board(pair.board), option("--model", None)
    if board.kind == "serial" and pair.port is None:
        raise pytest.UsageError(f"{board.title} is a real board: give --port")
    if pair.port is not None and model is None:
        raise pytest.UsageError("a board at --port runs a model: name it with --model")
    skip_without_tools(board)
    ref = resolve(model or str(write_landmark_toy(tmp_path_factory.mktemp("hil"))))
    kind = "serial" if pair.port is not None else board.kind
    soak_s = option("--soak-s", WHOLE_RUN_SOAK_S)  # the options are unknown in a run of all tests
    soak_s = SOAK_S[kind] if soak_s is None else soak_s
    summary = SUMMARIES.setdefault(str(pair), Summary())
    return UnderTest(board, ref, pair.port, option("--requests", None) or COUNT[kind], soak_s, summary)


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a board: what was compared and counted."""
    if not any(summary.numbers for summary in SUMMARIES.values()):
        return
    columns = sorted({name for summary in SUMMARIES.values() for name in summary.numbers})
    width = max(len(name) for name in ("board", *SUMMARIES)) + 2
    terminalreporter.section("boards")
    terminalreporter.line(
        "board".ljust(width) + "  ".join(name.replace("_", " ").rjust(8) for name in columns)
    )
    for name, summary in SUMMARIES.items():
        cells = [f"{summary.numbers.get(column, 0):,}".rjust(max(8, len(column))) for column in columns]
        terminalreporter.line(name.ljust(width) + "  ".join(cells))
