"""A still picture as a camera that is held by hand sees it from frame to frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

NOISE, SHAKE_PX = 4.0, 0.5
"""Deviation of a pixel's noise, and of the picture's place along each axis, from frame to frame."""


def hand_held(still: NDArray[np.uint8], camera: np.random.Generator) -> NDArray[np.uint8]:
    """The next frame: the picture moved a little and noise over it.

    Args:
        still: uint8 [H, W].
        camera: where its randomness comes from.
    """
    moved = shift(still.astype(np.float64), camera.normal(0, SHAKE_PX, 2), order=1, mode="nearest")
    noisy = moved + camera.normal(0, NOISE, moved.shape)
    return np.asarray(np.clip(noisy + 0.5, 0, 255), np.uint8)
