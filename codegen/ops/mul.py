"""MUL: element by element with broadcasting; the product of the steps is requantized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import check_accumulators, quantize_multiplier, requantize
from codegen.ops.elementwise import FUSED, SHAPES, Elementwise
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Mul(Elementwise):
    """Product of two tensors."""

    kind = "MUL"
    tflite_options = TfliteOptions(21, {"fused_activation_function": Field(0, "activation")})
    constraints = SHAPES + FUSED

    def check(self, a: Tensor, b: Tensor, y: Tensor, where: str) -> None:
        multiplier, shift = scaling(a, b, y)
        check_accumulators([255 * 255], [multiplier], [shift], where)

    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        product = (values[0].astype(np.int64) - a.zero_point) * (values[1].astype(np.int64) - b.zero_point)
        return requantize(product, *scaling(a, b, y)) + y.zero_point


def scaling(a: Tensor, b: Tensor, y: Tensor) -> tuple[int, int]:
    """Multiplier and shift of the product, whose order does not matter in double precision."""
    return quantize_multiplier(a.scale * b.scale / y.scale)
