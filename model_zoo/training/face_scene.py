"""A scene with faces as a detector is trained on it, drawn from one picture of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.face_set import FaceSet
from model_zoo.training.rolled import Roll
from model_zoo.training.scene import SceneSpec, cut, outside_of, relit, window_around, window_inside
from model_zoo.view import View


@dataclass(frozen=True)
class FaceScene:
    """What a network sees, and where the faces of the picture lie in it.

    Attributes:
        pixels: uint8 [height, width].
        boxes: float64 [n, 4], left, top edge, width, height, px of the scene.
        points: float64 [n, P, 2], px edges.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    points: NDArray[np.float64]


def drawn_scene(rows: FaceSet, row: int, spec: SceneSpec, view: View, rng: np.random.Generator) -> FaceScene:
    """A window of a picture, turned, mirrored and in another light.

    Args:
        row: of the picture; another one without a face may fill what lies outside it.
    """
    picture, size = rows.pictures[row], np.array(rows.pictures[row].shape[1::-1], np.float64)
    boxes, points = rows.boxes[row].astype(np.float64), rows.points[row].astype(np.float64) + 0.5
    aspect, known = view.width / view.height, np.flatnonzero(~rows.ignore[row])
    rolled = spec.rolled > 0 and rng.random() < spec.rolled
    angle = np.deg2rad(rng.uniform(-spec.roll, spec.roll)) if rolled else 0.0
    chosen = int(rng.choice(known)) if len(known) else None
    roll = Roll(float(angle), size / 2 if chosen is None else boxes[chosen, :2] + boxes[chosen, 2:] / 2)
    if angle:
        boxes, points = roll.turned_boxes(boxes, points), roll.turned(points)
    if chosen is None:
        window = window_inside((int(size[0]), int(size[1])), spec, aspect, rng)
    else:
        window = window_around(boxes[chosen], spec, aspect, rng)
    if angle:
        scene, outside = roll.cut(picture, window, view.width, view.height)
    else:
        scene = cut(picture, window, view.width, view.height)
        outside = outside_of(picture, window, view.width, view.height)
    if rng.random() < spec.ground and (free := np.flatnonzero(rows.face_free())).size:
        other = rows.pictures[rng.choice(free)]
        ground = window_inside((other.shape[1], other.shape[0]), spec, aspect, rng)
        scene[outside] = cut(other, ground, view.width, view.height)[outside]
    zoom = view.width / window[2]
    boxes = np.concatenate([(boxes[:, :2] - window[:2]) * zoom, boxes[:, 2:] * zoom], 1)
    points = (points - window[:2]) * zoom
    if rng.random() < spec.mirror:
        scene = scene[:, ::-1]
        boxes[:, 0] = view.width - boxes[:, 0] - boxes[:, 2]
        points[..., 0] = view.width - points[..., 0]
        points = points[:, [1, 0, 2, 3]]
    return FaceScene(relit(scene, spec, rng), boxes, points)
