"""Procedural synthetic faces with exact 68 points; needs no data, equal on every run for one seed.

A parametric 3D face is turned and projected; the head is shaded as an ellipsoid with a nose, and brows, eyes,
nose and mouth are painted through the projected points, so the labels are exact by construction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.spatial import ConvexHull

from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_set import LandmarkSet, without_pictures
from model_zoo.datasets.points68 import SCHEME
from model_zoo.datasets.render_cache import Report
from model_zoo.datasets.samples import HEADS
from model_zoo.datasets.synthetic_shape import (
    Expression,
    Identity,
    face_points,
    random_expression,
    random_identity,
    rotation,
    skull_points,
)

NAME, LICENCE = "synthetic", "made by this program; free of rights"
BOXES = "around the 68 points of each face"
PICTURE_SIDE_PX = 160
CROP_OVER_FACE = 1.8
_FINE = 2  # painted at twice the size, then averaged
_SIDE = PICTURE_SIDE_PX * _FINE

Points = NDArray[np.float64]


class _Canvas:
    """A float picture [S, S] and the means to paint smooth-edged shapes on it."""

    def __init__(self, background: NDArray[np.float32]) -> None:
        self.pixels = background

    def _blend(
        self, mask: Image.Image, level: NDArray[np.float32] | float, soft_px: float, opacity: float
    ) -> None:
        if soft_px > 0:
            mask = mask.filter(ImageFilter.BoxBlur(soft_px))
        weight = np.asarray(mask, np.float32) * np.float32(opacity / 255.0)
        self.pixels += weight * (level - self.pixels)

    def polygon(
        self, points: Points, level: NDArray[np.float32] | float, soft_px: float = 1.0, opacity: float = 1.0
    ) -> None:
        mask = Image.new("L", (_SIDE, _SIDE))
        ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in points], fill=255)
        self._blend(mask, level, soft_px, opacity)

    def line(
        self, points: Points, level: float, width_px: float, soft_px: float = 1.0, opacity: float = 1.0
    ) -> None:
        mask = Image.new("L", (_SIDE, _SIDE))
        width = max(1, round(width_px))
        ImageDraw.Draw(mask).line(
            [(float(x), float(y)) for x, y in points], fill=255, width=width, joint="curve"
        )
        self._blend(mask, level, soft_px, opacity)

    def disc(self, centre: Points, radius: float, level: float, inside: Points, soft_px: float = 0.5) -> None:
        """A disc, only where it lies inside the polygon `inside`."""
        mask, window = Image.new("L", (_SIDE, _SIDE)), Image.new("L", (_SIDE, _SIDE))
        x, y = float(centre[0]), float(centre[1])
        ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        ImageDraw.Draw(window).polygon([(float(a), float(b)) for a, b in inside], fill=255)
        mask.paste(0, mask=Image.eval(window, lambda v: 255 - v))
        self._blend(mask, level, soft_px, 1.0)


def _background(rng: np.random.Generator) -> NDArray[np.float32]:
    """A soft random pattern, a light across it and some plain shapes: float32 [S, S]."""
    cells = int(rng.integers(2, 24))
    coarse = rng.uniform(0, 255, (cells, cells)).astype(np.float32)
    soft = Image.fromarray(coarse).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    contrast = rng.uniform(0.05, 0.8)
    picture = rng.uniform(20, 235) + contrast * (np.asarray(soft, np.float32) - 128)
    canvas = _Canvas(picture.astype(np.float32))
    for _ in range(int(rng.integers(0, 6))):
        corner, size = rng.uniform(-40, _SIDE, 2), rng.uniform(10, _SIDE * 0.7, 2)
        box = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size + corner
        canvas.polygon(box, float(rng.uniform(0, 255)), float(rng.uniform(0, 6)), float(rng.uniform(0.3, 1)))
    return canvas.pixels


def _shading(
    scale: float, origin: Points, nose: Points, skin: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Skin levels of the lit head, an ellipsoid with a bump for the nose: float32 [S, S]."""
    y, x = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32)
    u = (x - origin[0]) / (1.25 * scale)
    v = (y - origin[1] - 0.1 * scale) / (1.45 * scale)
    nx, ny = u.copy(), v.copy()
    for k, (reach, depth) in enumerate(((0.13, 0.55), (0.22, 0.5), (0.26, 0.6))):  # bridge, middle, tip
        du, dv = (x - nose[k, 0]) / (reach * scale), (y - nose[k, 1]) / (reach * 1.3 * scale)
        bump = np.exp(-(du**2) - dv**2) * np.float32(depth)
        nx += du * bump
        ny += dv * bump
    nz = np.sqrt(np.maximum(0.05, 1 - u**2 - v**2))
    light = np.array([rng.normal(0, 0.7), rng.normal(-0.3, 0.5), 1.0])
    light /= np.linalg.norm(light)
    length = np.sqrt(nx**2 + ny**2 + nz**2)
    lambert = np.maximum(0, (nx * light[0] + ny * light[1] + nz * light[2]) / length)
    ambient = rng.uniform(0.3, 0.7)
    cells = rng.normal(0, 1, (24, 24)).astype(np.float32)
    spots = Image.fromarray(cells).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    spotty = rng.uniform(0, 5) * np.asarray(spots, np.float32)
    return np.asarray(skin * (ambient + (1.15 - ambient) * lambert) + spotty, np.float32)


