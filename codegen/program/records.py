"""What a decoder finds in a frame: one record for the wire, the monitor, overlays and proofs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What an item of a record is (tinyface_record_kind of firmware/include/tinyface/stage.h)."""

    RAW = 0
    POINTS = 1
    BOXES = 2
    CLASSES = 3
    TRACKS = 4
    VOTES = 5


BOX_VALUES = 6
"""Values of a box before its key points: left, top, width, height, score, class (of a track its identity)."""
VOTE_VALUES = BOX_VALUES + 2
"""Of a track that was voted on: those of a box, class and probability."""
NO_CLASS = -1
"""In place of a class that is not sure."""
VOTE_ONE = 1 << 16
"""A probability of 1."""
BOXLIKE = (Kind.BOXES, Kind.TRACKS, Kind.VOTES)
"""Kinds whose items begin as a box does."""


def points_at(kind: Kind, width: int) -> range:
    """Where the points of an item lie among its values: the place of each one's x, y comes after it.

    Args:
        width: values an item.
    """
    first = {Kind.POINTS: 0, Kind.BOXES: BOX_VALUES, Kind.TRACKS: BOX_VALUES}.get(kind, width)
    return range(first, width - 1, 2)


@dataclass(frozen=True)
class Record:
    """What one stage found.

    Attributes:
        kind: what an item is.
        width: values an item.
        items: one tuple an item. Positions are frame px times 256, (0, 0) = centre of the top-left pixel.
            Points: x, y of each. Boxes: left, top, width, height, score, class, x, y of each key point.
            Tracks: as boxes, with an identity in place of the class: 1, 2 ... since the last reset.
            Votes: as tracks without points, then the class (NO_CLASS: none is sure) and its smoothed
            probability in 1/VOTE_ONE, which without a class is the best one's.
            Classes: index, score, the best first.
        frame: in which it was found, counted from 1 since the last reset; 0: in none yet.
        asks: whether stages whose `when` names this one are to work in the next frame, too.
    """

    kind: Kind
    width: int
    items: tuple[tuple[int, ...], ...] = ()
    frame: int = 0
    asks: bool = False

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self.items)

    @property
    def values(self) -> tuple[int, ...]:
        """All values, item after item, as they travel."""
        return tuple(value for item in self.items for value in item)
