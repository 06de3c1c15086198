"""ABS: the distance to 0, with rescaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import check_accumulators, quantize_multiplier, requantize
from codegen.ops.lookup import INPUTS, Lookup
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Abs(Lookup):
    """|x|."""

    kind = "ABS"
    tflite_options = TfliteOptions(78)
    constraints = "int8, any scales"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        multiplier, shift = _scaling(x, y)
        check_accumulators([255], [multiplier], [shift], where)

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        steps = np.abs(INPUTS - x.zero_point)
        return (steps if x.scale == y.scale else requantize(steps, *_scaling(x, y))) + y.zero_point


def _scaling(x: Tensor, y: Tensor) -> tuple[int, int]:
    """Multiplier and shift of input steps to output steps; TFLite-Micro divides in float32."""
    with np.errstate(over="ignore"):
        return quantize_multiplier(float(np.float32(x.scale) / np.float32(y.scale)))
