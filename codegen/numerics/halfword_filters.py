"""Filters packed so that two masks and two subtractions make four signed halfwords of a word.

codegen/kernels/strip_products.h: word & 0x00ff00ff holds bytes 0 and 2 in its halves,
(word >> 8) & 0x00ff00ff bytes 1 and 3; from both 0x007f007f is subtracted. Where the lower half of the
difference is negative it borrows one from the upper half, so the byte of an upper half is one larger there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_WEIGHT = -127
"""Weights from here to 127 can be packed: with the borrow they are bytes."""


def packable(matrix: NDArray[Any]) -> bool:
    """True where no weight is too small."""
    return bool(matrix.min(initial=0) >= LEAST_WEIGHT)


def halfword_filters(matrix: NDArray[Any], in_order: bool) -> NDArray[np.int32]:
    """Each row of a matrix as words, with zeros up to a multiple of four weights.

    Args:
        matrix: int8 [channels, depth], see `packable`.
        in_order: the halfwords come out as the weights stand; otherwise each four of them as 0, 2, 1, 3,
            which is how bytes come out of a word by the same masks.
    Returns:
        int32 [channels, depth rounded up to a multiple of 4, / 4].
    """
    channels, depth = matrix.shape
    weights = np.zeros((channels, depth + -depth % 4), np.int64)
    weights[:, :depth] = matrix
    groups = weights.reshape(channels, -1, 4)
    if in_order:
        groups = groups[..., [0, 2, 1, 3]]
    packed = groups + 127
    packed[..., 2:] += groups[..., :2] < 0
    return np.ascontiguousarray(packed.astype(np.uint8)).view("<i4").reshape(channels, -1).astype(np.int32)


def byte_filters(matrix: NDArray[Any]) -> NDArray[np.int32]:
    """Each row of a matrix as words of bytes with 128 added, in their order; 128 stands for none.

    Args:
        matrix: int8 [channels, depth].
    Returns:
        int32 [channels, depth rounded up to a multiple of 4, / 4].
    """
    channels, depth = matrix.shape
    padded = np.zeros((channels, depth + -depth % 4), np.int64)
    padded[:, :depth] = matrix
    return np.ascontiguousarray((padded + 128).astype(np.uint8)).view("<i4").astype(np.int32)
