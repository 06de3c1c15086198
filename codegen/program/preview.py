"""The small gray picture that a board streams of its camera frames, in integer NumPy.

firmware/src/preview.c sends the same bytes; the tests hold the two equal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codegen.program.picture import Region, crop_resize, to_gray

WIDTH_PX, HEIGHT_PX = 96, 72


def preview_of(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All of a frame, each pixel the area average of the luma under it, rounded to the nearest.

    Args:
        frame: uint8 [H, W] or [H, W, 3] in RGB order, its sides at most MAX_SIDE_PX.
    Returns:
        uint8 [HEIGHT_PX, WIDTH_PX].
    Raises:
        PictureError: another shape or dtype, or a longer side.
    """
    height, width = frame.shape[:2]
    return crop_resize(to_gray(frame), Region(0, 0, width, height), HEIGHT_PX, WIDTH_PX)
