"""PRELU: below zero a value is multiplied with a slope, which has a tensor and a scale of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import check_accumulators, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.elementwise import Elementwise
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor


@REGISTRY.add
@dataclass(frozen=True)
class Prelu(Elementwise):
    """x where x >= 0, slope * x below."""

    kind = "PRELU"
    constraints = "int8, constant slopes of the input's shape or broadcasting to it, any scales"

    def check(self, a: Tensor, b: Tensor, y: Tensor, where: str) -> None:
        if a.is_constant or not b.is_constant:
            checks.refuse("its slopes are no constant int8 tensor", where)
        checks.check_shape(y, a.shape, "output", where)
        above, below = scaling(a, b, y)
        bounds = [255, 255 * 255]
        check_accumulators(bounds, [above[0], below[0]], [above[1], below[1]], where)

    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        above, below = scaling(a, b, y)
        steps = values[0].astype(np.int64) - a.zero_point
        product = np.minimum(steps, 0) * (values[1].astype(np.int64) - b.zero_point)
        result = np.where(steps >= 0, requantize(np.maximum(steps, 0), *above), requantize(product, *below))
        return result + y.zero_point


def scaling(a: Tensor, b: Tensor, y: Tensor) -> tuple[tuple[int, int], tuple[int, int]]:
    """Multiplier and shift for values above and below zero."""
    return quantize_multiplier(a.scale / y.scale), quantize_multiplier(a.scale * b.scale / y.scale)
