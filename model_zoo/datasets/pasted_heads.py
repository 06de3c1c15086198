"""Rendered heads pasted into textured grounds, and such grounds without any; needs no data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from model_zoo.datasets import dataset
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.datasets.live_set import detector_boxes, eyes_of
from model_zoo.datasets.render_cache import Report
from model_zoo.datasets.samples import HEADS
from model_zoo.datasets.synthetic import PICTURE_SIDE_PX, paint
from model_zoo.datasets.synthetic_shape import random_expression, random_identity

NAME = "pasted-heads"
WIDTH, HEIGHT = 240, 180
SMALLEST, LARGEST = 0.12, 0.6
"""Width of a face over the picture's, drawn on a logarithmic scale."""
MOST_HEADS = 3
WITHOUT = 0.5
"""Share of the pictures without a head."""


def ground(rng: np.random.Generator) -> NDArray[np.float32]:
    """Soft patches of several sizes, stripes and plain shapes: float32 [HEIGHT, WIDTH]."""
    picture = np.full((HEIGHT, WIDTH), rng.uniform(20, 235), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        cells = rng.uniform(-1, 1, tuple(rng.integers(2, 40, 2))).astype(np.float32)
        soft = Image.fromarray(cells).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        picture += np.float32(rng.uniform(5, 60)) * np.asarray(soft, np.float32)
    if rng.random() < 0.4:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(4, 40)
        wave = np.sin((np.cos(angle) * x + np.sin(angle) * y) * (2 * np.pi / pitch))
        picture += np.asarray(rng.uniform(5, 50) * wave, np.float32)
    shapes = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(shapes)
    for _ in range(int(rng.integers(0, 9))):
        low = rng.uniform(-40, [WIDTH, HEIGHT])
        high = low + rng.uniform(4, 120, 2)
        paint_it = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        paint_it((*low.tolist(), *high.tolist()), fill=int(rng.integers(0, 256)))
    return np.asarray(shapes.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5)))), np.float32)


def _head(
    person: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """A rendered head, its 68 points, and a soft mask of it: uint8 and float32 [160, 160]."""
    picture, points = paint(random_identity(np.random.default_rng((11, person))), random_expression(rng), rng)
    low, high = points.min(0), points.max(0)
    reach = (high - low) * [0.16, 0.12]
    mask = Image.new("L", (PICTURE_SIDE_PX, PICTURE_SIDE_PX))
    top = low[1] - (high[1] - low[1]) * 0.45
    ImageDraw.Draw(mask).ellipse((low[0] - reach[0], top, high[0] + reach[0], high[1] + reach[1]), fill=255)
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(3)), np.float32)
    return picture, points, np.asarray(soft / 255, np.float32)


def key_points(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Both eyes, nose and mouth of 68 points: float32 [4, 2]."""
    return np.stack([*eyes_of(points[None])[0], points[30], points[48:60].mean(0)])


def scene(
    person: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """A ground with up to MOST_HEADS heads: uint8 [HEIGHT, WIDTH], boxes and key points of each."""
    picture, boxes, points = ground(rng), list[NDArray[np.float32]](), list[NDArray[np.float32]]()
    heads = 0 if rng.random() < WITHOUT else int(rng.integers(1, MOST_HEADS + 1))
    for number in range(heads):
        head, marks, mask = _head(MOST_HEADS * person + number, rng)
        wide = WIDTH * float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        zoom = min(wide / float(np.ptp(marks[:, 0])), HEIGHT / PICTURE_SIDE_PX)
        side = max(8, round(PICTURE_SIDE_PX * zoom))
        at = rng.uniform(-0.15 * side, [WIDTH - 0.85 * side, HEIGHT - 0.85 * side]).round().astype(int)
        zoom = side / PICTURE_SIDE_PX
        placed = (marks + 0.5) * np.float32(zoom) - 0.5 + at.astype(np.float32)
        box = detector_boxes(placed[None])[0]
        inside = (box[:2] >= 0).all() and (box[:2] + box[2:] <= [WIDTH, HEIGHT]).all()
        if not inside or any(touch(box, other) for other in boxes):
            continue
        _paste(picture, head, mask, at, side)
        boxes.append(box)
        points.append(key_points(placed))
    noisy = picture + rng.normal(0, rng.uniform(0, 5), picture.shape)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8), boxes, points


def touch(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether two boxes, float32 [4], share a part."""
    return bool((np.minimum(a[:2] + a[2:], b[:2] + b[2:]) > np.maximum(a[:2], b[:2])).all())


def _paste(
    picture: NDArray[np.float32],
    head: NDArray[np.uint8],
    mask: NDArray[np.float32],
    at: NDArray[np.integer],
    side: int,
) -> None:
    """Blends a head of this side into the picture, in place; it may reach over the border."""
    small = [
        np.asarray(Image.fromarray(layer).resize((side, side), Image.Resampling.BOX), np.float32)
        for layer in (head.astype(np.float32), mask)
    ]
    x, y = max(0, int(at[0])), max(0, int(at[1]))
    window = picture[y : int(at[1]) + side, x : int(at[0]) + side]
    rows = slice(y - int(at[1]), y - int(at[1]) + window.shape[0])
    columns = slice(x - int(at[0]), x - int(at[0]) + window.shape[1])
    weight = small[1][rows, columns]
    window += weight * (small[0][rows, columns] - window)


SCENES, SEED = 800, 0
"""Of the set that commands use."""


@lru_cache(maxsize=2)
def generate(scenes: int, seed: int) -> FaceSet:
    """Scenes 0 to scenes - 1; each is a function of (seed, its number) alone, with people of its own."""
    return _generate(scenes, seed, lambda done, total: None)


def _generate(scenes: int, seed: int, report: Report) -> FaceSet:
    told = []
    for number in range(scenes):
        report(number, scenes)
        told.append(scene(number, np.random.default_rng((seed, number, 5))))
    report(scenes, scenes)
    return _set_of(
        pictures=np.stack([picture for picture, _, _ in told]),
        identities=np.arange(scenes, dtype=np.int32),
        files=tuple(f"{NAME}{number:05d}" for number in range(scenes)),
        boxes=tuple(np.array(boxes, np.float32).reshape(-1, 4) for _, boxes, _ in told),
        ignore=tuple(np.zeros(len(boxes), np.bool_) for _, boxes, _ in told),
        points=tuple(np.array(points, np.float32).reshape(-1, len(KEY_POINTS), 2) for _, _, points in told),
    )


def _set_of(**columns: Any) -> FaceSet:
    return FaceSet(name=NAME, licence="made by this program; free of rights", made=HEADS, **columns)


@dataset(NAME, task="faces", renders=_set_of)
def scenes(report: Report) -> FaceSet:
    """The set that a command uses where there are no real pictures."""
    return _generate(SCENES, SEED, report)
