"""Weight sharing: each layer's weights take few values, which then are learnt on together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.training.held_weights import kernels_of

ROUNDS = 50
"""Of the search for the values, at most."""


def clustered(values: NDArray[np.float32], count: int, keep_zeros: bool) -> NDArray[np.float32]:
    """The same array with few values, each the mean of those it stands for.

    Han et al., "Deep Compression", ICLR 2016, section 3: k-means from values that lie evenly between the
    least and the greatest one.

    Args:
        values: float32 of any shape.
        count: most different values.
        keep_zeros: what is 0 stays 0, one of the values.
    """
    flat = values.reshape(-1)
    free = flat != 0 if keep_zeros else np.ones(len(flat), bool)
    if not free.any():
        return values
    sorted_ = np.sort(flat[free].astype(np.float64))
    sums = np.concatenate([[0.0], np.cumsum(sorted_)])
    most = max(1, count - 1 if keep_zeros and not free.all() else count)
    centres = np.linspace(sorted_[0], sorted_[-1], most)
    for _ in range(ROUNDS):
        ends = np.searchsorted(sorted_, (centres[1:] + centres[:-1]) / 2)
        edges = np.concatenate([[0], ends, [len(sorted_)]])
        sizes = np.diff(edges)
        means = np.where(sizes > 0, np.diff(sums[edges]) / np.maximum(sizes, 1), centres)
        if np.array_equal(means, centres):
            break
        centres = means
    nearest = np.searchsorted((centres[1:] + centres[:-1]) / 2, flat.astype(np.float64))
    return np.where(free, centres[nearest], 0).astype(np.float32).reshape(values.shape)


def cluster(model: Any, count: int, keep_zeros: bool) -> None:
    """Gives each convolution and dense layer of a Keras model such weights, in place; depthwise ones, which
    have few, keep theirs."""
    weights = model.get_weights()
    for k in kernels_of(model):
        weights[k] = clustered(weights[k], count, keep_zeros)
    model.set_weights(weights)
