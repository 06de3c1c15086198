"""Epochs of two kinds of pictures in the proportion of a recipe, whatever that of the data set is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def counts(pictures: int, share: float) -> tuple[int, int]:
    """How many of an epoch's pictures are of the first kind and of the second one."""
    first = round(pictures * share)
    return first, pictures - first


def drawn(first: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
    """The rows of an epoch in their order, as many as there are pictures; of one kind each row comes as often
    as any other, up to one.

    Args:
        first: bool [N], which pictures are of the first kind.
        share: of that kind in the epoch, 0 to 1.
    Raises:
        ValueError: pictures of a kind that has a share are missing.
    """
    kinds = np.flatnonzero(first), np.flatnonzero(~first)
    chosen = [_some(rows, count, rng) for rows, count in zip(kinds, counts(len(first), share), strict=True)]
    return rng.permutation(np.concatenate(chosen))


def _some(rows: NDArray[np.integer[Any]], count: int, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
    if count and not len(rows):
        raise ValueError("a kind of pictures is missing that has a share")
    rounds = -(-count // len(rows)) if count else 0
    return np.concatenate([rows[:0], *(rng.permutation(rows) for _ in range(rounds))])[:count]
