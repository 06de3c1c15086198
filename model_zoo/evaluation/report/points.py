"""What a report tells of points: errors by part of the face, turn and size of the head, and their curve."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from model_zoo.datasets import points68
from model_zoo.datasets.landmark_scheme import BOX_SIDE
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.evaluation.metrics import area_under_curve, failure_rate, image_errors
from model_zoo.evaluation.report.sections import Line, Plot, Section, Table
from model_zoo.evaluation.score import bootstrap_interval

LIMITS = (8.0, 10.0)
"""Percent: to which the area under the curve goes, and above which a picture has failed."""
CURVE_TO, STEPS = 15.0, 60
"""Percent, and points of the curve."""
TURNS = (0.0, 0.1, 0.25, np.inf)
"""Edges of the groups of heads by how far the tip of the nose lies beside the middle between the eyes, in
distances of the outer eye corners: about 10 and 25 degrees of yaw, if the nose stands out by 0.55 of it."""
SIZES = (0.0, 48.0, 96.0, 192.0, np.inf)
"""Edges of the groups of faces, px of the longer side of the box."""
EYES, NOSE_TIP = points68.OUTER_EYE_CORNERS, 30


def interval(values: NDArray[np.float64], identities: NDArray[np.int32]) -> str:
    """The 95 % interval of a mean by person, in words; "" of too few people."""
    found = bootstrap_interval(values, identities)
    return "" if found is None else f"{found[0]:.2f} to {found[1]:.2f}"


def nose_beside(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far the tip of the nose lies beside the middle between the outer eye corners, along their line and
    in parts of their distance: from 68 points [N, 68, 2] to float64 [N]."""
    left, right = (points[:, corner].astype(np.float64) for corner in EYES)
    across = right - left
    tip = points[:, NOSE_TIP].astype(np.float64) - (left + right) / 2
    beside: NDArray[np.float64] = np.abs((tip * across).sum(-1)) / np.maximum((across**2).sum(-1), 1e-9)
    return beside


def _by_group(
    title: str,
    what: str,
    values: NDArray[np.float64],
    edges: Sequence[float],
    errors: NDArray[np.float64],
    identities: NDArray[np.int32],
    note: str = "",
) -> Table:
    rows = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        if inside.any():
            span = f"from {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
            mean = float(errors[inside].mean())
            told = interval(errors[inside], identities[inside])
            rows.append((span, int(inside.sum()), mean, told, failure_rate(errors[inside], LIMITS[1])))
    columns = (what, "faces", "NME, %", "95 % interval by person", f"above {LIMITS[1]:g} %, %")
    return Table(title, columns, tuple(rows), note)


def _norms(errors: NDArray[np.float64], found: NDArray[np.float64], samples: LandmarkSet) -> Table:
    sides = np.sqrt(np.prod(samples.boxes[:, 2:].astype(np.float64), 1))
    norms = {samples.scheme.norm: errors, BOX_SIDE: image_errors(found, samples.points, sides)}
    rows: list[tuple[str | float, ...]] = []
    for name, values in norms.items():
        rows.append(
            (
                name,
                float(values.mean()),
                interval(values, samples.identities),
                float(np.median(values)),
                area_under_curve(values, LIMITS[0]),
                *(failure_rate(values, limit) for limit in LIMITS),
            )
        )
    first, second = LIMITS
    columns = (
        *("percent of", "NME, %", "95 % interval by person", "median, %"),
        *(f"AUC at {first:g} %", f"above {first:g} %, %", f"above {second:g} %, %"),
    )
    return Table("Error", columns, tuple(rows))


def _regions(found: NDArray[np.float64], samples: LandmarkSet) -> Table:
    distances = np.linalg.norm(found - samples.points.astype(np.float64), axis=-1)
    errors = 100.0 * distances / samples.norms[:, None]
    rows = []
    for name, (points, _) in points68.PARTS.items():
        own = errors[:, list(points)].mean(1)
        rows.append((name, len(points), float(own.mean()), interval(own, samples.identities)))
    return Table(
        "Parts of the face",
        ("part", "points", "NME, %", "95 % interval by person"),
        tuple(rows),
        "Left and right as the picture shows them.",
    )


def curve(errors: NDArray[np.float64]) -> Line:
    """The cumulative error distribution: percent of the faces below each error."""
    steps = np.linspace(0, CURVE_TO, STEPS + 1)
    shares = 100.0 * np.searchsorted(np.sort(errors), steps, "right") / len(errors)
    return Line("faces", tuple((float(x), float(y)) for x, y in zip(steps, shares, strict=True)))


def told_of_points(found: NDArray[np.float64], samples: LandmarkSet) -> tuple[Section, ...]:
    """All of it.

    Args:
        found: float64 [N, P, 2], picture px.
        samples: N faces.
    """
    errors = image_errors(found, samples.points, samples.norms)
    identities = samples.identities
    sections: list[Section] = [
        _norms(errors, found, samples),
        Plot(
            "Cumulative error distribution",
            f"error, % of {samples.scheme.norm}",
            "faces below it, %",
            (curve(errors),),
            f"{counted(len(errors), 'face')}.",
        ),
    ]
    if samples.scheme.name == points68.SCHEME.name:
        sections += [
            _regions(found, samples),
            _by_group(
                "Turn of the head",
                "tip of the nose beside the middle of the eyes, eye distances",
                nose_beside(samples.points),
                TURNS,
                errors,
                identities,
                "From the labels; 0.1 and 0.25 are about 10 and 25 degrees of yaw.",
            ),
        ]
    sides = samples.boxes[:, 2:].max(1).astype(np.float64)
    sections.append(
        _by_group("Size of the face", "longer side of its box, px", sides, SIZES, errors, identities)
    )
    return tuple(sections)
