"""Where a board of this run is: at the port that was given, or simulated and started here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from codegen.board import Board
from codegen.program.built_in import program_names
from codegen.program.spec import PictureWish
from host_tools.attach import timing_of
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.pictures.faces import portrait_views
from host_tools.pictures.files import write_frames
from host_tools.simulator import run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.messages import Hello
from host_tools.wire.timing import Timing
from model_zoo.cards import pretrained_names
from tests.emulated.needs import skip_without_tools
from tests.hil.pairs import Pair
from tests.host_tools.toy_folder import write_landmark_toy

FACES = 4
COUNT = {"sim": 200, "serial": 200, "qemu": 24}
"""Requests that are compared, where --requests does not say."""
SOAK_S = {"sim": 20.0, "serial": 600.0, "qemu": 20.0}
"""Seconds of the soak, where --soak-s does not say; a run of all tests takes WHOLE_RUN_SOAK_S."""
WHOLE_RUN_SOAK_S = 2.0


@dataclass(frozen=True)
class Place:
    """A board that runs.

    Attributes:
        name: of its pair.
        port: where it is.
        simulated: it was started here, flashed with `ref` and with FACES pictures before its camera.
        ref: its model; None where the board must say.
        timing: how long it may take.
    """

    name: str
    board: Board
    port: str
    simulated: bool
    ref: ModelRef | None
    timing: Timing


@dataclass
class Summary:
    """What was measured on one board; the table at the end shows it."""

    numbers: dict[str, int] = field(default_factory=dict)
    logs: set[str] = field(default_factory=set)

    def count(self, **numbers: int) -> None:
        """Adds to the numbers of these names."""
        for name, number in numbers.items():
            self.numbers[name] = self.numbers.get(name, 0) + number


@dataclass(frozen=True)
class UnderTest:
    """Board, model and port of this run.

    Attributes:
        simulated: the board was started by this run, so its flash may be written and its power cut.
        count: requests that are compared.
        soak_s: how long the soak lasts.
        firmware: an application image for an update over the wire, None where none was given.
    """

    board: Board
    ref: ModelRef
    port: str
    simulated: bool
    count: int
    soak_s: float
    firmware: Path | None


@contextlib.contextmanager
def running(pair: Pair, model: str | None, wish: PictureWish | None, folder: Path) -> Iterator[Place]:
    """The board of a pair, started where no port was given; the person's own flash files are left alone."""
    board = pair.board
    if pair.port is not None:
        ref = resolve(model, core_needed=False, picture=wish) if model is not None else None
        yield Place(str(pair), board, pair.port, False, ref, timing_of(board))
        return
    skip_without_tools(board)
    ref = resolve(model or str(write_landmark_toy(folder / "model")), picture=wish)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(folder / "state"))
        flash(ref, board, "aot")
        chip = flash_file(board)
    pictures = write_frames(portrait_views(FACES, ref.margin, seed=0), folder) if board.camera else []
    with run_board(board, chip, pictures=pictures) as started:
        yield Place(str(pair), board, started.port, True, ref, timing_of(board))


def model_on(hello: Hello) -> ModelRef:
    """The model of the zoo, or the built-in program, that a board says it runs."""
    known = {resolve(name).model_hash: name for name in (*program_names(), *pretrained_names())}
    name = known.get(bytes(hello.model_hash))
    if name is None:
        pytest.fail(
            f"the board runs {hello.model!r}, which the zoo has not: name its file with --model",
            pytrace=False,
        )
    return resolve(name)


def under_test_of(place: Place, ref: ModelRef, config: pytest.Config) -> UnderTest:
    """What the options of this run say about a board."""
    kind = place.board.kind
    soak_s = config.getoption("--soak-s")
    firmware = config.getoption("--firmware")
    return UnderTest(
        place.board,
        ref,
        place.port,
        place.simulated,
        config.getoption("--requests") or COUNT[kind],
        SOAK_S[kind] if soak_s is None else soak_s,
        Path(firmware) if firmware else None,
    )
