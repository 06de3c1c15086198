"""Boxes that err as a detector's do, and crops that are worse than that, by a fixed seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_zoo.datasets.live_set import LiveSet
from model_zoo.evaluation.robustness import moved_boxes

SHIFT, SIZE, SEED = 0.05, 0.07, 20
DETECTOR_ERRORS = (
    f"boxes shifted along both axes by normal deviates of {100 * SHIFT:.0f} % of their side, and made "
    f"larger or smaller by one of {100 * SIZE:.0f} %"
)
"""What `like_a_detectors` does, in words."""


def like_a_detectors(data: LiveSet) -> LiveSet:
    """The set with every box moved and resized; what happens to a row hangs on its place alone."""
    drawn = np.random.default_rng(SEED).normal(0, 1, (len(data), 3))
    side = np.maximum(data.boxes[:, 2], data.boxes[:, 3])[:, None].astype(np.float64)
    extent = data.boxes[:, 2:] * np.maximum(0.5, 1 + SIZE * drawn[:, :1])
    centre = data.boxes[:, :2] + data.boxes[:, 2:] / 2 + SHIFT * side * drawn[:, 1:]
    return replace(data, boxes=np.concatenate([centre - extent / 2, extent], 1).astype(np.float32))


def turned_eyes(data: LiveSet, degrees: float) -> LiveSet:
    """The set with the line of the eyes turned about its middle, in odd rows the other way round."""
    angle = np.deg2rad(degrees) * np.where(np.arange(len(data)) % 2, -1.0, 1.0)
    half = (data.eyes[:, 1] - data.eyes[:, 0]).astype(np.float64) / 2
    cos, sin = np.cos(angle), np.sin(angle)
    half = np.stack([cos * half[:, 0] - sin * half[:, 1], sin * half[:, 0] + cos * half[:, 1]], -1)
    middle = data.eyes.mean(1)
    return replace(data, eyes=np.stack([middle - half, middle + half], 1).astype(np.float32))


def level_crops(data: LiveSet) -> LiveSet:
    """The set with eyes on one level, so that no crop is turned."""
    eyes = data.eyes.copy()
    eyes[:, 1] = eyes[:, 0] + np.array([1, 0], np.float32)
    return replace(data, eyes=eyes)


def worse_crops(data: LiveSet) -> dict[str, LiveSet]:
    """Sets in which all crops are wrong in one way, by its name."""
    return {
        "detector's box errors": like_a_detectors(data),
        "shift 0.10": moved_boxes(data, 0.10, 1.0),
        "size 0.80": moved_boxes(data, 0.0, 0.80),
        "size 1.20": moved_boxes(data, 0.0, 1.20),
        "eyes turned 10 degrees": turned_eyes(data, 10.0),
        "not turned": level_crops(data),
    }
