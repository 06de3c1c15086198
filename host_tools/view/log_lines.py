"""A board's log on its way to the pages: looked at for faults beside the thread that brings the frames.

A look takes many milliseconds. All of them take a fifth of a core at most: of a log that is faster, lines are
left out, and the pages are told so.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from codegen.plain_text import one_line, shortened
from host_tools.view.hub import LOG_LINES, Hub
from host_tools.wire.log_findings import LogFindings

MOST_LETTERS = 400
"""Of a line that is looked at and shown."""
AT_ONCE = 15
"""Lines of one look; as many before them are read again."""
RESTS, LEAST_REST_S = 4.0, 0.05
"""After each look: so many times as long as it took, and at least so long."""
CLOSE_WITHIN_S = 5.0
"""For a look, which takes a tenth of a second."""


class LogLines:
    """Publishes a log, each fault with the line that names it, from start() until close()."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._findings = hub, LogFindings()
        self._changed = threading.Condition()
        self._waiting: deque[tuple[int, str]] = deque()  # which start of the board, and a line
        self._left_out = 0  # before the first that waits
        self._start, self._start_seen = 0, 0
        self._singly: deque[str] = deque()  # one of them names a new fault
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self) -> None:
        """Ends, whatever waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(CLOSE_WITHIN_S)

    def add(self, line: str) -> None:
        """One more line, which nobody has to wait for; where too many wait, the oldest is left out."""
        cut = shortened(line, MOST_LETTERS)
        with self._changed:
            if len(self._waiting) >= LOG_LINES:
                self._waiting.popleft()
                self._left_out += 1
            self._waiting.append((self._start, cut))
            self._changed.notify_all()

    def forget(self) -> None:
        """The board starts anew: the same fault is news again."""
        with self._changed:
            self._start += 1

    def step(self) -> bool:
        """One look at some of the lines that wait; False where none does."""
        if self._singly:
            line = self._singly.popleft()
            finding = self._findings.take(line[:MOST_LETTERS])
            self._publish(line, (finding.cause, finding.remedy) if finding is not None else None)
            return True
        left_out, lines = self._next()
        if left_out:
            self._findings.gap()
            self._tell_gap(left_out)
        if self._findings.take_without([line[:MOST_LETTERS] for line in lines]):
            for line in lines:
                self._publish(line)
        else:
            self._singly.extend(lines)
        return bool(lines)

    def _next(self) -> tuple[int, list[str]]:
        """How many are left out, and the next lines of one start of the board."""
        with self._changed:
            left_out, self._left_out = self._left_out, 0
            lines: list[str] = []
            while self._waiting and len(lines) < AT_ONCE:
                start, line = self._waiting[0]
                if start != self._start_seen:
                    if lines:
                        break
                    self._start_seen = start
                    self._findings.forget()
                self._waiting.popleft()
                lines.append(line)
        return left_out, lines

    def _publish(self, line: str, said: tuple[str, str] | None = None) -> None:
        """A line, and what is to be said of it: cause and remedy."""
        told = None if said is None else {"cause": one_line(said[0]), "remedy": one_line(said[1])}
        self._hub.publish({"kind": "log", "text": one_line(line), "finding": told})

    def _tell_gap(self, left_out: int) -> None:
        cause = f"{left_out:,} line{'s are' if left_out > 1 else ' is'} left out here: they came too fast"
        self._publish("...", (cause, "A recording holds all that came while it ran."))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting or self._singly)
                if self._closed:
                    return
            begun = time.thread_time()
            self.step()
            rest_s = max(LEAST_REST_S, RESTS * (time.thread_time() - begun))
            with self._changed:
                self._changed.wait_for(lambda: self._closed, rest_s)
