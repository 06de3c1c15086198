"""What a folder of landmark data takes of a face: its part of the picture, with enough around it to be turned
and moved in training."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.shrunk import shrunk

FACTOR = 2.0
"""Side of the square over the longer side of the box around the points: a detector's box, turned by 45
degrees, fits in. What of it lies outside the picture is not taken."""
MOST_PX = 192
"""Longer crops are made smaller: their faces have as many px as the networks see then."""


@dataclass(frozen=True)
class Cut:
    """A face of its own picture.

    Attributes:
        pixels: uint8 [H, W], gray.
        points: float64 [68, 2], px of it, (0, 0) = centre of the top-left pixel.
    """

    pixels: NDArray[np.uint8]
    points: NDArray[np.float64]

    @property
    def digest(self) -> bytes:
        """By which equal pictures are known."""
        return hashlib.sha256(repr(self.pixels.shape).encode() + self.pixels.tobytes()).digest()


def cut_out(picture: NDArray[np.uint8], points: NDArray[np.float64]) -> Cut:
    """The surroundings of a face, pixels as they are up to MOST_PX, beyond that area averages of them.

    Args:
        picture: uint8 [H, W], gray.
        points: float64 [68, 2], px of it, all inside.
    """
    low, high = points.min(0) + 0.5, points.max(0) + 0.5
    middle, half = (low + high) / 2, FACTOR * float((high - low).max()) / 2
    height, width = picture.shape
    start = np.maximum(np.floor(middle - half), 0).astype(int)
    end = np.minimum(np.ceil(middle + half), [width, height]).astype(int)
    pixels = picture[start[1] : end[1], start[0] : end[0]]
    pixels, scale = shrunk(pixels, MOST_PX)
    return Cut(pixels, (points + 0.5 - start) * scale - 0.5)
