"""Pictures that are worse than those of a data set: covered, dim, blurred, noisy, coarsely coded, turned.

Each is a function of a picture, the place of its face and a generator that hangs on the picture's name, so
that every network meets the same ones.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.samples import Samples
from model_zoo.training.augment import apply, rotations

P = TypeVar("P", bound=Samples)
S = TypeVar("S", bound=LandmarkSet)
Picture = NDArray[np.uint8]
"""uint8 [H, W] or [H, W, 3]."""
Change = Callable[[Picture, NDArray[np.float64], np.random.Generator], Picture]

COVERED = 0.4
"""Sides of the covered square, in sides of the face's box."""
DIM, READ_NOISE = 0.2, 3.0
"""A fifth of the light, and the sensor's deviation, which does not become less with it, in gray levels."""
BLUR = 0.025
"""Deviation of the blur in sides of the face's box."""
NOISE = 15.0
"""Deviation, gray levels."""
QUALITY = 10
"""Of JPEG."""


def _noisy(picture: Picture, deviation: float, rng: np.random.Generator) -> Picture:
    noise = rng.normal(0, deviation, picture.shape)
    changed: Picture = np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)
    return changed


def covered(picture: Picture, box: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """A gray square somewhere within the face's box."""
    side = COVERED * float(max(box[2:]))
    spare = np.maximum(0, box[2:] - side)
    left, top = (max(0, round(float(at))) for at in box[:2] + rng.uniform(0, 1, 2) * spare)
    changed: Picture = picture.copy()
    changed[top : top + round(side), left : left + round(side)] = 128
    return changed


def dim(picture: Picture, box: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """Little light, made up for by a gain of the root of what is lost, which amplifies the noise, too."""
    dark = _noisy(np.round(picture * DIM).astype(np.uint8), READ_NOISE, rng)
    bright: Picture = np.clip(np.round(dark * np.sqrt(1 / DIM)), 0, 255).astype(np.uint8)
    return bright


def blurred(picture: Picture, box: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """Out of focus."""
    soft = ImageFilter.GaussianBlur(BLUR * float(max(box[2:])))
    return np.asarray(Image.fromarray(picture).filter(soft), np.uint8)


def noisy(picture: Picture, box: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """Noise of a sensor."""
    return _noisy(picture, NOISE, rng)


def coded(picture: Picture, box: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """Coded coarsely and read again."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=QUALITY)
    with Image.open(io.BytesIO(stream.getvalue())) as image:
        return np.asarray(image)


def everything(picture: Picture, box: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """Blurred, dim and coded."""
    for change in (blurred, dim, coded):
        picture = change(picture, box, rng)
    return picture


STRESSES: dict[str, Change] = {
    f"covered: a gray square of {100 * COVERED:.0f} % of the face's side": covered,
    f"dim: {100 * DIM:.0f} % of the light, amplified": dim,
    f"out of focus: deviation {100 * BLUR:.1f} % of the face's side": blurred,
    f"noise: deviation {NOISE:.0f} gray levels": noisy,
    f"JPEG of quality {QUALITY}": coded,
    "out of focus, dim and JPEG at once": everything,
}
"""What is done -> how."""


def stresses(
    boxes: Callable[[P], Sequence[NDArray[np.floating[Any]]]], more: Mapping[str, Change] | None = None
) -> dict[str, Callable[[P], P]]:
    """What makes a set of worse pictures out of one, by what is done to them.

    Args:
        boxes: of a face in each picture of a set, as `stressed` takes them.
        more: what is done beside STRESSES.
    """

    def by(change: Change) -> Callable[[P], P]:
        return lambda samples: stressed(samples, boxes(samples), change)

    return {name: by(change) for name, change in {**STRESSES, **(more or {})}.items()}


def stressed(samples: P, boxes: Sequence[NDArray[np.floating[Any]]], change: Change) -> P:
    """The set with each picture changed; labels stay.

    Args:
        boxes: N of [4], a face's left and top edge, width and height, px; a picture without one has another
            place in it.
    """
    changed = []
    for picture, box, file in zip(samples.pictures, boxes, samples.files, strict=True):
        rng = np.random.default_rng(list(hashlib.sha256(file.encode()).digest()))
        changed.append(change(picture, box.astype(np.float64), rng))
    pictures = np.stack(changed) if isinstance(samples.pictures, np.ndarray) else tuple(changed)
    return replace(samples, pictures=pictures)


TURN_DEG = 20.0
TURNED = f"turned by {TURN_DEG:g} degrees"


def turned(samples: S, degrees: float = TURN_DEG) -> S:
    """The set with each picture turned about the middle of its face's box, odd rows the other way round;
    points turn with it, boxes stay."""
    angle = np.deg2rad(degrees) * np.where(np.arange(len(samples)) % 2, -1.0, 1.0)
    middle = (samples.boxes[:, :2] + samples.boxes[:, 2:] / 2).astype(np.float64)
    forward = rotations(angle)
    points = apply(forward, samples.points + 0.5 - middle[:, None]) + middle[:, None] - 0.5
    pictures = []
    for picture, matrix, (x, y) in zip(samples.pictures, forward, middle, strict=True):
        (a, b), (c, d) = matrix.T  # back
        coefficients = (a, b, x - a * x - b * y, c, d, y - c * x - d * y)
        image = Image.fromarray(picture)
        changed = image.transform(image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
        pictures.append(np.asarray(changed))
    kept = np.stack(pictures) if isinstance(samples.pictures, np.ndarray) else tuple(pictures)
    return replace(samples, pictures=kept, points=points.astype(np.float32))
