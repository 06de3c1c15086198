"""`tinyface settings`: shows a running board's settings, and changes those that are named."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from host_tools.commands.options import (
    DEFAULT_BOARD,
    Baud,
    BoardName,
    Json,
    Port,
    at_baud,
    refuse_ignored,
)
from host_tools.terminal.console import OUT, note, print_json, reported, table

PLACE = 130
Number = Optional[int]  # noqa: UP045 (typer evaluates this at run time, on Python 3.10 too)
Switch = Optional[bool]  # noqa: UP045


@reported("Ask again: `tinyface settings` shows what holds now.")
def command(
    board: BoardName = DEFAULT_BOARD,
    port: Port = None,
    baud: Baud = None,
    period: Annotated[
        Number, typer.Option("--period", metavar="MS", help="A stream is never faster (0 to 3600000).")
    ] = None,
    threshold: Annotated[
        Number,
        typer.Option(
            "--threshold",
            metavar="N",
            help="Stream only results whose largest first output reaches it; -128: all. Of a program: that "
            "of its first network, over all its runs in a frame; what each stage found is then not sent.",
        ),
    ] = None,
    led: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--led", metavar="on|off|busy", help="Status LED; busy: lit while it works."),
    ] = None,
    flash_led: Annotated[
        Switch, typer.Option("--flash-led/--no-flash-led", help="The bright LED beside the camera.")
    ] = None,
    exposure: Annotated[
        Number, typer.Option("--exposure", metavar="N", help="0 to 1200; -1: automatic.")
    ] = None,
    gain: Annotated[Number, typer.Option("--gain", metavar="N", help="0 to 30; -1: automatic.")] = None,
    brightness: Annotated[Number, typer.Option("--brightness", metavar="N", help="-2 to 2.")] = None,
    contrast: Annotated[Number, typer.Option("--contrast", metavar="N", help="-2 to 2.")] = None,
    mirror: Annotated[Switch, typer.Option("--mirror/--no-mirror", help="Left and right change.")] = None,
    flip: Annotated[Switch, typer.Option("--flip/--no-flip", help="Top and bottom change.")] = None,
    keep: Annotated[
        Switch,
        typer.Option(
            "--keep/--no-keep", help="The board finds them again after the next start.", show_default="keep"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a board's settings; change those that are given, and keep them in the board's flash."""
    from codegen.plain_text import one_line
    from host_tools.attach import open_board
    from host_tools.boards import load_board
    from host_tools.wire.board_settings import CAMERA_SETTINGS, as_plain, change, parse_led, refused_names
    from host_tools.wire.messages import Settings, SettingsRequest

    given = {
        "period_ms": period,
        "threshold": threshold,
        "led": None if led is None else parse_led(led, "--led"),
        "flash_led": flash_led,
        "exposure": exposure,
        "gain": gain,
        "brightness": brightness,
        "contrast": contrast,
        "mirror": mirror,
        "flip": flip,
    }
    wanted = {name: int(value) for name, value in given.items() if value is not None}
    if not wanted:
        refuse_ignored({"--keep, --no-keep": keep is not None}, "no setting is changed")
    kept = True if keep is None else keep
    target = at_baud(load_board(board), port, baud)
    with open_board(target, port, on_log=note) as session:
        settings = change(session, wanted, keep=kept) if wanted else session.ask(SettingsRequest(), Settings)
        where, sensor, has_camera = session.port, session.board.sensor, session.board.has_camera
        name = one_line(session.board.board)
    plain, refused = as_plain(settings), refused_names(settings)
    if as_json:
        print_json(
            {"kept": kept if wanted else None, "settings": plain, "sensor": sensor, "refused": refused}
        )
        return
    shown = table(f"Settings of {name} at {where}", "setting", "value")
    for name, value in plain.items():
        shown.add_row(name, f"{value} (not taken by the {sensor})" if name in refused else str(value))
    OUT.print(shown)
    if has_camera and not sensor and target.kind == "serial" and CAMERA_SETTINGS & wanted.keys():
        note(
            "the camera has not run since the board's start: `tinyface monitor` says what its sensor refuses"
        )
