"""`tinyface view`: a local web page of what a board, a simulated board or a recording sees and finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.filmed import filmed
from host_tools.commands.options import (
    DEFAULT_BOARD,
    Baud,
    Box,
    Pictures,
    Port,
    at_baud,
    refuse_box_alone,
    refuse_ignored,
)
from host_tools.terminal.console import note, print_fault, print_line, reported

if TYPE_CHECKING:
    from host_tools.view.guard import Guard
    from host_tools.view.hub import Hub
    from host_tools.view.replay import Replay
    from host_tools.view.watch import Watch

PLACE = 75
LISTEN = "127.0.0.1:8765"
MOST_DIGITS = 5
"""Of a port."""
PERIOD_MS = 40
"""Shortest time between frames of a camera; that of a film is its own."""


@reported("")
def command(
    board: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--board",
            "-b",
            metavar="BOARD",
            help="A name from `tinyface boards`.",
            show_default=DEFAULT_BOARD,
        ),
    ] = None,
    port: Port = None,
    baud: Baud = None,
    pictures: Pictures = None,
    box: Box = None,
    period: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--period", min=0, max=10_000, metavar="MS", help="Shortest time between frames."),
    ] = None,
    preview: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--preview/--whole",
            help="Small pictures, for which no result waits on a slow line, or each frame whole.",
            show_default="--preview for a real board",
        ),
    ] = None,
    replay: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--replay", metavar="FILE", help="In place of a board: what was recorded of one."),
    ] = None,
    folder: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--folder", metavar="DIR", help="Where recordings go.", show_default="this folder"),
    ] = None,
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Where the page is; port 0 takes a free one. Where others can reach HOST, only who knows "
            "the token in the printed address sees it.",
        ),
    ] = LISTEN,
) -> None:
    """Show a board in the browser: what it sees, what it finds, how long it takes, and its settings."""
    import contextlib

    from host_tools.terminal.ctrl_c import heard
    from host_tools.view.listening import listen as listening

    refuse_box_alone(box, pictures)
    address, number = _address(listen)
    with heard(), contextlib.ExitStack() as stack:
        socket = stack.enter_context(listening(address, number))
        number = socket.getsockname()[1]
        # The rest takes its time to be imported; that the address is taken is said before.
        from codegen.scratch import ScratchFolder
        from host_tools.view.addresses import is_every, own_address
        from host_tools.view.guard import Guard, is_loopback, new_token
        from host_tools.view.hub import Hub
        from host_tools.view.serve import server_of
        from host_tools.view.server import make_app

        hub = Hub()
        shown: Watch | Replay
        if replay is not None:
            others: dict[str, object] = {"--board": board, "--port": port, "--baud": baud}
            others |= {"--pictures": pictures, "--period": period, "--folder": folder}
            others["--preview" if preview else "--whole"] = preview
            refuse_ignored(others, "a recording holds its board's frames and answers (--replay)")
            shown = _replayed(hub, replay)
        else:
            place = stack.enter_context(ScratchFolder())
            shown = _watched(
                hub,
                DEFAULT_BOARD if board is None else board,
                port,
                baud,
                pictures,
                box,
                period,
                preview,
                folder,
                place,
            )
        guard = Guard(address, number, "" if is_loopback(address) else new_token())
        server = server_of(make_app(hub, guard, shown.order), note)
        shown.start()
        stack.callback(_end, shown)
        opened = own_address(address) if is_every(address) else address
        print_line(url_of(guard, opened or address))
        if not opened:
            note(f"In place of {address} write this computer's name or address; on itself 127.0.0.1 will do.")
        if guard.token:
            note("Others can reach this page: who has this address sees the camera and may change settings.")
        note("Open it in a browser; Ctrl-C ends it.")
        server.run(sockets=[socket])


def _end(shown: Watch | Replay) -> None:
    if shown.close():
        note("The board is given back.")


def _address(text: str) -> tuple[str, int]:
    """Host and port of --listen.

    Raises:
        OptionError: it is none.
    """
    from codegen.errors import OptionError

    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or len(port) > MOST_DIGITS or int(port) > 65535:
        raise OptionError(
            "this is no address to listen on", f"--listen {text}", f"Write HOST:PORT, as {LISTEN}."
        )
    return ("127.0.0.1" if host == "localhost" else host), int(port)


def check_folder(folder: Path) -> None:
    """Refuses a folder in which no recording can lie, before somebody wants one.

    Raises:
        RecordingError: it is none, or nothing can be written there.
    """
    import os

    from codegen.errors import RecordingError

    try:
        there, taken = folder.is_dir(), folder.exists()
    except (OSError, ValueError):
        there = taken = False
    if taken and not there:
        raise RecordingError(
            "recordings go into a folder, and this is none", f"--folder {folder}", "Name the folder it is in."
        )
    if not there:
        raise RecordingError("there is no such folder for recordings", f"--folder {folder}", "Make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RecordingError(
            "nothing can be written there", f"--folder {folder}", "Choose another, or allow it."
        )


def url_of(guard: Guard, address: str) -> str:
    """What a person opens; the token stands where no server sees it."""
    from host_tools.view.guard import bracketed

    return f"http://{bracketed(address)}:{guard.port}/" + (f"#token={guard.token}" if guard.token else "")


def _replayed(hub: Hub, file: Path) -> Replay:
    from host_tools.proof.clocks import clock_of
    from host_tools.view.replay import Replay
    from host_tools.wire.recording.read import open_recording

    recording = open_recording(file)
    return Replay(hub, recording, clock_of(recording.hello.board))


def _watched(
    hub: Hub,
    board: str,
    port: str | None,
    baud: int | None,
    pictures: Path | None,
    box: str | None,
    period: int | None,
    preview: bool | None,
    folder: Path | None,
    place: Path,
) -> Watch:
    """A board that is opened when the server runs, and again after each fault.

    Raises:
        BoardError: there is no such board, or no port of a real one is given.
        PictureError: the pictures can't be used.
    """
    import contextlib
    from collections.abc import Callable, Iterator, Sequence

    from codegen.errors import BoardError, PictureError
    from host_tools.attach import Film, open_board
    from host_tools.boards import load_board
    from host_tools.models import usual_margin
    from host_tools.pictures.files import shots_from, write_frames
    from host_tools.pictures.film import FILM_PERIOD_MS
    from host_tools.proof.clocks import clock_of
    from host_tools.simulator.state import flash_file
    from host_tools.terminal.last_handler import refusal_of
    from host_tools.view.spoken import Spoken
    from host_tools.view.watch import Source, Watch
    from host_tools.wire.link import LogCallback
    from host_tools.wire.session import Session
    from host_tools.wire.transport import check_name

    target = at_baud(load_board(board), port, baud)
    if port is not None:
        check_name(port)
    if folder is not None:
        check_folder(folder)
    if port is None and target.kind == "serial":
        raise BoardError(
            f"{target.title} is a real board and no port is given",
            "--port",
            "Give --port (for example /dev/ttyUSB0 or COM3), or use --board sim.",
        )
    if pictures and port:
        raise PictureError(
            "a board at a port looks through its own camera", "--pictures", "Leave --pictures or --port out."
        )
    films = pictures is None and port is None and target.camera
    least = FILM_PERIOD_MS if films else PERIOD_MS
    seen: Sequence[Path] | Film
    if films:
        seen = filmed(place)
    else:
        seen = write_frames(shots_from(pictures, usual_margin(), box) if pictures else [], place)
    stamp: list[object] = [None]

    def flashed() -> object:
        """Changes when the simulated board is flashed."""
        try:
            status = flash_file(target).stat()
        except OSError:
            return None
        return status.st_ino if port is None else None

    @contextlib.contextmanager
    def opened(on_log: LogCallback, wanted: Callable[[], bool]) -> Iterator[Session]:
        stamp[0] = flashed()
        try:
            with open_board(target, port, pictures=seen, on_log=on_log, wanted=wanted) as session:
                yield session
        except OSError as error:
            raise refusal_of(error) or error from None

    return Watch(
        hub,
        Source(
            opened,
            stale=lambda: flashed() != stamp[0],
            clock_of=clock_of,
            period_ms=least if period is None else period,
            previews=target.kind == "serial" if preview is None else preview,
            folder=folder or Path(),
            name=f"{target.title} at {port}" if port else target.title,
            again="The board is being opened again." if port else "The board is being started again.",
            own=port is None,
        ),
        Spoken(note, print_fault),
    )
