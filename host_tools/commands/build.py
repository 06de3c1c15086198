"""`tinyface build`: compiles a project with the toolchain of its board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from host_tools.commands.options import Json
from host_tools.terminal.console import OUT, print_json, reported

PLACE = 60


@reported("Object files stay; run it again.")
def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder written by `tinyface generate`.")
    ] = Path("project"),
    sanitize: Annotated[
        bool, typer.Option("--sanitize", help="With address and undefined-behaviour checks (host boards).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compile a generated project for the board it was generated for."""
    from codegen.errors import ToolError
    from host_tools.boards import load_board
    from host_tools.flashing.build_place import how_to_build
    from host_tools.project.build import build
    from host_tools.project.write import open_project

    project = open_project(folder)
    board = load_board(project.board)
    if board.flash.method == "platformio":
        raise ToolError(
            f"firmware for the board {board.name} is built by PlatformIO, not from here",
            str(folder),
            how_to_build(folder),
        )
    image = build(folder, board, sanitize=sanitize)
    if as_json:
        print_json(
            {
                "image": str(image.path),
                "board": project.board,
                "text_bytes": image.text_bytes,
                "data_bytes": image.data_bytes,
                "bss_bytes": image.bss_bytes,
            }
        )
        return
    OUT.print(f"{image.path}", markup=False)
    OUT.print(
        f"flash {image.text_bytes + image.data_bytes:,} bytes (code and constants {image.text_bytes:,}, "
        f"initial data {image.data_bytes:,}), RAM {image.data_bytes + image.bss_bytes:,} bytes"
    )
