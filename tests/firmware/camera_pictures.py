"""Picture files for the camera of the simulated board."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def pictures_in(folder: Path, count: int) -> list[Path]:
    """The files of `count` colour pictures; the first is 100x60, the others are 320x240."""
    rng = np.random.default_rng(4)
    paths = []
    for number in range(count):
        size = (320, 240) if number else (100, 60)
        pixels = rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
        paths.append(folder / f"picture{number}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths
