"""The messages that come before a RESULT, gathered within bounds: a board may send without end."""

from __future__ import annotations

from host_tools.wire.messages import Layers, Message, Record, Run

MAX_MESSAGES = 64
"""More of them without a RESULT belong to no inference."""
MAX_PARTS = 4096
"""The same of RUN, RECORD and LAYERS of a program told in parts: networks may run for each of many items."""
NUMBER_BYTES = 40
MAX_PART_BYTES = 1 << 26
"""Of the parts of one frame; no board of these kinds holds as much."""
_OF_STAGES = (Run, Record, Layers)


class Gathering:
    """Messages of one inference so far.

    Args:
        in_parts: whether the board's program is told in parts; else one message of a kind is kept.
    Attributes:
        count: messages taken since the last RESULT, also those that were not kept.
    """

    def __init__(self, in_parts: bool) -> None:
        self._in_parts = in_parts
        self.clear()

    def clear(self) -> None:
        """Starts with the next inference."""
        self.count = self._others = self._bytes = 0
        self._parts: list[Message] = []
        self._latest: dict[type[Message], Message] = {}

    def take(self, message: Message) -> bool:
        """Takes a message; False where there are more than an inference can have."""
        self.count += 1
        if self._in_parts and isinstance(message, _OF_STAGES):
            self._parts.append(message)
            self._bytes += _size(message)
        else:
            self._latest[type(message)] = message
            self._others += 1
        few = len(self._parts) <= MAX_PARTS and self._others <= MAX_MESSAGES
        return few and self._bytes <= MAX_PART_BYTES

    def drop_parts(self) -> None:
        """Forgets what may belong to an inference whose RESULT was lost."""
        self._parts.clear()
        self._latest.pop(Layers, None)

    @property
    def messages(self) -> list[Message]:
        """Those that are kept: the parts of a frame in order, then one of each other kind."""
        return [*self._parts, *self._latest.values()]


def _size(part: Run | Record | Layers) -> int:
    """About how many bytes it takes here: numbers are objects, up to ten times as large as on the wire."""
    if isinstance(part, Run):
        return len(part.outputs)
    return NUMBER_BYTES * (
        len(part.items) if isinstance(part, Record) else len(part.crc) + len(part.ticks) + len(part.micros)
    )
