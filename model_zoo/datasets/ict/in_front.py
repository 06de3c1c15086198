"""What stands before a face: glasses, bars, masks, hands, microphones, patches, strands of hair."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model_zoo.datasets.ict.anatomy import Rows
from model_zoo.datasets.ict.person import Person

FINER = 2
"""Drawn so many times finer, then averaged."""
OTHER = ("hand", "microphone", "mask", "patch", "strands")
OTHER_SHARES = (0.2, 0.2, 0.1, 0.35, 0.15)
OCCLUDED = 0.27
"""Share of the pictures with something other than glasses before the face."""


@dataclass(frozen=True, eq=False)
class Stage:
    """Where a face lies in the picture that is being painted.

    Attributes:
        radiance: float32 [side, side], painted on in place.
        depth: float32 [side, side], cm.
        points: float32 [68, 2], px.
        places: float32 [68, 3], the same in cm, as they lie to the camera.
        turn: float32 [3, 3], of the head.
        project: from float32 [N, 3] cm to float32 [N, 3], x and y in px and z.
        px_per_cm: near the face.
        bright: radiance of a white surface in this light.
    """

    radiance: Rows
    depth: Rows
    points: Rows
    places: Rows
    turn: Rows
    project: object
    px_per_cm: float
    bright: float

    def seen(self, places: NDArray[np.floating]) -> Rows:
        """Places in cm as the camera sees them."""
        assert callable(self.project)
        seen: Rows = self.project(np.asarray(places, np.float32))
        return seen


class Pen:
    """A mask to draw on, finer than the picture."""

    def __init__(self, side: int) -> None:
        self.image = Image.new("L", (side * FINER, side * FINER))
        self._draw = ImageDraw.Draw(self.image)

    @staticmethod
    def _fine(points: NDArray[np.floating]) -> list[tuple[float, float]]:
        return [((float(x) + 0.5) * FINER, (float(y) + 0.5) * FINER) for x, y in points]

    def polygon(self, points: NDArray[np.floating]) -> None:
        self._draw.polygon(self._fine(points), fill=255)

    def line(self, points: NDArray[np.floating], width_px: float) -> None:
        self._draw.line(self._fine(points), fill=255, width=max(1, round(width_px * FINER)), joint="curve")

    def disc(self, middle: NDArray[np.floating], radius_px: float) -> None:
        (x, y), r = self._fine(middle[None])[0], radius_px * FINER
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=255)

    def weight(self) -> Rows:
        """0 to 1, as fine as the picture."""
        return np.asarray(self.image.reduce(FINER), np.float32) * np.float32(1 / 255)


def _blend(stage: Stage, pen: Pen, level: Rows | float, opacity: float = 1.0) -> None:
    weight = pen.weight() * np.float32(opacity)
    stage.radiance[:] += weight * (np.asarray(level, np.float32) - stage.radiance)


def put_in_front(stage: Stage, who: Person, rng: np.random.Generator) -> None:
    """Glasses that a person wears, and by lot something else."""
    worn = np.random.default_rng((who.seed, 3))
    if who.glasses in ("clear", "dark"):
        _glasses(stage, who, worn, rng)
    elif who.glasses == "bar":
        _bar(stage, rng)
    if rng.random() < OCCLUDED:
        kind = str(rng.choice(OTHER, p=OTHER_SHARES))
        {"hand": _hand, "microphone": _microphone, "mask": _mask, "patch": _patch, "strands": _strands}[kind](
            stage, who, rng
        )


def _glasses(stage: Stage, who: Person, worn: np.random.Generator, rng: np.random.Generator) -> None:
    side = len(stage.radiance)
    half, high = worn.uniform(2.1, 3.0), worn.uniform(1.2, 2.4)
    power, width = worn.uniform(2, 5), worn.uniform(0.12, 0.55) if worn.random() < 0.8 else 0.06
    drop, before = worn.uniform(0.0, 0.6), worn.uniform(0.9, 1.7)
    frame = (
        float(worn.uniform(0.005, 0.08) if worn.random() < 0.75 else worn.uniform(0.1, 0.8)) * stage.bright
    )
    angle = np.linspace(0, 2 * np.pi, 29)
    c, s = np.cos(angle), np.sin(angle)
    across = np.sign(c) * np.abs(c) ** (2 / power) * half
    up = np.sign(s) * np.abs(s) ** (2 / power) * high
    rims, pen, lenses = [], Pen(side), Pen(side)
    nose = stage.places[27]
    for first, out in ((36, -1), (42, 1)):
        eye = stage.places[first : first + 6].mean(0)
        local = np.stack([across + 0.15 * out, up - drop, before - 0.04 * (across * out + half) ** 2], -1)
        rim = eye + local @ stage.turn.T
        seen = stage.seen(rim)[:, :2]
        rims.append((rim, out))
        lenses.polygon(seen)
        pen.line(seen, width * stage.px_per_cm)
    ends = [rims[0][0][0], nose + stage.turn @ np.array([0, 0.1, 0.8]), rims[1][0][len(angle) // 2]]
    pen.line(stage.seen(np.array(ends))[:, :2], width * stage.px_per_cm)
    for (rim, out), ear in zip(rims, (0, 16), strict=True):
        start = rim[len(angle) // 2 if out < 0 else 0]
        end = stage.places[ear] + stage.turn @ np.array([out * 0.7, 1.0, -2.0])
        _temple(stage, pen, start, end, 0.7 * width * stage.px_per_cm)
    if who.glasses == "dark":
        _blend(stage, lenses, worn.uniform(0.005, 0.1) * stage.bright, worn.uniform(0.7, 1))
        gleam = worn.uniform(0, 0.15) * stage.bright
    else:
        gleam = worn.uniform(0, 0.1) * stage.bright
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    slope = rng.normal(0, 0.03, 2)
    band = 1 / (
        1 + np.exp(-(slope[0] * (x - stage.points[27, 0]) + slope[1] * (y - stage.points[27, 1])) * 4)
    )
    stage.radiance[:] += lenses.weight() * np.float32(gleam) * band
    if rng.random() < 0.2:  # a lamp in the glass
        lamp = Pen(side)
        for first in (36, 42):
            lamp.disc(stage.points[first : first + 6].mean(0) + rng.normal(0, 4, 2), rng.uniform(1, 5))
        _blend(stage, lamp, 1.2, float(rng.uniform(0.3, 1)))
    _blend(stage, pen, float(frame) * stage.bright)


def _temple(stage: Stage, pen: Pen, start: Rows, end: Rows, width_px: float) -> None:
    """The part of a side of glasses that the head does not hide."""
    side = len(stage.depth)
    way = start + np.linspace(0, 1, 13)[:, None] * (end - start)
    seen = stage.seen(way)
    for a, b in pairwise(seen):
        x, y = np.clip(((a + b) / 2)[:2].round().astype(int), 0, side - 1)
        if (a[2] + b[2]) / 2 > stage.depth[y, x] - 0.3:
            pen.line(np.stack([a[:2], b[:2]]), width_px)


def _bar(stage: Stage, rng: np.random.Generator) -> None:
    """A bar across the eyes, as pictures are censored with."""
    pen = Pen(len(stage.radiance))
    left, right = stage.points[36:42].mean(0), stage.points[42:48].mean(0)
    way = right - left
    normal = np.array([-way[1], way[0]]) / max(float(np.linalg.norm(way)), 1e-6)
    reach, high = rng.uniform(0.3, 0.9), rng.uniform(0.7, 2.2) * stage.px_per_cm
    a, b = left - reach * way, right + reach * way
    shift = normal * rng.normal(0, 0.3) * stage.px_per_cm
    pen.polygon(
        np.array([a - high * normal, b - high * normal, b + high * normal, a + high * normal]) + shift
    )
    _blend(stage, pen, float(rng.uniform(0, 1.1)) * stage.bright, float(rng.uniform(0.75, 1)))


def _hand(stage: Stage, who: Person, rng: np.random.Generator) -> None:
    """Fingers that reach over the chin, a cheek or the mouth."""
    pen, creases = Pen(len(stage.radiance)), Pen(len(stage.radiance))
    cm = stage.px_per_cm
    tip = stage.points[int(rng.choice([4, 6, 8, 10, 12, 48, 54, 57]))] + rng.normal(0, 1.2, 2) * cm
    angle = rng.uniform(-0.7, 0.7)
    down, aside = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    for k in range(int(rng.integers(2, 5))):
        start = tip + aside * k * 1.75 * cm + down * abs(k - 1.2) * 0.8 * cm
        end = start + down * rng.uniform(6, 9) * cm + aside * rng.normal(0, 0.5) * cm
        for place in (start, end):
            pen.disc(place, 0.85 * cm)
        pen.line(np.stack([start, end]), 1.7 * cm)
        creases.line(np.stack([start, end]) + aside * 0.85 * cm, 0.12 * cm)
    palm = tip + aside * 2.5 * cm + down * 10 * cm
    pen.disc(palm, 4.4 * cm)
    level = who.skin * stage.bright * float(rng.uniform(0.5, 1.2))
    y, x = np.mgrid[0 : len(stage.radiance), 0 : len(stage.radiance)].astype(np.float32)
    slope = rng.normal(0, 0.25, 2) / (8 * cm)
    _blend(stage, pen, level * (1 + slope[0] * (x - tip[0]) + slope[1] * (y - tip[1])))
    _blend(stage, creases, level * 0.4, 0.7)


def _microphone(stage: Stage, who: Person, rng: np.random.Generator) -> None:
    pen, cm = Pen(len(stage.radiance)), stage.px_per_cm
    head = stage.points[57] + np.array([rng.normal(0, 3), rng.uniform(0.5, 6)]) * cm
    radius = rng.uniform(1.4, 3.2) * cm
    pen.line(np.stack([head, head + np.array([rng.normal(0, 5), 20]) * cm]), rng.uniform(0.6, 1.2) * radius)
    pen.disc(head, radius)
    y, x = np.mgrid[0 : len(stage.radiance), 0 : len(stage.radiance)].astype(np.float32)
    round_ = np.clip(1 - ((x - head[0]) ** 2 + (y - head[1]) ** 2) / (1.5 * radius) ** 2, 0.2, 1)
    _blend(stage, pen, round_ * np.float32(rng.uniform(0.01, 0.35) * stage.bright))


def _mask(stage: Stage, who: Person, rng: np.random.Generator) -> None:
    """A cloth over mouth and nose."""
    pen, bands = Pen(len(stage.radiance)), Pen(len(stage.radiance))
    points = stage.points
    top = points[28] + (points[29] - points[28]) * rng.uniform(0, 1.2)
    pen.polygon(np.concatenate([points[[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]], top[None]]))
    for ear, low in ((0, 2), (16, 14), (1, 4), (15, 12)):
        bands.line(points[[ear, low]], 0.25 * stage.px_per_cm)
    level = rng.uniform(0.05, 0.9) * stage.bright
    y = np.arange(len(stage.radiance), dtype=np.float32)[:, None]
    folds = 1 + rng.uniform(0, 0.15) * np.sin(y / (rng.uniform(0.2, 0.5) * stage.px_per_cm))
    _blend(stage, pen, np.float32(level) * folds * np.ones_like(stage.radiance))
    _blend(stage, bands, level * 0.9)


def _patch(stage: Stage, who: Person, rng: np.random.Generator) -> None:
    """Any thing at all: one to three shapes."""
    for _ in range(int(rng.integers(1, 4))):
        pen, cm = Pen(len(stage.radiance)), stage.px_per_cm
        middle = stage.points[int(rng.integers(0, 68))] + rng.normal(0, 3, 2) * cm
        if rng.random() < 0.4:
            pen.disc(middle, rng.uniform(0.6, 3.0) * cm)
        else:
            count = int(rng.integers(3, 7))
            angle = np.sort(rng.uniform(0, 2 * np.pi, count))
            reach = rng.uniform(0.6, 4.5, count) * cm
            pen.polygon(middle + np.stack([np.cos(angle), np.sin(angle)], -1) * reach[:, None])
        y, x = np.mgrid[0 : len(stage.radiance), 0 : len(stage.radiance)].astype(np.float32)
        waves = np.sin((x * rng.normal() + y * rng.normal()) * rng.uniform(0.1, 2) / cm)
        level = rng.uniform(0, 1.1) * stage.bright * (1 + rng.uniform(0, 0.5) * waves)
        _blend(stage, pen, np.asarray(level, np.float32), float(rng.uniform(0.8, 1)))


def _strands(stage: Stage, who: Person, rng: np.random.Generator) -> None:
    """Locks that fall over forehead, eyes and cheeks."""
    pen, cm = Pen(len(stage.radiance)), stage.px_per_cm
    up = stage.points[27] - stage.points[8]
    top = stage.points[27] + 0.75 * up
    for _ in range(int(rng.integers(3, 25))):
        start = top + np.array([rng.normal(0, 3.5), rng.normal(0, 1)]) * cm
        end = start - up * rng.uniform(0.3, 1.3) + np.array([rng.normal(0, 3), 0]) * cm
        bend = (start + end) / 2 + rng.normal(0, 1.5, 2) * cm
        t = np.linspace(0, 1, 9)[:, None]
        pen.line((1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end, rng.uniform(0.08, 0.5) * cm)
    _blend(stage, pen, who.hair * stage.bright * float(rng.uniform(0.5, 1.3)), float(rng.uniform(0.6, 1)))
