"""What can be known of a board without a new inference: from a session with it, or from a recording."""

from __future__ import annotations

from typing import Protocol, TypeVar

from host_tools.wire.messages import Hello, Message, Model, Settings, Stats, Update
from host_tools.wire.timing import Counters

Reply = TypeVar("Reply", Hello, Stats, Settings, Update, Model)


class Answers(Protocol):
    """A board that has said HELLO.

    Attributes:
        board: its HELLO.
        port: where it is, for messages.
        counters: what was lost and repeated on the way.
    """

    board: Hello
    port: str
    counters: Counters

    def ask(self, message: Message, reply: type[Reply]) -> Reply:
        """The one message of this kind that answers a request.

        Raises:
            BoardError: there is none.
        """
