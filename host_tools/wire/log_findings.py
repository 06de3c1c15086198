"""What the doctor knows of a board's log lines while they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from host_tools.doctor import consult
from host_tools.doctor.rule import Finding

WINDOW_LINES = 30
"""A fault may be told over several lines."""


class LogFindings:
    """Reads a log line by line; names each fault once, until `forget`.

    All rules of the doctor read all lines of the window, which takes many milliseconds.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=WINDOW_LINES)
        self._told: set[str] = set()

    def take(self, line: str) -> Finding | None:
        """The fault that this line names, alone or after those before it; None where it names no new one."""
        self._lines.append(line)
        finding = self._new(self._lines)
        if finding is not None:
            self._told.add(finding.rule)
        return finding

    def take_without(self, lines: Sequence[str]) -> bool:
        """Takes lines behind which the log names no new fault, all at the price of one; where it names one,
        none is taken, and False returned."""
        if self._new([*self._lines, *lines][-WINDOW_LINES:]) is not None:
            return False
        self._lines.extend(lines)
        return True

    def _new(self, lines: Iterable[str]) -> Finding | None:
        finding = consult.of_board("\n".join([*lines, ""]).encode("utf-8", "replace"))
        return None if finding is None or finding.rule in self._told else finding

    def gap(self) -> None:
        """Lines are missing here: what follows is read by itself."""
        self._lines.clear()

    def forget(self) -> None:
        """The board starts anew: the same fault is news again."""
        self._lines.clear()
        self._told.clear()
