"""How long a board may take, and what went wrong on the way without being a fault in the end."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.board import Board

PORT_AWAY_S = 5.0


@dataclass(frozen=True)
class Timing:
    """How long a board may take.

    Attributes:
        boot_s: from opening the port to the first HELLO.
        reply_s: from a request to its reply, or from one frame of a stream to the next.
        port_away_s: how long a port that was open may be away (port_away_s() of the board).
    """

    boot_s: float = 8.0
    reply_s: float = 8.0
    port_away_s: float = 0.0


def port_away_s(board: Board) -> float:
    """Seconds that a board's port may be away: the chip's own USB port leaves with a reset and comes back."""
    return PORT_AWAY_S if board.own_usb else 0.0


@dataclass
class Counters:
    """What went wrong on the way without being a fault in the end."""

    requests: int = 0
    repeats: int = 0
    timeouts: int = 0
    reconnects: int = 0
    stale_replies: int = 0
    lost_frames: int = 0

    @property
    def disturbances(self) -> int:
        """Changes when the board may have worked on something whose answer did not arrive."""
        return self.repeats + self.reconnects + self.lost_frames
