"""Figures of points with a face / no face answer: NME of faces, and who is called none. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.live_set import LiveSet
from model_zoo.evaluation.metrics import score as score_points
from model_zoo.evaluation.score import Further, Score

LOST_PERCENT, KEPT_PERCENT = 0.5, 97.5
"""A threshold is chosen midway between the logit that so many percent of the faces lie below and the one that
so many percent of the face-free crops lie below."""


@dataclass(frozen=True)
class Mark:
    """What is found in one crop.

    Attributes:
        points: float64 [P, 2], picture px.
        presence: logit, high for a face.
    """

    points: NDArray[np.float64]
    presence: float


def chosen_threshold(faces: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """A logit between faces and face-free crops, a multiple of 1/16; 0 without either."""
    if not len(faces) or not len(others):
        return 0.0
    low, high = np.percentile(faces, LOST_PERCENT), np.percentile(others, KEPT_PERCENT)
    return float(np.round((low + high) * 8) / 16)


def score(found: Sequence[Mark], samples: LiveSet, threshold: float | None) -> Score:
    """NME of the faces, and the shares of faces and of face-free crops that are called none.

    The figure of a face-free crop, which has no NME, is 0 where it is called none and 100 otherwise.

    Args:
        threshold: logit from which a crop is called a face; None: chosen by these crops.
    """
    seen = samples.faces()
    logits = np.array([mark.presence for mark in found], np.float64)
    if threshold is None:
        threshold = chosen_threshold(logits[seen], logits[~seen])
    faces = score_points(
        np.stack([mark.points for mark, face in zip(found, seen, strict=True) if face]),
        samples.take(np.flatnonzero(seen)),
    )
    none = logits < threshold
    further: list[Further] = [
        *faces.further,
        Further("faces_called_none", "faces called none", _percent(none[seen]), "%"),
    ]
    if not seen.all():
        further.append(
            Further("face_free_called_none", "face-free crops called none", _percent(none[~seen]), "%")
        )
    further.append(Further("threshold", "logit from which there is a face", threshold))
    each: NDArray[Any] = np.where(none, 0.0, 100.0)
    each[seen] = faces.each
    return replace(
        faces,
        further=tuple(further),
        each=tuple(float(value) for value in each),
        faces=int(seen.sum()),
    )


def _percent(values: NDArray[np.bool_]) -> float:
    return float(100.0 * values.mean())
