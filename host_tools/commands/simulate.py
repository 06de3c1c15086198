"""`tinyface simulate`: runs a simulated board by itself, for other programs to talk to."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from host_tools.commands.options import DEFAULT_BOARD, BoardName, Box, Pictures, refuse_box_alone
from host_tools.terminal.console import note, print_line, reported

PLACE = 140


@reported("The board is off; its flash keeps what it has.")
def command(
    board: BoardName = DEFAULT_BOARD,
    tcp: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--tcp",
            metavar="HOST:PORT",
            help="Listen on TCP instead of a PTY; port 0 takes a free one. Where others can reach HOST, "
            "only who has the token in TINYFACE_TOKEN may change the board.",
        ),
    ] = None,
    pictures: Pictures = None,
    box: Box = None,
    fault: Annotated[
        str,
        typer.Option(
            "--fault",
            metavar="FAULTS",
            help="What goes wrong, as NAME=VALUE with commas between: drop=P, corrupt=P, hang_after=BYTES, "
            "unplug_after=BYTES, seed=N, baud=N on the line; camera=CODE, camera_starts=N, camera_fps=N, "
            "no_psram=1, brownout=1, host_gone=BYTES, power_cut=WRITE on the board.",
        ),
    ] = "",
) -> None:
    """Power a simulated board on and keep it running until Ctrl-C; its port is printed on stdout."""
    import time

    from codegen.errors import BoardError
    from codegen.scratch import ScratchFolder
    from host_tools.attach import no_firmware
    from host_tools.boards import load_board
    from host_tools.models import usual_margin
    from host_tools.pictures.files import shots_from, write_frames
    from host_tools.simulator import parse_faults, run_board
    from host_tools.simulator.state import flash_file
    from host_tools.terminal.ctrl_c import heard

    refuse_box_alone(box, pictures)
    target = load_board(board)
    if target.kind == "serial":
        raise BoardError(
            f"{target.title} is a real board",
            f"board {board}",
            "Simulate one of the others, for example sim.",
        )
    contents = flash_file(target)
    if not contents.is_file():
        raise no_firmware(target)
    faults = parse_faults(fault)
    shots = shots_from(pictures, usual_margin(), box) if pictures else []
    with heard(), ScratchFolder() as place:
        files = write_frames(shots, place)
        with run_board(target, contents, pictures=files, tcp=tcp, faults=faults) as running:
            print_line(running.port)
            note(f"{target.title} runs. Talk to it with --port {running.port}; Ctrl-C switches it off.")
            if target.camera and not files:
                note("Its camera sees nothing; --pictures FOLDER would show it some.")
            while True:
                time.sleep(0.5)
