"""A scene with faces as a detector is trained on it, drawn from one picture of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.face_set import FaceSet
from model_zoo.training.rolled import Roll
from model_zoo.training.scene import (
    Box,
    SceneSpec,
    cut,
    outside_of,
    relit,
    surroundings,
    window_around,
    window_inside,
)
from model_zoo.view import View


@dataclass(frozen=True)
class FaceScene:
    """What a network sees, and where the faces of the picture lie in it.

    Attributes:
        pixels: uint8 [height, width].
        boxes: float64 [n, 4], left, top edge, width, height, px of the scene.
        points: float64 [n, P, 2], px edges.
        ignore: bool [n], faces of which nothing is learnt.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    points: NDArray[np.float64]
    ignore: NDArray[np.bool_]


def drawn_scene(rows: FaceSet, row: int, spec: SceneSpec, view: View, rng: np.random.Generator) -> FaceScene:
    """A window of a picture, turned, mirrored and in another light.

    Args:
        row: of the picture; another one without a face may fill what lies outside it, or outside of a face
            that is pasted.
    """
    picture, size = rows.pictures[row], np.array(rows.pictures[row].shape[1::-1], np.float64)
    boxes, points = rows.boxes[row].astype(np.float64), rows.points[row].astype(np.float64) + 0.5
    ignore = rows.ignore[row]
    aspect, known = view.width / view.height, np.flatnonzero(~ignore)
    alone = spec.pasted > 0 and len(known) > 0 and rng.random() < spec.pasted
    rolled = spec.rolled > 0 and rng.random() < spec.rolled
    angle = np.deg2rad(rng.uniform(-spec.roll, spec.roll)) if rolled else 0.0
    chosen = int(rng.choice(known)) if len(known) else None
    alone = alone and bool(_touching(boxes[chosen][None], np.array([0, 0, *size]))[0])
    if alone and chosen is not None:
        part = surroundings(boxes[chosen], (int(size[0]), int(size[1])), spec, rng)
        (left, top, right, bottom), inside = part.astype(int), _touching(boxes, part)
        picture, size = picture[top:bottom, left:right], part[2:] - part[:2]
        boxes, points = boxes[inside] - [left, top, 0, 0], points[inside] - [left, top]
        chosen = int(inside[:chosen].sum())
        ignore = np.arange(len(boxes)) != chosen  # they may be cut
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
    if (alone or rng.random() < spec.ground) and (free := np.flatnonzero(rows.face_free())).size:
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
    return FaceScene(relit(scene, spec, rng), boxes, points, ignore)


def _touching(boxes: NDArray[np.float64], part: Box) -> NDArray[np.bool_]:
    """Which boxes [n, 4] a part of a picture (left, top, right, bottom) shows something of: bool [n]."""
    return np.asarray(((boxes[:, :2] < part[2:]) & (boxes[:, :2] + boxes[:, 2:] > part[:2])).all(1))
