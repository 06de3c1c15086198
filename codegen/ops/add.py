"""ADD: element by element with broadcasting; both inputs are brought to one fine scale first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.elementwise import FUSED, SHAPES, Elementwise
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, TfliteOptions

LEFT_SHIFT = 20
"""Bits that the inputs are shifted up before they are scaled."""
Scale = tuple[int, int]


@REGISTRY.add
@dataclass(frozen=True)
class Add(Elementwise):
    """Sum of two tensors."""

    kind = "ADD"
    tflite_options = TfliteOptions(11, {"fused_activation_function": Field(0, "activation")})
    constraints = SHAPES + FUSED
    tflite_micro = "stops at output scales of 2**-19 of the larger input's and below"

    def check(self, a: Tensor, b: Tensor, y: Tensor, where: str) -> None:
        if 2 * max(a.scale, b.scale) / ((1 << LEFT_SHIFT) * y.scale) >= 1:
            checks.refuse("its output scale is a millionth of its input scale", where, "Quantize it again.")

    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        scale_a, scale_b, scale_sum = fine_scales(a, b, y)
        fine_a = requantize((values[0].astype(np.int64) - a.zero_point) << LEFT_SHIFT, *scale_a)
        fine_b = requantize((values[1].astype(np.int64) - b.zero_point) << LEFT_SHIFT, *scale_b)
        return requantize(self.total(fine_a, fine_b), *scale_sum) + y.zero_point

    def total(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """What is computed on the fine scale."""
        return a + b


def fine_scales(a: Tensor, b: Tensor, y: Tensor) -> tuple[Scale, Scale, Scale]:
    """Multiplier and shift of both inputs and of the sum (double precision); all shifts go right."""
    twice_largest = 2 * max(a.scale, b.scale)
    return (
        quantize_multiplier(a.scale / twice_largest),
        quantize_multiplier(b.scale / twice_largest),
        quantize_multiplier(twice_largest / ((1 << LEFT_SHIFT) * y.scale)),
    )
