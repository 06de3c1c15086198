"""Points in the sides of the crops that a board cuts, and the mean shape in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region
from codegen.program.turned import HALF_TURN
from model_zoo.datasets.landmark_set import LandmarkSet


def _placed(boxes: list[Region]) -> tuple[NDArray[np.float64], ...]:
    """Start [N, 1, 2], side [N, 1, 1] and middle [N, 1, 2] of squares before they are turned, px edges."""
    start = np.array([[box.x, box.y] for box in boxes], np.float64)[:, None]
    side = np.array([box.width for box in boxes], np.float64)[:, None, None]
    return start, side, start + side / 2


def _turns(boxes: list[Region]) -> NDArray[np.float64] | None:
    """What turns the regions about their middles, [N, 2, 2]; None where all lie level."""
    turns = np.array([box.turn for box in boxes]) * (np.pi / HALF_TURN)
    if not turns.any():
        return None
    cos, sin = np.cos(turns), np.sin(turns)
    found: NDArray[np.float64] = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    return found


def in_crop(points: NDArray[np.floating[Any]], boxes: list[Region]) -> NDArray[np.float64]:
    """Picture px -> crop sides: float64 [N, P, 2], 0..1 inside the crop."""
    start, side, middle = _placed(boxes)
    edges, turns = np.asarray(points, np.float64) + 0.5, _turns(boxes)
    if turns is not None:
        edges = (edges - middle) @ turns + middle  # by the transposed matrix: back
    inside: NDArray[np.float64] = (edges - start) / side
    return inside


def in_picture(points: NDArray[np.floating[Any]], boxes: list[Region]) -> NDArray[np.float64]:
    """Crop sides -> picture px, the reverse of in_crop."""
    start, side, middle = _placed(boxes)
    outside: NDArray[np.float64] = np.asarray(points, np.float64) * side + start
    turns = _turns(boxes)
    if turns is not None:
        outside = (outside - middle) @ turns.transpose(0, 2, 1) + middle
    return outside - 0.5


def mean_shape(data: LandmarkSet, margin: float) -> NDArray[np.float64]:
    """Mean of the points in crop sides, symmetric where mirror points are known: float64 [P, 2]."""
    boxes = [data.crop_box(k, margin) for k in range(len(data))]
    mean: NDArray[np.float64] = in_crop(data.points, boxes).mean(0)
    if data.scheme.mirror is None:
        return mean
    mirrored = mean[list(data.scheme.mirror)] * [-1.0, 1.0] + [1.0, 0.0]
    symmetric: NDArray[np.float64] = (mean + mirrored) / 2
    return symmetric
