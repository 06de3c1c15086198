"""LOGISTIC and TANH: the input becomes Q4.27, gemmlowp's fixed-point functions do the rest."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from codegen.numerics import fixed_point
from codegen.numerics.arithmetic import requantize, rounding_divide_by_power
from codegen.ops import checks
from codegen.ops.lookup import INPUTS, Lookup, check_output
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor

INTEGER_BITS = 4
"""The functions take values in (-16, 16); beyond 15 they are at their ends."""
MAX_SHIFT = 31
"""Input scales from 16 on make TFLite-Micro shift by 32 bits and more."""


@dataclass(frozen=True)
class _Sigmoid(Lookup):
    steps: ClassVar[int]
    """The output scale is 1/steps."""
    zero_point: ClassVar[int]

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        check_output(y, self.steps, self.zero_point, where)
        shift = math.frexp(x.scale * (1 << (31 - INTEGER_BITS)))[1]
        if not 0 <= shift <= MAX_SHIFT:
            checks.refuse(
                f"its input scale {x.scale:g} is too {'small' if shift < 0 else 'large'}",
                where,
                "Quantize the model again.",
            )

    @abstractmethod
    def function(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        """int8 steps from Q4.27."""

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        fraction, shift = math.frexp(x.scale * (1 << (31 - INTEGER_BITS)))
        multiplier = int(fraction * (1 << 31))  # exact: a float32 has 24 bits
        radius = (((1 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> shift
        steps = INPUTS - x.zero_point
        inside = np.abs(steps) < radius
        result = self.function(requantize(np.where(inside, steps, 0), multiplier, min(shift, 30)))
        return np.where(inside, result, np.where(steps <= -radius, -128, 127))


@REGISTRY.add
@dataclass(frozen=True)
class Logistic(_Sigmoid):
    """1 / (1 + exp(-x))."""

    kind = "LOGISTIC"
    constraints = "int8, any input scale below 16, output scale 1/256 and zero point -128"
    tflite_micro = "refuses another zero point of the output; computes the same for another scale"
    steps, zero_point = 256, -128

    def function(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        return rounding_divide_by_power(fixed_point.logistic(x), 23) - 128


@REGISTRY.add
@dataclass(frozen=True)
class Tanh(_Sigmoid):
    """Hyperbolic tangent."""

    kind = "TANH"
    constraints = "int8, any input scale below 16, output scale 1/128 and zero point 0"
    tflite_micro = "computes the same for any other scale and zero point of the output"
    steps, zero_point = 128, 0

    def function(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        return rounding_divide_by_power(fixed_point.tanh(x), 24)
