"""How much a wrong face box costs: the error when the box is moved or resized before the crop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codegen.program.decoders.points import Points
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.evaluation.engines import Engine
from model_zoo.evaluation.evaluate import predict_points
from model_zoo.evaluation.metrics import image_errors

SHIFTS = (0.03, 0.06, 0.10)
"""In face-box sides, in eight directions by turns."""
SIZES = (0.90, 0.95, 1.05, 1.10)
"""Factors on the side of the face box, its centre kept."""


def moved_boxes(data: LandmarkSet, shift: float, size: float) -> LandmarkSet:
    """The set with every face box moved by `shift` sides, row k to direction k % 8, and resized by `size`."""
    angle = np.arange(len(data)) % 8 * (np.pi / 4)
    side = np.maximum(data.boxes[:, 2], data.boxes[:, 3])
    centre = data.boxes[:, :2] + data.boxes[:, 2:] / 2
    centre = centre + (shift * side)[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    extent = data.boxes[:, 2:] * size
    return replace(data, boxes=np.hstack([centre - extent / 2, extent]).astype(np.float32))


def box_error_costs(
    data: LandmarkSet, engine: Engine, decoder: Points, margin: float, width: int, height: int
) -> dict[str, float]:
    """NME in percent for each wrong box, by name ("shift 0.03", "size 0.90"), rounded to 4 decimals."""
    costs = {}
    changes = [(f"shift {s:.2f}", s, 1.0) for s in SHIFTS] + [(f"size {s:.2f}", 0.0, s) for s in SIZES]
    for name, shift, size in changes:
        points = predict_points(moved_boxes(data, shift, size), engine, decoder, margin, width, height)
        costs[name] = round(float(image_errors(points, data.points).mean()), 4)
    return costs
