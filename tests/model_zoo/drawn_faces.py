"""Rendered faces on larger pictures, for folders that look like those of public data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model_zoo.datasets import synthetic

FACES = synthetic.generate(people=3, pictures_each=1, seed=5)
PLACE = np.array([30.0, 12.0])
"""Left and top edge of a rendered face on its picture."""
SIZE = 240, 200
"""Width and height of the pictures."""


def points_of(row: int) -> NDArray[np.float64]:
    """68 points of a face on its picture, px, float64 [68, 2]."""
    return FACES.points[row % len(FACES)].astype(np.float64) + PLACE


def draw(file: Path, row: int = 0) -> Path:
    """Saves a face on a gray ground; makes the folder."""
    picture = np.full((SIZE[1], SIZE[0]), 90, np.uint8)
    pixels = FACES.pictures[row % len(FACES)]
    x, y = PLACE.astype(int)
    picture[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(file)
    return file


def pts(points: NDArray[np.float64], first_pixel: int = 1) -> str:
    """Points as a .pts file holds them."""
    lines = "\n".join(f"{x:.6f} {y:.6f}" for x, y in points + first_pixel)
    return f"version: 1\nn_points: {len(points)}\n{{\n{lines}\n}}\n"
