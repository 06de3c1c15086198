"""How much each channel of a network is worth, by one of three measures: those of low scores are removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.training.channels import Channels

SCORES = ("l1", "scale", "landmarks")
NEAR = 0.05
"""Crop sides: standard deviation of what counts as near a point."""
LEAST_SIDE = 3
"""Places: a map of fewer in a row is none of a picture."""

Scores = Mapping[str, NDArray[np.float64]]
"""By the name of the convolution, [channels]."""


def by_norm(model: Any, found: Sequence[Channels]) -> Scores:
    """Sum of the absolute weights of each filter.

    Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017, section 3.1.
    """
    kernels = {c.maker: np.asarray(model.get_layer(c.maker).kernel, np.float64) for c in found}
    return {name: np.abs(kernel).sum((0, 1, 2)) for name, kernel in kernels.items()}


def by_scale(model: Any, found: Sequence[Channels]) -> Scores:
    """Absolute scale of the batch normalisation behind each filter.

    Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017, section 3.

    Raises:
        DataError: a convolution has none behind it.
    """
    scores = {}
    for channels in found:
        scales = [
            model.get_layer(name).gamma
            for name in channels.carriers
            if type(model.get_layer(name)).__name__ == "BatchNormalization"
        ]
        if not scales:
            raise DataError(
                f"the convolution {channels.maker} has no batch normalisation behind it whose scale could be "
                "its score",
                model.name,
                "Score filters by l1 or landmarks.",
            )
        scores[channels.maker] = np.abs(np.asarray(scales[0], np.float64))
    return scores


def nearness(guides: NDArray[np.floating[Any]], height: int, width: int) -> NDArray[np.float64]:
    """How near each cell of a map lies to the points: 1 on a point, falling with the distance to the nearest.

    Args:
        guides: float [N, K, 2], x and y in sides of the map.
    Returns:
        float64 [N, height, width].
    """
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    across = x[None, None, None, :] - guides[:, :, 0, None, None]
    down = y[None, None, :, None] - guides[:, :, 1, None, None]
    nearest: NDArray[np.float64] = (across**2 + down**2).min(1)
    return np.exp(-nearest / (2 * NEAR**2))


def by_landmarks(
    model: Any, found: Sequence[Channels], pictures: NDArray[np.float32], guides: NDArray[np.floating[Any]]
) -> Scores:
    """Mean response of each channel near eyes, brows and mouth, less that elsewhere; of the few layers behind
    a pooling over all places, where none is near, the sum of absolute weights.

    Args:
        pictures: float32 [N, H, W, C], as the network sees them.
        guides: float [N, K, 2], points of their labels in sides of the picture.
    """
    import tensorflow as tf

    outputs = [model.get_layer(channels.last).output for channels in found]
    answers = tf.keras.Model(model.input, outputs).predict(pictures, batch_size=64, verbose=0)
    scores = dict(by_norm(model, found))
    for channels, answer in zip(found, answers if len(found) > 1 else [answers], strict=True):
        if min(answer.shape[1:3]) < LEAST_SIDE:
            continue
        near = nearness(guides, *answer.shape[1:3])
        sums = [np.einsum("nhw,nhwc->c", w, answer, dtype=np.float64) / w.sum() for w in (near, 1 - near)]
        scores[channels.maker] = sums[0] - sums[1]
    return scores
