"""Where a face detector is weak: recall by width and by roll of faces, false alarms by source of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from model_zoo.datasets.face_set import FaceSet
from model_zoo.evaluation.recall import Curve, Detections
from model_zoo.evaluation.score import Further

WIDTHS = (0.12, 0.2, 0.35, np.inf)
"""Edges of the groups of widths, in parts of the picture brought to the network's aspect."""
ROLLS = (0.0, 10.0, 20.0, np.inf)
"""Edges of the groups of rolls, degrees."""


def rolls(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far the line through both eyes leans, degrees 0 to 90; NaN where they are not known.

    Args:
        points: float [faces, K, 2], the left eye first, then the right one.
    """
    across = points[:, 1].astype(np.float64) - points[:, 0]
    return np.degrees(np.arctan2(np.abs(across[:, 1]), np.abs(across[:, 0])))


def by_group(
    key: str,
    what: str,
    unit: str,
    values: NDArray[np.floating],
    edges: Sequence[float],
    found: NDArray[np.bool_],
) -> tuple[Further, ...]:
    """Recall of the faces in each group; groups without a face are left out.

    Args:
        values: float [faces], by which they are grouped; NaN is in no group.
        found: bool [faces].
    """
    told = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        if inside.any():
            span = f"from {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
            label = f"{what} {span} {unit} ({counted(int(inside.sum()), 'face')})"
            told.append(Further(f"recall_{key}_{low:g}", label, 100.0 * float(found[inside].mean()), "%"))
    return tuple(told)


def by_source(
    samples: FaceSet, found: Sequence[Detections], face_free: NDArray[np.bool_], threshold: float
) -> tuple[Further, ...]:
    """False alarms a face-free picture of each source, by the beginning of its files' names."""
    alarms: dict[str, list[int]] = {}
    for file, one, free in zip(samples.files, found, face_free, strict=True):
        if free:
            source = next((name for name in samples.sources if file.startswith(f"{name}_")), "others")
            alarms.setdefault(source, []).append(int((one.scores >= threshold).sum()))
    return tuple(
        Further(
            f"alarms_{source}",
            f"false alarms a picture, {source} ({counted(len(counts), 'picture')})",
            float(np.mean(counts)),
        )
        for source, counts in sorted(alarms.items())
    )


def parts_of(
    curve: Curve,
    rate: float,
    widths: NDArray[np.floating],
    points: NDArray[np.floating],
    samples: FaceSet,
    found: Sequence[Detections],
) -> tuple[Further, ...]:
    """All of them at one rate of false alarms.

    Args:
        widths: float [faces], of the counted faces, in parts of their picture.
        points: float [faces, K, 2], their key points.
        found: in each picture.
    """
    hits = curve.found(rate)
    return (
        *by_group("width", "faces", "of the width", widths, WIDTHS, hits),
        *by_group("roll", "faces rolled by", "degrees", rolls(points), ROLLS, hits),
        *by_source(samples, found, samples.face_free(), curve.threshold(rate)),
    )