def _paint_eye(canvas: _Canvas, eye: Points, who: Identity, scale: float, gaze: Points) -> None:
    """eye: float [6, 2], px; gaze: shift of the iris in eye widths."""
    width = float(np.linalg.norm(eye[0] - eye[3]))
    centre = eye.mean(0)
    socket = centre + (eye - centre) * [1.35, 1.9]
    canvas.polygon(socket, who.skin * 0.62, 0.09 * scale, 0.5)
    canvas.polygon(eye, min(245.0, 120 + 0.55 * who.skin), 0.6)
    iris = centre + gaze * width
    canvas.disc(iris, 0.235 * width, who.iris, eye)
    canvas.disc(iris, 0.105 * width, 8.0, eye)
    canvas.disc(iris - np.array([0.07, 0.08]) * width, 0.045 * width, 250.0, eye)
    upper = eye[[0, 1, 2, 3]]
    canvas.line(upper, who.skin * 0.25, 0.035 * scale, 0.8)
    canvas.line(eye[[3, 4, 5, 0]], who.skin * 0.55, 0.018 * scale, 0.8, 0.8)


def _paint_mouth(canvas: _Canvas, mouth: Points, who: Identity, scale: float, teeth: bool) -> None:
    """mouth: float [20, 2], px."""
    outer, inner = mouth[:12], mouth[12:]
    canvas.polygon(outer, who.skin * 0.66, 1.2)
    canvas.polygon(inner, 25.0, 0.8)
    if teeth and np.ptp(inner[:, 1]) > 0.06 * scale:
        upper = inner[:5]
        lower = upper + (inner[[0, 7, 6, 5, 4]] - upper) * 0.35
        canvas.polygon(np.concatenate([upper, lower[::-1]]), 225.0, 0.8)
    canvas.line(inner[:5], who.skin * 0.35, 0.02 * scale, 0.6)
    shade = outer[[11, 10, 9, 8, 7]] + [0, 0.07 * scale]
    canvas.line(shade[1:4], who.skin * 0.7, 0.05 * scale, 0.03 * scale, 0.5)


def _paint_head(
    canvas: _Canvas, points: Points, skull: Points, skin: NDArray[np.float32], who: Identity
) -> None:
    """Neck, hair, face; points [68, 2] and skull [K, 2] in px."""
    scale = float(np.linalg.norm(points[0] - points[16])) / 2
    chin, left, right = points[8], points[4], points[12]
    neck = np.array([left * 0.75 + right * 0.25, right * 0.75 + left * 0.25])
    drop = np.array([0.0, 2.2 * scale])
    canvas.polygon(np.array([neck[0], neck[1], neck[1] + drop, neck[0] + drop]), skin * 0.62, 2.0)
    shoulders = np.array([[-2.2, 2.4], [-0.9, 0.75], [0.9, 0.75], [2.2, 2.4]]) * scale
    canvas.polygon(chin + shoulders, who.hair * 0.5 + 40, 3.0)
    middle = (points[0] + points[16]) / 2
    if not who.bald:
        hull = skull[ConvexHull(skull).vertices]
        canvas.polygon(middle + (hull - middle) * [1.13, 1.16], who.hair, 2.0)
    outline = np.concatenate([points[:17], middle + (skull - middle) * (0.97 if who.bald else 0.86)])
    canvas.polygon(outline[ConvexHull(outline).vertices], skin, 1.2)


Pose = tuple[float, float, float]
"""Yaw (to image right), pitch (down) and roll (clockwise) of a head, radians."""


