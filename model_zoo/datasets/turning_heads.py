"""Rendered heads of known motion, as a camera that is held by hand sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import shift

from model_zoo.datasets.synthetic import paint
from model_zoo.datasets.synthetic_shape import random_expression, random_identity

NOISE, SHAKE_PX = 4.0, 0.5
"""Deviation of a pixel's noise, and of the picture's place along each axis, from frame to frame."""
STREAM = 17


def turning_head(
    person: int, yaws: Sequence[float], pitch: float = 0.0
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """One head under one light; only its turn, the noise and the shake change.

    Args:
        person: which head; everything follows from it.
        yaws: of each frame, radians to image right.
    Returns:
        uint8 [160, 160] each, and the 68 points of each without the shake, float32 [frames, 68, 2] px.
    """
    who = random_identity(np.random.default_rng((STREAM, person)))
    mood = random_expression(np.random.default_rng((STREAM, person, 1)))
    camera = np.random.default_rng((STREAM, person, 2))
    frames, points = [], []
    for yaw in yaws:
        still, truth = paint(who, mood, np.random.default_rng((STREAM, person, 3)), (yaw, pitch, 0.0))
        moved = shift(still.astype(np.float64), camera.normal(0, SHAKE_PX, 2), order=1, mode="nearest")
        noisy = moved + camera.normal(0, NOISE, moved.shape)
        frames.append(np.clip(noisy + 0.5, 0, 255).astype(np.uint8))
        points.append(truth)
    return frames, np.stack(points)
