"""RELU, RELU6 and LEAKY_RELU as layers of their own (most are fused into the layer before)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import activation_range, check_accumulators, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.lookup import INPUTS, Lookup
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Relu(Lookup):
    """x where x >= 0, else 0."""

    kind = "RELU"
    constraints = "int8, any scales"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        multiplier, shift = _scaling(x, y)
        check_accumulators([255], [multiplier], [shift], where)

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        scaled = requantize(INPUTS - x.zero_point, *_scaling(x, y)) + y.zero_point
        return np.maximum(scaled, y.zero_point)


@REGISTRY.add
@dataclass(frozen=True)
class Relu6(Lookup):
    """x limited to 0 .. 6."""

    kind = "RELU6"
    constraints = "int8, input and output of one scale and zero point (TFLite-Micro does not rescale here)"
    tflite_micro = "limits the bytes without rescaling them to another output scale"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        if not checks.same_quantization(x, y):
            checks.refuse("its input and output have different scales", where, "Quantize the model again.")
        activation_range("RELU6", x.scale, x.zero_point, where)

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        return np.clip(INPUTS, *activation_range("RELU6", x.scale, x.zero_point, self.kind))


@REGISTRY.add
@dataclass(frozen=True)
class LeakyRelu(Lookup):
    """x where x >= 0, alpha * x below.

    Attributes:
        alpha: a float32 value.
    """

    kind = "LEAKY_RELU"
    tflite_options = TfliteOptions(75, {"alpha": Field(0, "real")})
    constraints = "int8, any scales, alpha not negative"

    alpha: float

    @classmethod
    def options(cls, raw: RawOp) -> tuple[Any, ...]:
        return (raw.options["alpha"],)

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        if not (math.isfinite(self.alpha) and self.alpha >= 0):
            checks.refuse(f"its alpha {self.alpha:g} is negative or no number", where)
        above, below = _scaling(x, y), self._scaling_below(x, y)
        check_accumulators([255, 255], [above[0], below[0]], [above[1], below[1]], where)

    def _scaling_below(self, x: Tensor, y: Tensor) -> tuple[int, int]:
        return quantize_multiplier(x.scale * self.alpha / y.scale)

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        steps = INPUTS - x.zero_point
        above = requantize(np.maximum(steps, 0), *_scaling(x, y))
        below = requantize(np.minimum(steps, 0), *self._scaling_below(x, y))
        return np.where(steps >= 0, above, below) + y.zero_point


def _scaling(x: Tensor, y: Tensor) -> tuple[int, int]:
    """Multiplier and shift of input steps to output steps."""
    return quantize_multiplier(x.scale / y.scale)
