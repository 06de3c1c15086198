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
_PORT_GONE = re.compile(
    r"Lost connection, retrying|device disconnected|Input/output error|Bad file descriptor|Could not open|"
    r"Connection (?:reset|refused)|Broken pipe|connection failed|socket disconnected|No such file"
)


def speed_that_failed(text: str) -> int:
    """The speed that esptool changed to before it lost the chip, or that it could not set.

    Returns:
        0 where it did neither, or where the port is gone, as when a cable is pulled.
    """
    changed = _CHANGED.search(text)
    if changed is None or _PORT_GONE.search(text):
        return 0
    return int(changed[1] or changed[2])


def talking_at(board: Board, baud: int | None) -> Board:
    """The board whose firmware talks no faster than this; None: as its folder says."""
    return board if baud is None else replace(board, baud=min(board.baud, baud))
