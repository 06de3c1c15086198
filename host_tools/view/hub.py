"""Carries what a board tells to the pages that watch it: a slow page loses frames, and nobody waits for it.

The thread of the board publishes; each page is read by a task of the server. Between them stand one slot for
each thing of which only the latest counts, and short queues of frames and of log lines.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

PASSING = ("notice", "applied")
"""What has happened, and does not hold."""
LOG_LINES = 200
"""Lines that a page has not taken yet, and that a new page is told."""
FRAMES, HOLD_S = 48, 1.5
"""So many frames wait for a page, and so long: a computer that is busy for a moment loses none, and a page
that is slow for good lags no further behind."""


@dataclass(frozen=True)
class Frame:
    """A picture with what was found in it.

    Attributes:
        number: counts all frames that were published, from 1 on.
        told: JSON values.
        gray: uint8, row by row.
    """

    number: int
    told: dict[str, object]
    gray: bytes


class Page:
    """What one page has not taken yet.

    Args:
        clock_s: seconds that never go back.
    Attributes:
        lost: frames that newer ones replaced before the page took them.
    """

    def __init__(self, wake: Callable[[], None], clock_s: Callable[[], float] = time.monotonic) -> None:
        self.lost = 0
        self._wake, self._clock_s = wake, clock_s
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, Frame]] = deque()
        self._latest: dict[str, dict[str, object]] = {}
        self._lines: deque[dict[str, object]] = deque(maxlen=LOG_LINES)

    def give_frame(self, frame: Frame) -> None:
        """Adds a frame, and drops those that have waited too long for the page."""
        now = self._clock_s()
        with self._lock:
            self._frames.append((now, frame))
            self._drop(now)
        self._wake()

    def _drop(self, now: float) -> None:
        """All that are too old or too many; never the newest."""
        frames = self._frames
        while len(frames) > 1 and (len(frames) > FRAMES or now - frames[0][0] > HOLD_S):
            frames.popleft()
            self.lost += 1

    def give(self, told: dict[str, object]) -> None:
        """Adds a log line, or replaces what waits of the same kind."""
        with self._lock:
            if told["kind"] == "log":
                self._lines.append(told)
            else:
                self._latest[str(told["kind"])] = told
        self._wake()

    def take(self) -> tuple[list[dict[str, object]], Frame | None]:
        """All that waits of what is told in words, then a frame, the oldest; further ones may wait."""
        with self._lock:
            words = [*self._latest.values(), *self._lines]
            self._latest.clear()
            self._lines.clear()
            self._drop(self._clock_s())
            frame = self._frames.popleft()[1] if self._frames else None
        return words, frame


class Hub:
    """The pages, and what a new page must know at once.

    Attributes:
        frames: published so far.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._lock = threading.Lock()
        self._pages: set[Page] = set()
        self._latest: dict[str, dict[str, object]] = {}
        self._lines: deque[dict[str, object]] = deque(maxlen=LOG_LINES)
        self._frame: Frame | None = None

    def publish(self, told: dict[str, object]) -> None:
        """Tells all pages, and those to come; `told["kind"]` says of what. Never waits for a page.

        What has happened (PASSING) waits for one page at most, where none is open.
        """
        with self._lock:
            if told["kind"] == "log":
                self._lines.append(told)
            elif told["kind"] not in PASSING or not self._pages:
                self._latest[str(told["kind"])] = told
            pages = [*self._pages]
        for page in pages:
            page.give(told)

    def publish_frame(self, told: dict[str, object], gray: bytes) -> None:
        """Shows all pages a frame. Never waits for a page."""
        with self._lock:
            self.frames += 1
            frame = self._frame = Frame(self.frames, told, gray)
            pages = [*self._pages]
        for page in pages:
            page.give_frame(frame)

    def join(self, loop: asyncio.AbstractEventLoop, ready: asyncio.Event) -> Page:
        """A new page, which is told what holds now.

        Args:
            ready: is set in the loop whenever there is something to take.
        """

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(ready.set)

        page = Page(wake)
        with self._lock:
            for told in (*self._latest.values(), *self._lines):
                page.give(told)
            for kind in PASSING:
                self._latest.pop(kind, None)
            if self._frame is not None:
                page.give_frame(self._frame)
            self._pages.add(page)
        return page

    def leave(self, page: Page) -> None:
        """The page is closed."""
        with self._lock:
            self._pages.discard(page)

    @property
    def pages(self) -> int:
        """How many watch."""
        with self._lock:
            return len(self._pages)
