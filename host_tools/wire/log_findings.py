"""What the doctor knows of a board's log lines while they come."""

from __future__ import annotations

from collections import deque

from host_tools.doctor import consult
from host_tools.doctor.rule import Finding

WINDOW_LINES = 30
"""A fault may be told over several lines."""


class LogFindings:
    """Reads a log line by line; names each fault once, until `forget`."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=WINDOW_LINES)
        self._told: set[str] = set()

    def take(self, line: str) -> Finding | None:
        """The fault that this line names, alone or after those before it; None where it names no new one."""
        self._lines.append(line)
        finding = consult.of_board("\n".join([*self._lines, ""]).encode("utf-8", "replace"))
        if finding is None or finding.rule in self._told:
            return None
        self._told.add(finding.rule)
        return finding

    def forget(self) -> None:
        """The board starts anew: the same fault is news again."""
        self._lines.clear()
        self._told.clear()
