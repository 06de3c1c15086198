"""Recall of a face detector at a rate of false alarms a face-free picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError

LEAST_OVERLAP = 0.5
"""Intersection over union from which a box is a hit (PASCAL VOC, Everingham 2010, section 4.2)."""

WANTED = "Use pictures with faces and face-free ones."


@dataclass(frozen=True)
class Detections:
    """What a detector says of one picture.

    Attributes:
        boxes: float64 [n, 4], left and top edge, width, height, px.
        scores: float64 [n].
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Hits and false alarms of a whole part.

    Attributes:
        hits: float64 [faces], the score at which each counted face is found, -inf where it never is.
        owners: int64 [faces], whose picture each is of.
        alarms: float64, scores of all boxes in face-free pictures, falling.
        free: number of face-free pictures.
    """

    hits: NDArray[np.float64]
    owners: NDArray[np.int64]
    alarms: NDArray[np.float64]
    free: int

    def threshold(self, rate: float) -> float:
        """The lowest score above which at most `rate` false alarms a face-free picture are left; -inf where
        all boxes together are no more.

        Raises:
            DataError: there is no face-free picture to count them on.
        """
        if not self.free:
            raise DataError(
                "false alarms are counted on face-free pictures, and there are none", "recall", WANTED
            )
        allowed = int(rate * self.free)
        return float(np.nextafter(self.alarms[allowed], np.inf)) if allowed < len(self.alarms) else -np.inf

    def found(self, rate: float) -> NDArray[np.bool_]:
        """Bool [faces]: which are found at that rate."""
        return (self.hits >= self.threshold(rate)) & np.isfinite(self.hits)

    def recall(self, rate: float) -> float:
        """Percent of the counted faces that are found at that rate.

        Raises:
            DataError: there is no counted face, or no face-free picture.
        """
        if not len(self.hits):
            raise DataError("recall is percent of the faces that count, and there are none", "recall", WANTED)
        return 100.0 * float(self.found(rate).mean())


def overlaps(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each of n boxes with each of m: float64 [n, m]."""
    a, b = boxes[:, None], others[None]
    sides = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.maximum(sides, 0), -1)
    return np.asarray(shared / np.maximum(1e-9, np.prod(a[..., 2:], -1) + np.prod(b[..., 2:], -1) - shared))


def middles_inside(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """How near the middle of each of n boxes is to that of each of m others: 1 at it, LEAST_OVERLAP on the
    other's edge, less outside; float64 [n, m]."""
    a, b = boxes[:, None], others[None]
    away = np.abs(a[..., :2] + a[..., 2:] / 2 - b[..., :2] - b[..., 2:] / 2) / np.maximum(1e-9, b[..., 2:])
    return np.asarray(1.0 - away.max(-1))


Nearness = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Of each of n boxes to each of m faces, float64 [n, m]; LEAST_OVERLAP or more is a hit."""


def taken(found: Detections, faces: NDArray[np.float64], nearness: Nearness = overlaps) -> NDArray[np.int64]:
    """The face that each box finds, -1 for none: int64 [boxes]; the best box chooses first, each face is
    found once.

    Args:
        faces: float64 [n, 4], those that count.
        nearness: by which a box hits.
    """
    told = np.full(len(found.scores), -1)
    if not len(found.scores) or not len(faces):
        return told
    shared, free = nearness(found.boxes, faces), np.ones(len(faces), np.bool_)
    for box in np.argsort(-found.scores, kind="stable"):
        left = np.where(free, shared[box], 0.0)
        face = int(left.argmax())
        if left[face] >= LEAST_OVERLAP:
            told[box], free[face] = face, False
    return told


def hits_of(
    found: Detections, faces: NDArray[np.float64], nearness: Nearness = overlaps
) -> NDArray[np.float64]:
    """The score at which each face is found, -inf where it never is; arguments as of `taken`."""
    hits, told = np.full(len(faces), -np.inf), taken(found, faces, nearness)
    hits[told[told >= 0]] = found.scores[told >= 0]
    return hits


def curve_of(
    found: Sequence[Detections],
    faces: Sequence[NDArray[np.float64]],
    face_free: NDArray[np.bool_],
    nearness: Nearness = overlaps,
) -> Curve:
    """Holds detections against labels.

    Args:
        found: of N pictures.
        faces: N of float64 [n, 4], those that count.
        face_free: bool [N]; boxes in them are false alarms, boxes beside faces in others are neither hit nor
            false alarm.
        nearness: by which a box hits a face.
    """
    hits = [hits_of(one, boxes, nearness) for one, boxes in zip(found, faces, strict=True)]
    owners = np.repeat(np.arange(len(hits)), [len(one) for one in hits])
    alarms = [one.scores for one, free in zip(found, face_free, strict=True) if free]
    return Curve(
        hits=np.concatenate([np.empty(0), *hits]),
        owners=owners.astype(np.int64),
        alarms=np.sort(np.concatenate([np.empty(0), *alarms]))[::-1],
        free=int(face_free.sum()),
    )
