"""Opens a conversation with a board: at a port that is given, or with a simulated board started for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError
from codegen.shell import quoted
from host_tools.simulator import RunningBoard, run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.link import LogCallback
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing, port_away_s
from host_tools.wire.transport import DEFAULT_BAUD, Transport, open_transport

TIMING = {
    "sim": Timing(boot_s=10.0, reply_s=10.0),
    "qemu": Timing(boot_s=30.0, reply_s=60.0),
    "serial": Timing(boot_s=8.0, reply_s=8.0),
}
"""How long the kinds of boards may take; an emulator on a busy machine is slow."""


@dataclass(frozen=True)
class Film:
    """What a simulated camera sees where nobody names pictures.

    Attributes:
        made: its pictures, for a board that has said what it runs.
        period_ms: of its own clock, by which the board takes their time: from one picture to the next.
    """

    made: Callable[[Session], Sequence[Path]]
    period_ms: int


def timing_of(board: Board, timeout_s: float | None = None) -> Timing:
    """The waits for a board, or `timeout_s` for both of them."""
    usual = TIMING[board.kind] if timeout_s is None else Timing(boot_s=timeout_s, reply_s=timeout_s)
    return replace(usual, port_away_s=port_away_s(board))


def no_firmware(board: Board) -> BoardError:
    """A simulated board that was never flashed."""
    model, other = ("faces", ", or with what you want in its place") if board.camera else ("MODEL", "")
    return BoardError(
        "the board has no firmware",
        f"board {board.name} ({flash_file(board)})",
        f"Flash it with `tinyface flash {model} --board {quoted(board.name)}`{other}.",
    )


@contextlib.contextmanager
def open_board(
    board: Board,
    port: str | None = None,
    *,
    pictures: Sequence[Path] | Film = (),
    image: Path | None = None,
    timeout_s: float | None = None,
    on_log: LogCallback | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> Iterator[Session]:
    """A session with a board for the length of a `with` block.

    Args:
        port: where a running board is; None starts a simulated one on its flash contents.
        pictures: what the camera of a simulated board sees, or a film for the board that looks.
        image: flash contents to boot from instead of the board's own.
        timeout_s: how long the board may take, None for the usual.
        on_log: gets the board's log lines.
        wanted: asked while the board is waited for; False ends every wait.
    Raises:
        BoardError: no port given for a real board, no firmware, no answer, or it is no longer wanted.
    """
    timing = timing_of(board, timeout_s)
    if port is not None:
        baud = board.baud or DEFAULT_BAUD
        with Session(
            port, board_name=board.name, timing=timing, on_log=on_log, baud=baud, wanted=wanted
        ) as session:
            yield session
        return
    if board.kind == "serial":
        raise BoardError(
            f"{board.title} is a real board and no port is given",
            "--port",
            "Give --port (for example /dev/ttyUSB0 or COM3), or use --board sim.",
        )
    contents = image or flash_file(board)
    if not contents.is_file():
        raise no_firmware(board)
    given = () if isinstance(pictures, Film) else pictures
    with (
        run_board(board, contents, pictures=given, on=False) as running,
        Session(
            running.port,
            board_name=board.name,
            timing=timing,
            on_log=on_log,
            connect=lambda: connect_and_switch_on(running),
            wanted=wanted,
        ) as session,
    ):
        if isinstance(pictures, Film):
            running.show(pictures.made(session), pictures.period_ms)
        yield session


def connect_and_switch_on(running: RunningBoard) -> Transport:
    """Opens a simulated board's port before the board boots: opening a port drops what came before.

    Raises:
        BoardError: the port can't be opened.
    """
    transport = open_transport(running.port)
    running.switch_on()
    return transport
