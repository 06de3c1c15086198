"""A person's skin as a layer of the atlas: spots, cheeks, wrinkles, brows, lids and lips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from model_zoo.datasets.ict.anatomy import ATLAS, PX_PER_CM, Anatomy, Rows
from model_zoo.datasets.ict.person import Person

Draw = Callable[[ImageDraw.ImageDraw], Any]
CLOSED_LIPS = list(range(48, 60))


def layer(draw: Draw, soft_px: float) -> Rows:
    """What is drawn in white on black, with soft edges: float32 ATLAS, 0 to 1."""
    image = Image.new("L", ATLAS[::-1])
    draw(ImageDraw.Draw(image))
    if soft_px > 0:
        image = image.filter(ImageFilter.GaussianBlur(soft_px))
    return np.asarray(image, np.float32) * np.float32(1 / 255)


def noise(rng: np.random.Generator, rows: int, columns: int) -> Rows:
    """Soft spots, so many of them down and across: float32 ATLAS, of deviation about 1."""
    cells = rng.standard_normal((rows, columns), np.float32)
    return np.asarray(Image.fromarray(cells).resize(ATLAS[::-1], Image.Resampling.BICUBIC), np.float32)


def by(places: NDArray[Any], dx: float, dy: float) -> NDArray[Any]:
    """Places moved by so many px of the atlas."""
    moved: NDArray[Any] = places + np.array([dx, dy])
    return moved


def _line(draw: ImageDraw.ImageDraw, points: NDArray[Any], width: float) -> None:
    draw.line([(float(x), float(y)) for x, y in points], fill=255, width=max(1, round(width)), joint="curve")


def skin_layer(anatomy: Anatomy, who: Person) -> Rows:
    """Albedo of the bare face: float32 ATLAS."""
    rng = np.random.default_rng((who.seed, 1))
    skin = np.full(ATLAS, who.skin, np.float32)
    for cells, share in ((5, 0.6), (24, 0.5), (96, 0.4), (192, 0.3)):
        skin *= 1 + np.float32(who.mottled * share) * noise(rng, cells, 2 * cells)
    skin *= 1 - np.float32(rng.uniform(0, 0.25)) * _flush(anatomy)
    skin *= 1 - np.float32(rng.uniform(0, 0.4)) * _sockets(anatomy)
    if rng.random() < 0.15:
        skin *= 1 - np.float32(rng.uniform(0.1, 0.35)) * (noise(rng, 128, 224) > rng.uniform(1.3, 2.2))
    skin *= 1 - np.float32(0.55 * who.age) * _wrinkles(anatomy, rng)
    lips = layer(
        lambda d: d.polygon([(float(x), float(y)) for x, y in anatomy.places(CLOSED_LIPS)], fill=255), 1.0
    )
    skin *= 1 - np.float32(1 - who.lips) * lips
    skin *= 1 - _lids(anatomy, rng)
    _paint_brows(anatomy, who, rng, skin)
    return np.clip(skin, 0.004, 1)


def _flush(anatomy: Anatomy) -> Rows:
    cheeks = (anatomy.places([2, 31]).mean(0), anatomy.places([14, 35]).mean(0), anatomy.places([30])[0])

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for (x, y), radius in zip(cheeks, (14, 14, 8), strict=True):
            canvas.ellipse(
                (float(x) - radius, float(y) - radius, float(x) + radius, float(y) + radius), fill=255
            )

    return layer(draw, 7)


def _sockets(anatomy: Anatomy) -> Rows:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for first in (36, 42):
            eye = anatomy.places(list(range(first, first + 6)))
            wide = eye.mean(0) + (eye - eye.mean(0)) * [1.4, 3.0]
            canvas.polygon([(float(x), float(y)) for x, y in wide], fill=255)

    return layer(draw, 4)


def _wrinkles(anatomy: Anatomy, rng: np.random.Generator) -> Rows:
    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for wing, corner in ((31, 48), (35, 54)):
            a, b = anatomy.places([wing, corner])
            out = np.sign(b[0] - a[0])
            _line(canvas, np.array([by(a, 3 * out, -4), by((a + b) / 2, 5 * out, 0), by(b, 5 * out, 3)]), 2)
        left, right, bridge = anatomy.places([19, 24, 27])
        for k in range(int(rng.integers(1, 5))):
            rise = 14 + 7 * k + rng.normal(0, 1)
            ends = np.linspace(by(left, -3, 0), by(right, 3, 0), 7)
            _line(canvas, ends - [0, rise] + rng.normal(0, 0.7, (7, 2)), 1)
        for dx in (-3, 3):
            _line(canvas, np.array([by(bridge, dx, -16), by(bridge, dx * 0.8, -6)]), 1)
        for corner, out in ((36, -1), (45, 1)):
            (start,) = anatomy.places([corner])
            for dy in (-3, 0, 3):
                _line(canvas, np.array([by(start, 3 * out, dy * 0.3), by(start, 10 * out, dy)]), 1)
            bag = anatomy.places([corner, 41 if out < 0 else 46, 40 if out < 0 else 47])
            _line(canvas, by(bag, 0, 6), 2)

    return layer(draw, 1.2)


def _lids(anatomy: Anatomy, rng: np.random.Generator) -> Rows:
    """How much darker the edges of the lids are."""
    tops, bottoms = ([36, 37, 38, 39], [42, 43, 44, 45]), ([39, 40, 41, 36], [45, 46, 47, 42])

    def edge(lids: tuple[list[int], list[int]], rise: float, width: float) -> Rows:
        def draw(canvas: ImageDraw.ImageDraw) -> None:
            for lid in lids:
                _line(canvas, by(anatomy.places(lid), 0, -rise), width)

        return layer(draw, 0.8)

    upper, lower, crease = edge(tops, 0.5, 2), edge(bottoms, 0, 1), edge(tops, 4, 1)
    darker: Rows = (
        np.float32(rng.uniform(0.2, 0.9)) * upper
        + np.float32(rng.uniform(0, 0.5)) * lower
        + np.float32(rng.uniform(0, 0.4)) * crease
    ).clip(0, 0.95)
    return darker


def _paint_brows(anatomy: Anatomy, who: Person, rng: np.random.Generator, skin: Rows) -> None:
    """Many short hairs along the points of each brow, which lie near its upper edge."""
    high = who.brow_cm * PX_PER_CM
    lift = rng.uniform(0.1, 0.35)

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        for points, out in (([17, 18, 19, 20, 21], -1), ([26, 25, 24, 23, 22], 1)):
            curve = anatomy.places(points)
            along = np.linspace(-0.1, 4.15, int(70 + 60 * who.brow_cm))
            x, y = (np.interp(along, np.arange(5), curve[:, axis]) for axis in (0, 1))
            x += np.where(along > 4, -out * (along - 4) * 4, 0)
            thin = np.interp(along, [-0.1, 0.6, 2.5, 4.15], [0.25, 0.75, 1, 0.85])
            start = y - lift * high * thin + rng.uniform(0, 1, len(x)) * high * thin
            lean = np.interp(along, [0, 3, 4], [1.0, 0.6, 0.15])
            for a, b, k in zip(x, start, lean, strict=True):
                size = rng.uniform(2, 4)
                end = (float(a + out * size * k), float(b - size * (1 - k) * 0.8))
                canvas.line([(float(a), float(b)), end], fill=int(rng.integers(140, 256)), width=1)

    weight = np.minimum(layer(draw, 0.7) * np.float32(1.35 * who.brows), 1)
    skin += weight * (np.float32(min(who.hair, 0.5 * who.skin) * 0.9) - skin)
