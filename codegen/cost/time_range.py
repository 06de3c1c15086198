"""A span of time that an estimate stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TimeRange:
    """Milliseconds.

    Attributes:
        low, middle, high: the least, the expected and the most.
    """

    low: float
    middle: float
    high: float

    def times(self, factor: float) -> TimeRange:
        """So often."""
        return TimeRange(self.low * factor, self.middle * factor, self.high * factor)


@dataclass(frozen=True)
class Spread:
    """How far from its middle a time may lie.

    Attributes:
        low, high: factors of the middle, low <= 1 <= high.
    """

    low: float
    high: float

    def around(self, milliseconds: float) -> TimeRange:
        """The range of an expected time."""
        return TimeRange(milliseconds * self.low, milliseconds, milliseconds * self.high)


UNCALIBRATED = Spread(0.95, 1.50)
"""Of an estimate that no board stands behind. What the model leaves out (interrupts, the other core,
conflicts in the cache, an older compiler) makes slower: TinyMaix's published times are up to 1.5 times the
model's (docs/performance.md)."""


def total(ranges: Iterable[TimeRange | None]) -> TimeRange | None:
    """One after the other; None where one is not known."""
    known = list(ranges)
    if None in known:
        return None
    found = [each for each in known if each is not None]
    return TimeRange(sum(r.low for r in found), sum(r.middle for r in found), sum(r.high for r in found))
