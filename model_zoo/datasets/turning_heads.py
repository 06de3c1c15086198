"""Rendered heads of known motion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.hand_held import hand_held
from model_zoo.datasets.synthetic import paint
from model_zoo.datasets.synthetic_shape import random_expression, random_identity

STREAM = 17


def turning_head(
    person: int, yaws: Sequence[float], pitch: float = 0.0
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """One head under one light, without a camera's noise; only its turn changes.

    Args:
        person: which head; everything follows from it.
        yaws: of each frame, radians to image right.
    Returns:
        uint8 [160, 160] each, and the 68 points of each, float32 [frames, 68, 2] px.
    """
    who = random_identity(np.random.default_rng((STREAM, person)))
    mood = random_expression(np.random.default_rng((STREAM, person, 1)))
    frames, points = [], []
    for yaw in yaws:
        still, truth = paint(who, mood, np.random.default_rng((STREAM, person, 3)), (yaw, pitch, 0.0))
        frames.append(still)
        points.append(truth)
    return frames, np.stack(points)


def filmed_head(
    person: int, yaws: Sequence[float], pitch: float = 0.0
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """As `turning_head`, seen by a camera that is held by hand; the points are without its shake."""
    stills, points = turning_head(person, yaws, pitch)
    camera = np.random.default_rng((STREAM, person, 2))
    return [hand_held(still, camera) for still in stills], points