def paint(
    who: Identity, mood: Expression, rng: np.random.Generator, pose: Pose | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """One picture of a person.

    Args:
        who, mood: the face.
        rng: draws pose, light, background, camera.
        pose: in place of the drawn one; everything else stays as it is drawn.
    Returns:
        uint8 [160, 160] and float32 [68, 2] px, (0, 0) = centre of the top-left pixel. The points' box is
        centred and its longer side is 160 / 1.8 px, as in the real data set.
    """
    yaw, pitch = np.clip(rng.normal(0, [0.3, 0.16]), [-0.65, -0.35], [0.65, 0.35])
    roll = np.clip(rng.normal(0, 0.14), -0.4, 0.4)
    yaw, pitch, roll = (yaw, pitch, roll) if pose is None else pose
    turn = rotation(float(yaw), float(pitch), float(roll))
    points = (face_points(who, mood) @ turn.T)[:, :2]
    skull = (skull_points(who) @ turn.T)[:, :2]
    low, high = points.min(0), points.max(0)
    scale = _SIDE / CROP_OVER_FACE / float((high - low).max())
    origin = _SIDE / 2 - (low + high) / 2 * scale
    points, skull = points * scale + origin, skull * scale + origin

    canvas = _Canvas(_background(rng))
    skin = _shading(scale, origin, points[[28, 29, 30]], who.skin, rng)
    _paint_head(canvas, points, skull, skin, who)
    brow_level = min(who.hair, who.skin * 0.6)
    for brow in (points[17:22], points[22:27]):
        canvas.line(brow, brow_level, who.brow_weight * scale, 1.5, 0.9)
    gaze = rng.normal(0, [0.08, 0.03])
    _paint_eye(canvas, points[36:42], who, scale, gaze)
    _paint_eye(canvas, points[42:48][[3, 2, 1, 0, 5, 4]], who, scale, gaze)
    side = points[[27, 31]] if yaw > 0 else points[[27, 35]]
    canvas.line(side, who.skin * 0.72, 0.04 * scale, 0.04 * scale, 0.5)
    canvas.line(points[31:36], who.skin * 0.62, 0.03 * scale, 1.5, 0.7)
    for nostril in (points[32], points[34]):
        canvas.disc(
            nostril,
            0.035 * scale,
            who.skin * 0.25,
            nostril + 0.1 * scale * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]),
            1.0,
        )
    _paint_mouth(canvas, points[48:68], who, scale, bool(rng.random() < 0.7))
    if who.glasses:
        for eye in (points[36:42], points[42:48]):
            angle = np.linspace(0, 2 * np.pi, 20)[:, None]
            rim = eye.mean(0) + np.hstack([np.cos(angle) * 0.27, np.sin(angle) * 0.2]) * scale
            canvas.line(rim, 20.0, 0.025 * scale, 0.6)
    return _photograph(canvas.pixels, rng), (points / _FINE - 0.5).astype(np.float32)


def _photograph(pixels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Averaging to the final size, exposure, blur, noise: uint8 [160, 160]."""
    small = pixels.reshape(PICTURE_SIDE_PX, _FINE, PICTURE_SIDE_PX, _FINE).mean((1, 3))
    small = (small - 128) * rng.uniform(0.6, 1.15) + 128 + rng.uniform(-25, 25)
    image = Image.fromarray(np.clip(small, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 1.6))))
    noisy = np.asarray(image, np.float32) + rng.normal(0, rng.uniform(0.5, 6), small.shape)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8)


PEOPLE, PICTURES_EACH, SEED = 160, 6, 0
"""Of the set that commands use."""


@lru_cache(maxsize=4)
def generate(people: int, pictures_each: int, seed: int) -> LandmarkSet:
    """A data set of synthetic people.

    Args:
        people: identities 0 .. people - 1.
        pictures_each: pictures of each, in different poses, moods and lights.
        seed: picture k of person i is a function of (seed, i, k) alone.
    """
    return _generate(people, pictures_each, seed, lambda done, total: None)


def _generate(people: int, pictures_each: int, seed: int, report: Report) -> LandmarkSet:
    pictures, points = [], []
    files: list[str] = []
    for person in range(people):
        who = random_identity(np.random.default_rng((seed, person)))
        for k in range(pictures_each):
            report(len(files), people * pictures_each)
            rng = np.random.default_rng((seed, person, k))
            picture, truth = paint(who, random_expression(rng), rng)
            pictures.append(picture)
            points.append(truth)
            files.append(f"synthetic{person:04d}_{k:02d}")
    report(len(files), len(files))
    side = PICTURE_SIDE_PX / CROP_OVER_FACE
    start = (PICTURE_SIDE_PX - side) / 2
    boxes = np.tile(np.array([start, start, side, side], np.float32), (len(files), 1))
    labels = np.stack(points)
    return _set_of(
        pictures=np.stack(pictures),
        points=labels,
        boxes=boxes,
        norms=SCHEME.norms(labels, boxes),
        identities=np.repeat(np.arange(people, dtype=np.int32), pictures_each),
        files=tuple(files),
    )


def _set_of(**columns: Any) -> LandmarkSet:
    return LandmarkSet(name=NAME, licence=LICENCE, scheme=SCHEME, boxes_made=BOXES, made=HEADS, **columns)


def _outline() -> LandmarkSet:
    return without_pictures(NAME, LICENCE, SCHEME)


@dataset(NAME, task="landmarks", renders=_set_of, outline=_outline)
def faces(report: Report) -> LandmarkSet:
    """The set that a command uses where there are no real faces."""
    return _generate(PEOPLE, PICTURES_EACH, SEED, report)
