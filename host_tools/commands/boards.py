"""`tinyface boards`: the boards that firmware can be made for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from host_tools.commands.options import Json
from host_tools.terminal.console import OUT, print_json, reported, table

if TYPE_CHECKING:
    from codegen.board import Board

PLACE = 20


@reported("Nothing was changed.")
def command(as_json: Json = False) -> None:
    """List the boards: how each is reached and what memory it has."""
    from host_tools.boards import list_boards

    found = list_boards()
    if as_json:
        print_json({"boards": [_facts(board) for board in found]})
        return
    shown = table(
        "Boards",
        "name",
        "board",
        "chip",
        "reached by",
        ">clock MHz",
        ">static RAM KB",
        ">PSRAM KB",
        ">flash KB",
    )
    for board in found:
        memory = board.memory
        shown.add_row(
            board.name,
            board.title,
            board.chip,
            {"sim": "host program", "qemu": "QEMU", "serial": "serial port"}.get(board.kind, board.kind),
            f"{board.clock_hz / 1e6:.0f}",
            f"{memory.static_ram / 1000:.0f}",
            f"{memory.psram / 1000:.0f}" if memory.psram else "-",
            f"{memory.flash_app / 1000:.0f}",
        )
    OUT.print(shown)


def _facts(board: Board) -> dict[str, object]:
    return {
        "name": board.name,
        "title": board.title,
        "chip": board.chip,
        "kind": board.kind,
        "clock_hz": board.clock_hz,
        "toolchain": board.toolchain,
        "camera": board.camera,
        "memory": asdict(board.memory),
        "notes": board.notes.strip(),
    }
