"""Branches of a network that are there in training alone: what they say of an inner map counts in the loss.

They are made anew for each phase and thrown away with it: no exported network, no weights beside a card and
no later phase has them. A checkpoint holds them, so that a phase goes on as if it had not been interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from codegen.errors import DataError
from model_zoo.training.inner_maps import last_maps


@dataclass(frozen=True)
class Branch:
    """What a lesson asks for.

    Attributes:
        name: in words, for errors ("the branch of poses").
        least_side: it stands on the smallest inner map, by `last_maps`, whose sides are not smaller.
        build: from the shape of that map, [H, W, C], to a Keras model of [N, H, W, C], whose answer
            `Lesson.loss_with` is given.
    """

    name: str
    least_side: int
    build: Callable[[tuple[int, int, int]], Any]


def place_of(branch: Branch, model: Any, network: str) -> Any:
    """The map of a Keras model that a branch stands on, a Keras tensor.

    Raises:
        DataError: all are smaller.
    """
    maps = last_maps(model)
    sizes = [size for size in maps if min(size) >= branch.least_side]
    if not sizes:
        least = f"{branch.least_side}x{branch.least_side}"
        has = ", ".join(f"{height}x{width}" for height, width in maps) or "none"
        raise DataError(
            f"{branch.name} needs a map of {least} at least, and the maps of the network are {has}",
            network,
            "Train this network without it.",
        )
    return maps[min(sizes, key=lambda size: (size[0] * size[1], size))]


def built(branch: Branch, features: Any, key: Sequence[int]) -> Any:
    """A branch on a map, with drawn weights (He et al., 2015) and biases of 0.

    Args:
        features: Keras tensor, [N, H, W, C].
        key: of all that is random: equal ones give equal weights, whatever was drawn before.
    """
    model = branch.build(tuple(features.shape[1:]))
    rng = np.random.default_rng(tuple(key))
    weights = []
    for value in model.get_weights():
        fan_in = int(np.prod(value.shape[:-1]))
        drawn = rng.normal(0.0, np.sqrt(2.0 / max(1, fan_in)), value.shape)
        weights.append(drawn.astype(value.dtype) if value.ndim > 1 else np.zeros_like(value))
    model.set_weights(weights)
    return model
