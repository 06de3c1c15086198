"""A board that answers from a recording what it told when that was made."""

from __future__ import annotations

from host_tools.wire.answers import Reply
from host_tools.wire.faults import UnknownRequestError
from host_tools.wire.messages import Message
from host_tools.wire.recording.read import Recording
from host_tools.wire.timing import Counters


class RecordedBoard:
    """Tells what a recording holds of its board (host_tools.wire.answers.Answers).

    Attributes:
        board: its HELLO.
        port: the file's name.
        counters: nothing was lost on the way from a file.
    """

    def __init__(self, recording: Recording) -> None:
        self.board, self.port, self.counters = recording.hello, str(recording.path), Counters()
        self._told = (recording.hello, recording.model, recording.settings)

    def ask(self, message: Message, reply: type[Reply]) -> Reply:
        """What the board told of this kind.

        Raises:
            UnknownRequestError: the recording holds no such answer.
        """
        for told in self._told:
            if isinstance(told, reply):
                return told
        raise UnknownRequestError(
            f"the recording holds no {reply.__name__}", self.port, "Ask the board itself."
        )
