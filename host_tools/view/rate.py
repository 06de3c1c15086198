"""How many frames a second came lately."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

SPAN_S = 2.0


class Rate:
    """Counts what came within SPAN_S.

    Args:
        clock_s: seconds that never go back.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._times: deque[float] = deque()

    def count(self) -> float:
        """One more has come; how many a second come now, 0 until there are two."""
        now = self._clock_s()
        self._times.append(now)
        while now - self._times[0] > SPAN_S and len(self._times) > 2:
            self._times.popleft()
        took = now - self._times[0]
        return (len(self._times) - 1) / took if took > 0 else 0.0
