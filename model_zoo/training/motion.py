"""Synthetic motion: how one picture moves from frame to frame, as a head before a camera does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model_zoo.training.augment import rotations

TURN_DEG, WAY, SIZE = 2.0, 0.02, 0.02
"""Deviations a frame: of the turn, of the place in sides of the picture, and of the size's logarithm."""


def still(rows: NDArray[np.integer], frames: int) -> NDArray[np.integer]:
    """The rows of a batch of sequences: as many of the first ones as have room, each `frames` times."""
    return np.repeat(rows[: max(1, len(rows) // frames)], frames)


def moved(
    forward: NDArray[np.float64],
    scale: NDArray[np.float64],
    shift: NDArray[np.float64],
    frames: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Walks at random: the first frame of each sequence is as it was drawn, each other one a step from that
    before it.

    Args:
        forward, scale, shift: of N sequences, as `drawn_changes` draws them.
    Returns:
        the same of N * frames pictures, sequence behind sequence.
    """
    steps = rng.normal(0, 1, (len(forward), frames, 4))
    steps[:, 0] = 0
    walk = steps.cumsum(1).reshape(-1, 4)
    turned = rotations(walk[:, 0] * np.deg2rad(TURN_DEG)) @ np.repeat(forward, frames, 0)
    return (
        turned,
        np.repeat(scale, frames) * np.exp(walk[:, 1] * SIZE),
        np.repeat(shift, frames, 0) + walk[:, 2:] * WAY,
    )
