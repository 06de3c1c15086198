"""SQUARED_DIFFERENCE: both inputs on one scale seven bits finer, subtracted, squared, requantized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import check_accumulators, quantize_multiplier, requantize
from codegen.ops.elementwise import SHAPES, Elementwise
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor

LEFT_SHIFT = 7
"""Bits that the inputs are shifted up before they are scaled: the square still fits 32 bits."""
LARGEST = (255 << LEFT_SHIFT) ** 2
"""Bound of the square: each input loses at least one bit when it is scaled."""
Scale = tuple[int, int]


@REGISTRY.add
@dataclass(frozen=True)
class SquaredDifference(Elementwise):
    """(a - b)**2 of two tensors."""

    kind = "SQUARED_DIFFERENCE"
    constraints = SHAPES

    def check(self, a: Tensor, b: Tensor, y: Tensor, where: str) -> None:
        multiplier, shift = scaling(a, b, y)[2]
        check_accumulators([LARGEST], [multiplier], [shift], where)

    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        scale_a, scale_b, scale_square = scaling(a, b, y)
        fine_a = requantize((values[0].astype(np.int64) - a.zero_point) << LEFT_SHIFT, *scale_a)
        fine_b = requantize((values[1].astype(np.int64) - b.zero_point) << LEFT_SHIFT, *scale_b)
        return requantize((fine_a - fine_b) ** 2, *scale_square) + y.zero_point


def scaling(a: Tensor, b: Tensor, y: Tensor) -> tuple[Scale, Scale, Scale]:
    """Multiplier and shift of both inputs and of the square."""
    twice_largest = 2 * max(a.scale, b.scale)
    # The product with the output scale is single precision (and exact: a power of two).
    return (
        quantize_multiplier(a.scale / twice_largest),
        quantize_multiplier(b.scale / twice_largest),
        quantize_multiplier(twice_largest * twice_largest / ((1 << 2 * LEFT_SHIFT) * y.scale)),
    )
