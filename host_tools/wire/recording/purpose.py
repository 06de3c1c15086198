"""What a recording is for, and when it began: how its first block starts."""

from __future__ import annotations

import enum
import struct

BOARD_HEAD = struct.Struct("<BQ")
"""Purpose, and microseconds since 1970 at which the recording began; then HELLO, MODEL and SETTINGS."""


class Purpose(enum.IntEnum):
    """What a recording may be used for."""

    PROOF = 1
    """It holds whole frames as the board's networks saw them: it can be validated."""
    PREVIEW = 2
    """Its pictures are smaller or changed: for people to look at, not for validation."""
