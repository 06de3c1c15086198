"""How fast an image is sent, and how a tool's text tells that the line did not carry that speed.

A chip's loader starts at SAFE_BAUD; esptool raises the speed once they have met.
"""

from __future__ import annotations

import re
from dataclasses import replace

from codegen.board import Board

MIN_BAUD, MAX_BAUD = 9_600, 4_000_000
SAFE_BAUD = 115_200
"""The loader's own speed, which every adapter carries."""

_CHANGED = re.compile(r"Changing baud ?rate to (\d+)|Failed to set baud ?rate (\d+)")


def speed_asked(text: str) -> int:
    """The speed that esptool changed to, or could not set, as its output says; 0 where it did neither."""
    found = _CHANGED.search(text)
    return int(found[1] or found[2]) if found else 0


def talking_at(board: Board, baud: int | None) -> Board:
    """The board whose firmware talks no faster than this; None: as its folder says."""
    return board if baud is None else replace(board, baud=min(board.baud, baud))
