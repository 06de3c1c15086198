"""Scenes as a detector is trained on them: a window of a picture, changed in light, with its faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model_zoo.training.ranges import outside

Box = NDArray[np.float64]
RANGES = {
    "least": (0.01, 1.0),
    "most": (0.01, 1.0),
    "small": (0.01, 10.0),
    "wider": (1.0, 16.0),
    "ground": (0.0, 1.0),
    "pasted": (0.0, 1.0),
    "hem": (0.0, 8.0),
    "mirror": (0.0, 1.0),
    "rolled": (0.0, 1.0),
    "roll": (0.0, 180.0),
    "gamma": (0.0, 3.0),
    "contrast": (0.0, 1.0),
    "brightness": (0.0, 255.0),
    "noise": (0.0, 128.0),
    "blur": (0.0, 16.0),
}
"""Of how far scenes are changed."""


@dataclass(frozen=True)
class SceneSpec:
    """How far scenes are changed; the numbers are ranges of uniform draws unless said otherwise.

    Attributes:
        least, most: width of the face that a window is laid around over the window's width, drawn on a
            logarithmic scale.
        small: exponent of that draw; above 1 small faces come more often.
        wider: a window without a face covers 1 / wider to 1 of the picture's width.
        ground: how often what lies outside the picture is a face-free one instead of black.
        pasted: how often of a picture with a face only that face and its surroundings are seen, pasted into a
            face-free picture: a detector that sees such faces does not lean on shoulders and rooms.
        hem: the surroundings reach up to so many widths of the face beyond it on each side.
        mirror: how often a scene is mirrored.
        rolled: how often it is turned, roll: by up to so many degrees either way.
        gamma: exponent 2**-gamma to 2**gamma on the picture's levels.
        contrast: factor 1 - contrast to 1 + contrast about the middle.
        brightness: levels added or taken.
        noise: highest standard deviation of the noise, in levels.
        blur: highest radius of the blur, px of the scene.
    """

    least: float = 0.1
    most: float = 0.8
    small: float = 1.4
    wider: float = 3.0
    ground: float = 0.6
    pasted: float = 0.0
    hem: float = 0.4
    mirror: float = 0.5
    rolled: float = 0.5
    roll: float = 50.0
    gamma: float = 0.6
    contrast: float = 0.35
    brightness: float = 30.0
    noise: float = 8.0
    blur: float = 1.0

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        said = outside(self, RANGES, "task.scene.")
        if not said and self.least > self.most:
            said = f"the task.scene.least is {self.least}; it may be up to task.scene.most, {self.most}"
        return said


def surroundings(box: Box, size: tuple[int, int], spec: SceneSpec, rng: np.random.Generator) -> Box:
    """A part of a picture of this size that holds a face, in whole px: left, top, right, bottom."""
    low = np.floor(box[:2] - rng.uniform(0, spec.hem, 2) * box[2])
    high = np.ceil(box[:2] + box[2:] + rng.uniform(0, spec.hem, 2) * box[2])
    return np.array([*np.maximum(low, 0), *np.minimum(high, size)])


def window_around(box: Box, spec: SceneSpec, aspect: float, rng: np.random.Generator) -> Box:
    """A window (left, top, width, height) that holds a face of a drawn relative size at a drawn place."""
    relative = spec.least * (spec.most / spec.least) ** (rng.random() ** spec.small)
    width = max(box[2] / relative, box[3] * aspect * 0.8)
    height = width / aspect
    room = np.array([width - box[2], height - box[3]])
    start = box[:2] - rng.uniform(0, 1, 2) * room
    return np.array([*start, width, height])


def window_inside(size: tuple[int, int], spec: SceneSpec, aspect: float, rng: np.random.Generator) -> Box:
    """A window somewhere in a picture of this width and height, down to a part of it."""
    whole = max(size[0], size[1] * aspect)
    width = whole / np.exp(rng.uniform(0, np.log(spec.wider)))
    height = width / aspect
    start = [
        rng.uniform(min(0, has - side), max(0, has - side))
        for has, side in zip(size, (width, height), strict=True)
    ]
    return np.array([*start, width, height])


def _inside(
    picture: NDArray[np.uint8], window: Box, width: int, height: int
) -> tuple[tuple[float, float, float, float], slice, slice] | None:
    """The part of the picture that the window shows, and the rows and columns of the scene that it fills."""
    has = np.array([picture.shape[1], picture.shape[0]], np.float64)
    low, high = np.maximum(window[:2], 0), np.minimum(window[:2] + window[2:], has)
    if (high - low < 1).any():
        return None
    zoom = np.array([width, height]) / window[2:]
    first = np.clip(np.round((low - window[:2]) * zoom).astype(int), 0, [width - 1, height - 1])
    last = np.clip(np.round((high - window[:2]) * zoom).astype(int), first + 1, [width, height])
    part = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return part, slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))


def cut(picture: NDArray[np.uint8], window: Box, width: int, height: int) -> NDArray[np.uint8]:
    """The window at the size of the network's input; outside the picture it is black, as on a board."""
    scene = np.zeros((height, width), np.uint8)
    inside = _inside(picture, window, width, height)
    if inside is not None:
        part, rows, columns = inside
        shrinks = width < window[2]
        size = (columns.stop - columns.start, rows.stop - rows.start)
        filters = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
        scene[rows, columns] = np.asarray(Image.fromarray(picture).resize(size, filters, part))
    return scene


def outside_of(picture: NDArray[np.uint8], window: Box, width: int, height: int) -> NDArray[np.bool_]:
    """Bool [height, width]: where the scene does not show the picture."""
    outside = np.ones((height, width), np.bool_)
    inside = _inside(picture, window, width, height)
    if inside is not None:
        outside[inside[1], inside[2]] = False
    return outside


def relit(scene: NDArray[np.uint8], spec: SceneSpec, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another light, a softer lens, noise; black borders stay black but for the noise."""
    levels = np.arange(256, dtype=np.float32) / 255
    gamma, gain = 2 ** rng.uniform(-spec.gamma, spec.gamma), 1 + rng.uniform(-spec.contrast, spec.contrast)
    table = ((levels**gamma - 0.5) * gain + 0.5) * 255 + rng.uniform(-spec.brightness, spec.brightness)
    table[0] = 0
    changed = np.clip(table, 0, 255).astype(np.uint8)[scene]
    blur = rng.uniform(0, spec.blur)
    if blur > 0.3:
        changed = np.asarray(Image.fromarray(changed).filter(ImageFilter.GaussianBlur(float(blur))))
    noisy = changed + rng.standard_normal(changed.shape, np.float32) * np.float32(rng.uniform(0, spec.noise))
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8)
