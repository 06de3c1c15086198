"""How much a wrong face box costs: the error when the box is moved or resized before the crop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from model_zoo.datasets.landmark_set import LandmarkSet

SHIFTS = (0.03, 0.06, 0.10)
"""In face-box sides, in eight directions by turns."""
SIZES = (0.90, 0.95, 1.05, 1.10)
"""Factors on the side of the face box, its centre kept."""


S = TypeVar("S", bound=LandmarkSet)


def moved_boxes(data: S, shift: float, size: float) -> S:
    """The set with every face box moved by `shift` sides, row k to direction k % 8, and resized by `size`."""
    angle = np.arange(len(data)) % 8 * (np.pi / 4)
    side = np.maximum(data.boxes[:, 2], data.boxes[:, 3])
    centre = data.boxes[:, :2] + data.boxes[:, 2:] / 2
    centre = centre + (shift * side)[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    extent = data.boxes[:, 2:] * size
    return replace(data, boxes=np.hstack([centre - extent / 2, extent]).astype(np.float32))


BOX_ERRORS = (
    f"face boxes moved by {', '.join(f'{100 * s:.0f}' for s in SHIFTS)} % of their side by turns, in eight "
    f"directions, and {SIZES[0]:.2f} to {SIZES[-1]:.2f} times as large"
)
"""What `erring_boxes` does, in words."""


def erring_boxes(data: LandmarkSet) -> LandmarkSet:
    """The set with every box wrong: row k has direction k % 8, shift k % 3, size k % 5 of 1 and SIZES."""
    boxes = data.boxes.copy()
    sizes = (1.0, *SIZES)
    for s, shift in enumerate(SHIFTS):
        for z, size in enumerate(sizes):
            rows = np.arange(s, len(data), len(SHIFTS))
            rows = rows[rows % len(sizes) == z]
            boxes[rows] = moved_boxes(data, shift, size).boxes[rows]
    return replace(data, boxes=boxes)


def box_error_costs(data: LandmarkSet, measure: Callable[[LandmarkSet], float]) -> dict[str, float]:
    """NME in percent for each wrong box, by name ("shift 0.03", "size 0.90"), rounded to 4 decimals.

    Args:
        measure: NME in percent of the network on a set with its boxes moved.
    """
    changes = [(f"shift {s:.2f}", s, 1.0) for s in SHIFTS] + [(f"size {s:.2f}", 0.0, s) for s in SIZES]
    return {name: round(float(measure(moved_boxes(data, shift, size))), 4) for name, shift, size in changes}
