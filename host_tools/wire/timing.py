"""How long a board may take, and what went wrong on the way without being a fault in the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How long a board may take.

    Attributes:
        boot_s: from opening the port to the first HELLO.
        reply_s: from a request to its reply, or from one frame of a stream to the next.
    """

    boot_s: float = 8.0
    reply_s: float = 8.0


@dataclass
class Counters:
    """What went wrong on the way without being a fault in the end."""

    requests: int = 0
    repeats: int = 0
    timeouts: int = 0
    reconnects: int = 0
    stale_replies: int = 0
    lost_frames: int = 0
