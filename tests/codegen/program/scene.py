"""Faces that move through a picture, and what a detector and a landmark network see of them: no networks.

Faces are upright boxes, later ones before earlier ones. The detector misses what is covered by half, errs as
detectors do, and suppresses what overlaps; the landmark network marks the visible face nearest to the middle
of its crop, and says that nothing is there where no face is near.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from codegen.program.following import overlap_q16
from codegen.program.records import BOX_VALUES, Kind, Record

Path = Callable[[float], tuple[float, float] | None]
"""Middle of a face in px at a time in seconds; None while it is not there."""
NO_FACE, FACE = -20_000, 20_000
POINTS = 3
"""Of a mark: the two eyes and the chin."""
WIDTH = BOX_VALUES + 2 * POINTS


@dataclass(frozen=True)
class Face:
    """One face.

    Attributes:
        path: of its middle.
        side: of its box, px.
    """

    path: Path
    side: float


def box(middle: tuple[float, float], side: float) -> tuple[int, int, int, int]:
    """In px times 256."""
    x, y = middle
    return round((x - side / 2) * 256), round((y - side / 2) * 256), round(side * 256), round(side * 256)


@dataclass
class Scene:
    """Several faces.

    Attributes:
        faces: the later ones are before the earlier ones.
        random: of all errors.
        place, size: deviation of a detection's middle and side, as shares of the side.
        mark_place: of a mark's.
    """

    faces: Sequence[Face]
    random: np.random.Generator
    place: float = 0.03
    size: float = 0.08
    mark_place: float = 0.01

    def there(self, time: float) -> list[tuple[int, tuple[float, float]]]:
        """Number and middle of each face that is in the picture and not covered by half."""
        at = [(n, face.path(time)) for n, face in enumerate(self.faces)]
        found = []
        for n, middle in at:
            if middle is None:
                continue
            covered = max(
                (self._covered(middle, self.faces[n].side, other, self.faces[m].side)
                 for m, other in at if m > n and other is not None), default=0.0,
            )  # fmt: skip
            if covered <= 0.5:
                found.append((n, middle))
        return found

    @staticmethod
    def _covered(a: tuple[float, float], a_side: float, b: tuple[float, float], b_side: float) -> float:
        """How much of a box the other one covers."""
        both = (a_side + b_side) / 2
        across, down = (min(max(both - abs(a[k] - b[k]), 0), a_side, b_side) for k in (0, 1))
        return across * down / a_side**2

    def found(self, time: float, frame: int, missed: Sequence[int] = ()) -> Record:
        """What a detector finds."""
        items: list[tuple[int, ...]] = []
        there = self.there(time)
        for n, middle in reversed(there):
            side = self.faces[n].side
            off = self.random.normal(0, self.place * side, 2)
            here = box(
                (middle[0] + off[0], middle[1] + off[1]), side * (1 + self.random.normal(0, self.size))
            )
            hides = any(overlap_q16(here, (*item[:2], *item[2:4])) > 0.3 * 65536 for item in items)
            if n not in missed and not hides:
                items.append((*here, FACE, 0, *self._eyes(here)))
        return Record(Kind.BOXES, BOX_VALUES + 4, tuple(items), frame)

    def marks(self, time: float, tracks: Sequence[Sequence[int]], frame: int) -> Record:
        """What a landmark network says of the crop around each track."""
        items = []
        there = self.there(time)
        for left, top, width, height, *_ in tracks:
            x, y = (left + width / 2) / 256, (top + height / 2) / 256
            near = min(there, key=lambda f: (f[1][0] - x) ** 2 + (f[1][1] - y) ** 2, default=None)
            is_near = near is not None and max(abs(near[1][0] - x), abs(near[1][1] - y)) < 0.7 * width / 256
            middle, side = (near[1], self.faces[near[0]].side) if near and is_near else ((x, y), width / 256)
            off = self.random.normal(0, self.mark_place * side, 2)
            here = box((middle[0] + off[0], middle[1] + off[1]), side)
            chin = (here[0] + here[2] // 2, here[1] + here[3])
            items.append((*here, FACE if is_near else NO_FACE, 0, *self._eyes(here), *chin))
        return Record(Kind.BOXES, WIDTH, tuple(items), frame)

    @staticmethod
    def _eyes(here: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        left, top, width, height = here
        return left + width // 4, top + height // 3, left + 3 * width // 4, top + height // 3

    def whose(self, item: Sequence[int], time: float) -> int | None:
        """The face that a track lies on: whose middle is within a third of its side of the track's; none
        where two faces are so near to each other that nobody can say."""
        x, y = (item[0] + item[2] / 2) / 256, (item[1] + item[3] / 2) / 256
        at = {n: m for n, face in enumerate(self.faces) if (m := face.path(time)) is not None}
        near = [n for n, m in at.items() if max(abs(m[0] - x), abs(m[1] - y)) < self.faces[n].side * 2 / 3]
        if len(near) != 1:
            return None
        (n,) = near
        return n if max(abs(at[n][0] - x), abs(at[n][1] - y)) < self.faces[n].side / 3 else None
