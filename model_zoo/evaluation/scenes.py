"""Scenes for whole programs: a labelled face, of a drawn size and turn, somewhere in a face-free picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.counted import counted
from codegen.errors import DataError
from model_zoo.datasets.live_set import LiveSet, detector_boxes

WIDTH, HEIGHT = 320, 240
NARROWEST, WIDEST = 0.12, 0.45
"""Of the picture's width: that of the face's box, as labelled, before the face is turned."""
SEED = 31
FINE = 3
"""A scene is drawn so many times as large and brought to its size by area average."""


@dataclass(frozen=True)
class Scene:
    """One picture with one face.

    Attributes:
        picture: uint8 [HEIGHT, WIDTH].
        points: float64 [68, 2], px, (0, 0) = centre of the top-left pixel.
        box: float64 [4], of the face in a detector's convention: left, top edge, width, height, px edges.
        share: width of the face's box over the picture's, before it is turned.
        face, ground: rows of the set that it is made of.
    """

    picture: NDArray[np.uint8]
    points: NDArray[np.float64]
    box: NDArray[np.float64]
    share: float
    face: int
    ground: int


def scenes(samples: LiveSet, roll_deg: float) -> Iterator[Scene]:
    """A scene of each face, by a fixed seed; face k has the same size and ground whatever the roll is.

    The whole picture of a face is pasted, its box lies inside the scene where it fits in.

    Args:
        roll_deg: faces are turned by up to so much either way, evenly.
    Raises:
        DataError: there are no faces or no face-free pictures.
    """
    faces, free = np.flatnonzero(samples.faces()), np.flatnonzero(~samples.faces())
    if not len(faces) or not len(free):
        raise DataError(
            f"it has {counted(len(faces), 'face')} and {counted(len(free), 'face-free picture')}, and scenes "
            "are made of both",
            samples.name,
            "Name a folder that holds both with --data.",
        )
    for number, row in enumerate(faces.tolist()):
        rng = np.random.default_rng((SEED, number))
        ground = int(rng.choice(free))
        share, roll = float(rng.uniform(NARROWEST, WIDEST)), float(rng.uniform(-1, 1)) * np.deg2rad(roll_deg)
        yield _scene(samples, row, ground, share, roll, rng.random(2))


def _scene(
    samples: LiveSet, row: int, ground: int, share: float, roll: float, place: NDArray[np.float64]
) -> Scene:
    zoom = share * WIDTH / float(samples.boxes[row, 2])
    cos, sin = np.cos(roll) * zoom, np.sin(roll) * zoom
    forward = np.array([[cos, -sin], [sin, cos]])
    turned = (samples.points[row].astype(np.float64) + 0.5) @ forward.T
    box = detector_boxes(turned[None] - 0.5)[0].astype(np.float64)
    room = np.array([WIDTH, HEIGHT]) - box[2:]
    start = np.where(room > 0, place * room, room / 2)
    move = start - box[:2]
    fine = FINE * np.column_stack([forward, move])
    picture = covering(samples.pictures[ground]).resize((FINE * WIDTH, FINE * HEIGHT))
    face = Image.fromarray(samples.pictures[row])
    back = np.linalg.inv(fine[:, :2])
    maps = (*back[0], -back[0] @ fine[:, 2], *back[1], -back[1] @ fine[:, 2])
    pasted, mask = (
        image.transform(picture.size, Image.Transform.AFFINE, maps, Image.Resampling.BILINEAR)
        for image in (face, Image.new("L", face.size, 255))
    )
    picture.paste(pasted, mask=mask)
    return Scene(
        picture=np.asarray(picture.reduce(FINE)),
        points=turned + move - 0.5,
        box=np.array([*start, *box[2:]]),
        share=share,
        face=row,
        ground=ground,
    )


def covering(picture: NDArray[np.uint8]) -> Image.Image:
    """The middle of a picture with the aspect of a scene, at its size."""
    height, width = picture.shape
    zoom = min(width / WIDTH, height / HEIGHT)
    half = WIDTH * zoom / 2, HEIGHT * zoom / 2
    part = (  # rounding may lead a little way outside, which Pillow refuses
        max(0.0, width / 2 - half[0]),
        max(0.0, height / 2 - half[1]),
        min(float(width), width / 2 + half[0]),
        min(float(height), height / 2 + half[1]),
    )
    return Image.fromarray(picture).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, part)
