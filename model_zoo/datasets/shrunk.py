"""Gray pictures made smaller by area averages, so that a large data set fits into memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def shrunk(picture: NDArray[np.uint8], most_px: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A picture whose longer side has `most_px` at most.

    Args:
        picture: uint8 [H, W].
    Returns:
        it, and new over old px in x and y, float64 [2]: by them edges in px are multiplied.
    """
    size = np.array([picture.shape[1], picture.shape[0]])
    if size.max() <= most_px:
        return np.ascontiguousarray(picture), np.ones(2)
    small = np.maximum(1, np.round(size * (most_px / size.max()))).astype(int)
    smaller = Image.fromarray(picture).resize((int(small[0]), int(small[1])), Image.Resampling.BOX)
    return np.asarray(smaller), small / size
