"""`tinyface boards`: the boards that firmware can be made for."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

from host_tools.commands.options import Json
from host_tools.terminal.console import OUT, print_json, reported, table

if TYPE_CHECKING:
    from codegen.board import Board

PLACE = 20
WIDE, WIDE_COLUMN, NARROW_COLUMN, INDENT = 100, 40, 21, "  "
"""Columns of a wide terminal, and of the names in such a one and in another, for which 80 are enough."""


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
        "name, board",
        "chip",
        "reached\nby",
        ">clock\nMHz",
        ">static\nRAM KB",
        ">PSRAM\nKB",
        ">flash\nKB",
    )
    for board in found:
        memory = board.memory
        shown.add_row(
            "\n".join([board.name, *_title_lines(board.title)]),
            board.chip,
            {"sim": "program", "qemu": "QEMU", "serial": "serial"}.get(board.kind, board.kind),
            f"{board.clock_hz / 1e6:.0f}",
            f"{memory.static_ram / 1000:.0f}",
            f"{memory.psram / 1000:.0f}" if memory.psram else "-",
            f"{memory.flash_app / 1000:.0f}",
        )
    OUT.print(shown)


def _title_lines(title: str) -> list[str]:
    """The title beneath the name, in lines that break between words alone."""
    return textwrap.wrap(
        title,
        WIDE_COLUMN if OUT.width >= WIDE else NARROW_COLUMN,
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _facts(board: Board) -> dict[str, object]:
    return {
        "name": board.name,
        "title": board.title,
        "chip": board.chip,
        "kind": board.kind,
        "clock_hz": board.clock_hz,
        "cores": board.cores,
        "toolchain": board.toolchain,
        "camera": board.camera,
        "memory": asdict(board.memory),
        "notes": board.notes.strip(),
    }
