"""Signals that ask a training to end, noted as they come, whatever becomes of what their handlers raise.

A handler raises in the middle of what runs. Where that is code of a library, its exception may come out as
another, or not at all; what was noted stays.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Asked:
    """Which signal has asked for the end, if one has."""

    def __init__(self) -> None:
        self.number: int | None = None

    def exception(self) -> BaseException | None:
        """What ends a program by that signal: KeyboardInterrupt, or SystemExit with the code that shells give
        it; None where none came."""
        if self.number is None:
            return None
        return KeyboardInterrupt() if self.number == signal.SIGINT else SystemExit(128 + self.number)

    def leave(self) -> None:
        """Raises that exception where a signal came."""
        exception = self.exception()
        if exception is not None:
            raise exception


@contextmanager
def noted() -> Iterator[Asked]:
    """Notes signals until the block ends; each then goes to the handler that it had before.

    Only those that Python code handles: an ignored one stays ignored, and one that ends the process ends it.
    Handlers belong to the main thread; in others nothing is noted.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def noting(handler: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], Any]:
        def note(number: int, frame: FrameType | None) -> None:
            asked.number = number
            handler(number, frame)

        return note

    changed = []
    for name in ENDING:
        if not hasattr(signal, name):
            continue
        number: signal.Signals = getattr(signal, name)
        handler = signal.getsignal(number)
        if callable(handler):
            own = noting(handler)
            signal.signal(number, own)
            changed.append((number, own, handler))
    try:
        yield asked
    finally:
        for number, own, handler in changed:
            if signal.getsignal(number) is own:  # the handler may have chosen another one
                signal.signal(number, handler)
