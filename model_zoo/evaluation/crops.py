"""Points in the sides of the crops that a board cuts, and the mean shape in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region
from model_zoo.datasets.landmark_set import LandmarkSet


def in_crop(points: NDArray[np.floating[Any]], boxes: list[Region]) -> NDArray[np.float64]:
    """Picture px -> crop sides: float64 [N, P, 2], 0..1 inside the crop."""
    start = np.array([[box.x, box.y] for box in boxes], np.float64)[:, None]
    side = np.array([box.width for box in boxes], np.float64)[:, None, None]
    inside: NDArray[np.float64] = (np.asarray(points, np.float64) + 0.5 - start) / side
    return inside


def in_picture(points: NDArray[np.floating[Any]], boxes: list[Region]) -> NDArray[np.float64]:
    """Crop sides -> picture px, the reverse of in_crop."""
    start = np.array([[box.x, box.y] for box in boxes], np.float64)[:, None]
    side = np.array([box.width for box in boxes], np.float64)[:, None, None]
    outside: NDArray[np.float64] = np.asarray(points, np.float64) * side + start - 0.5
    return outside


def mean_shape(data: LandmarkSet, margin: float) -> NDArray[np.float64]:
    """Mean of the points in crop sides, symmetric where mirror points are known: float64 [P, 2]."""
    boxes = [data.crop_box(k, margin) for k in range(len(data))]
    mean: NDArray[np.float64] = in_crop(data.points, boxes).mean(0)
    if data.scheme.mirror is None:
        return mean
    mirrored = mean[list(data.scheme.mirror)] * [-1.0, 1.0] + [1.0, 0.0]
    symmetric: NDArray[np.float64] = (mean + mirrored) / 2
    return symmetric
