"""Crops as a program cuts them around what a detector found: displaced, of a wrong size, nearly level.

Maps go from crop coordinates (0..1 across the crop) to picture px, pixel k covering k to k + 1, as `augment`
has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.program.decoders.marks import FOREHEAD
from model_zoo.datasets.live_set import ASPECT, LiveSet
from model_zoo.training.augment import (
    AugmentSpec,
    apply,
    drawn_changes,
    extent_of,
    inverse_of,
    rotations,
    warp,
)
from model_zoo.training.ranges import outside

MIDDLE = np.array([[0.5, 0.5]])
RANGES = {
    "level_deg": (0.0, 60.0),
    "coarse": (0.0, 1.0),
    "least_px": (8.0, 4095.0),
    "ground": (0.0, 1.0),
    "astray": (0.0, 1.0),
}
"""Of how far crops err, beside `free`."""


@dataclass(frozen=True)
class LiveSpec:
    """How far crops are from those around labelled boxes.

    Attributes:
        level_deg: deviation of the eyes' line from level, as key points err; cut at three times that.
        coarse: how often a picture is taken from so far that a crop has few pixels.
        least_px: fewest picture px along a crop's side then; up to the input's, on a logarithmic scale.
        ground: how often what lies outside a picture is a face-free one instead of black.
        astray: how often a crop of a face lies beside it, or shows a small part of it.
        free: height of a box in a face-free picture over its shorter side, on a logarithmic scale.
    """

    level_deg: float = 5.0
    coarse: float = 0.5
    least_px: float = 44.0
    ground: float = 0.7
    astray: float = 0.1
    free: tuple[float, float] = (0.15, 1.0)

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        if len(self.free) != 2 or not 0.01 <= self.free[0] <= self.free[1] <= 2:
            return f"the task.live.free is {list(self.free)}; it may lie between 0.01 and 2"
        return outside(self, RANGES, "task.live.")


def _level_maps(
    inverse: NDArray[np.float64],
    centre: NDArray[np.float64],
    crop: NDArray[np.float64],
    turn: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Squares of this side about a centre of the changed picture, turned, and back into the picture."""
    square = rotations(turn) * crop[:, None, None]
    maps = np.empty((len(crop), 2, 3))
    maps[:, :, :2] = inverse @ square
    start = centre - apply(square, np.broadcast_to(MIDDLE, (len(crop), 1, 2)))[:, 0]
    maps[:, :, 2] = apply(inverse, start[:, None])[:, 0]
    return maps


def face_maps(
    rows: LiveSet, margin: float, augment: AugmentSpec, spec: LiveSpec, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Crops of faces: the picture is turned, mirrored and stretched, the face gets the box of its points,
    the box errs, and the crop around it is turned by the eyes, nearly.

    Args:
        rows: faces only.
        margin: crop side over the box's longer side.
    Returns:
        float64 [N, 2, 3], and bool [N], mirrored or not.
    """
    n = len(rows)
    forward, mirrored, scale, shift = drawn_changes(n, augment, rng)
    low, high = extent_of(apply(forward, rows.points.astype(np.float64) + 0.5))
    low[:, 1] -= FOREHEAD * (high[:, 1] - low[:, 1])
    side = (high - low).max(-1)
    across = apply(forward, (rows.eyes[:, 1:] - rows.eyes[:, :1]).astype(np.float64))[:, 0]
    across[mirrored] *= -1  # the right eye is the left one then
    level = np.clip(rng.normal(0, 1, n), -3, 3) * np.deg2rad(spec.level_deg)
    turn = np.arctan2(across[:, 1], across[:, 0]) + level
    centre = (low + high) / 2 + shift * side[:, None]
    return _level_maps(inverse_of(forward), centre, side * margin * scale, turn), mirrored


def free_maps(
    rows: LiveSet, margin: float, augment: AugmentSpec, spec: LiveSpec, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Crops somewhere in pictures, of a drawn size and turn, mirrored or not: float64 [N, 2, 3]."""
    n = len(rows)
    forward, _, _, _ = drawn_changes(n, augment, rng)
    sizes = np.array([[picture.shape[1], picture.shape[0]] for picture in rows.pictures]).reshape(n, 2)
    height = np.exp(rng.uniform(np.log(spec.free[0]), np.log(spec.free[1]), n)) * sizes.min(-1)
    box = np.stack([ASPECT * height, height], -1)
    centre = box / 2 + rng.uniform(0, 1, (n, 2)) * np.maximum(sizes - box, 0)
    inverse = inverse_of(forward)
    inside = apply(forward, centre[:, None])[:, 0]
    return _level_maps(inverse, inside, height * margin, np.zeros(n))


def lead_astray(maps: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Crops that lie beside what they lay around, by turns those of a small part of it: float64 [N, 2, 3]."""
    n = len(maps)
    inside = rng.random(n) < 0.3
    size = np.where(inside, rng.uniform(0.2, 0.4, n), np.exp(rng.uniform(-0.4, 0.3, n)))
    away = np.where(inside, rng.uniform(0, 0.4, n), rng.uniform(0.6, 1.1, n))
    angle = rng.uniform(0, 2 * np.pi, n)
    middle = 0.5 + away[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    astray = np.empty_like(maps)
    astray[:, :, :2] = maps[:, :, :2] * size[:, None, None]
    start = middle - size[:, None] / 2
    astray[:, :, 2] = apply(maps[:, :, :2], start[:, None])[:, 0] + maps[:, :, 2]
    return astray


def cut(
    pictures: list[NDArray[np.uint8]],
    maps: NDArray[np.float64],
    size: int,
    spec: LiveSpec,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Crops of pictures, some from far away: uint8 [N, size, size], black outside."""
    maps, seen = maps.copy(), list(pictures)
    sides = np.hypot(maps[:, 0, :2], maps[:, 1, :2]).max(-1)
    few = np.exp(rng.uniform(np.log(min(spec.least_px, size)), np.log(size), len(maps)))
    for k in np.flatnonzero((rng.random(len(maps)) < spec.coarse) & (few < sides)):
        seen[k], factors = _smaller(pictures[k], float(few[k] / sides[k]))
        maps[k] *= factors[:, None]
    return warp(tuple(seen), maps, size)


def _smaller(picture: NDArray[np.uint8], factor: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A picture brought to about `factor` of its size by area average, and by how much x and y shrank."""
    height, width = picture.shape
    size = max(1, round(width * factor)), max(1, round(height * factor))
    shrunk = Image.fromarray(picture).resize(size, Image.Resampling.BOX)
    return np.asarray(shrunk), np.array([size[0] / width, size[1] / height])


def lay_ground(
    crops: NDArray[np.uint8],
    pictures: list[NDArray[np.uint8]],
    maps: NDArray[np.float64],
    grounds: NDArray[np.uint8],
) -> None:
    """Puts other crops where crops lie outside their pictures, in place.

    Args:
        crops: uint8 [N, size, size].
        pictures, maps: that they were cut from, by which.
        grounds: uint8 [N, size, size].
    """
    size = crops.shape[1]
    for k, picture in enumerate(pictures):
        corners = (
            apply(maps[k : k + 1, :, :2], np.array([[[0, 0], [1, 0], [0, 1], [1, 1]]]))[0] + maps[k, :, 2]
        )
        if (corners >= 0).all() and (corners <= [picture.shape[1], picture.shape[0]]).all():
            continue
        whole = np.full(picture.shape, 255, np.uint8)
        outside = warp((whole,), maps[k : k + 1], size)[0] < 128
        crops[k][outside] = grounds[k][outside]
