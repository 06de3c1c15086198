"""A landmark scheme: how many points a face has, which mirror each other, what errors are measured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

INTER_OCULAR = "the inter-ocular distance"
"""Of the outer eye corners."""
INTER_PUPIL = "the inter-pupil distance"
"""Of the eye centres."""
BOX_SIDE = "the side of the face box (square root of its area)"


@dataclass(frozen=True)
class LandmarkScheme:
    """Which points are labelled.

    Attributes:
        name: of a known scheme, or OWN.
        count: points of a face.
        mirror: point k of a mirrored picture is point mirror[k] of the original; None: nobody knows, so
            pictures are never mirrored.
        eyes: the two points whose distance is 1 of the NME; None: the side of the face box is.
        norm: what the NME is percent of, in words: INTER_OCULAR, INTER_PUPIL or BOX_SIDE.
        face: longer side of the whole face's box, from brows to chin and cheek to cheek, over that of the box
            around the points; None: nobody knows.
        inner: the points of brows, eyes and mouth; None: nobody knows.
    """

    name: str
    count: int
    mirror: tuple[int, ...] | None = None
    eyes: tuple[int, int] | None = None
    norm: str = BOX_SIDE
    face: float | None = None
    inner: tuple[int, ...] | None = None

    def norms(
        self, points: NDArray[np.floating[Any]], boxes: NDArray[np.floating[Any]]
    ) -> NDArray[np.float64]:
        """What errors are divided by.

        Args:
            points: float [N, count, 2], px.
            boxes: float [N, 4], left, top edge, width, height of the face boxes in px.
        Returns:
            float64 [N], px.
        """
        if self.eyes is None:
            sides: NDArray[np.float64] = np.sqrt(np.prod(np.asarray(boxes, np.float64)[:, 2:], axis=1))
            return sides
        return distance(points, self.eyes)

    def facts(self) -> dict[str, Any]:
        """As a card holds it; `mirror` as pairs."""
        pairs = None if self.mirror is None else [[a, b] for a, b in enumerate(self.mirror) if a < b]
        return {
            "name": self.name,
            "points": self.count,
            "mirror": pairs,
            "eyes": None if self.eyes is None else list(self.eyes),
            "norm": self.norm,
        }


OWN = "own"
"""Name of a scheme that nobody knows but its owner."""


def distance(points: NDArray[np.floating[Any]], pair: tuple[int, int]) -> NDArray[np.float64]:
    """Of two points: from float [..., P, 2] to float64 [...], in the unit of the points."""
    a, b = pair
    difference = np.asarray(points, np.float64)[..., a, :] - np.asarray(points, np.float64)[..., b, :]
    found: NDArray[np.float64] = np.sqrt((difference**2).sum(-1))
    return found


def mirror_of(count: int, pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The table of pairs that stand on either side of the face; a point in no pair lies in its middle."""
    table = list(range(count))
    for a, b in pairs:
        table[a], table[b] = b, a
    return tuple(table)
