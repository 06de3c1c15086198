"""RSQRT: 1 / sqrt(x) by Newton-Raphson in fixed point, for inputs that are never negative."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import INT32_MAX, check_accumulators, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.lookup import INPUTS, Lookup
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor

FRACTION_BITS = 20
"""Fraction bits of the inverse root before it is scaled to the output."""


@REGISTRY.add
@dataclass(frozen=True)
class Rsqrt(Lookup):
    """1 / sqrt(x); the largest output for 0."""

    kind = "RSQRT"
    constraints = (
        "int8, input zero point -128 (TFLite-Micro stops at a negative input), any scales "
        "but the few for which the precision of the scale's root would change an output"
    )
    tflite_micro = "refuses a negative input when it meets one; takes the root in floating point"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        if x.zero_point != -128:
            checks.refuse("its input can be negative: its zero point is not -128", where)
        scalings = [_scaling(x, y, single) for single in (False, True)]
        for multiplier, shift in scalings:
            if shift - FRACTION_BITS < -31:
                checks.refuse(f"its output scale {y.scale:g} is too large", where, "Quantize it again.")
            check_accumulators([1 << FRACTION_BITS], [multiplier], [shift - FRACTION_BITS], where)
        if (_outputs(*scalings[0], y.zero_point) != _outputs(*scalings[1], y.zero_point)).any():
            checks.refuse(
                "an output depends on the precision in which TFLite-Micro takes the root of its scale",
                where,
                "Quantize the model again with other samples.",
            )

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        return _outputs(*_scaling(x, y, single=False), y.zero_point)


@lru_cache(maxsize=16)
def _outputs(multiplier: int, shift: int, zero_point: int) -> NDArray[np.int64]:
    roots = np.array([_inverse_root(int(steps)) for steps in INPUTS[1:] + 128], np.int64)
    scaled = np.clip(requantize(roots, multiplier, shift - FRACTION_BITS) + zero_point, -128, 127)
    return np.concatenate([[127], scaled])


def _scaling(x: Tensor, y: Tensor, single: bool) -> tuple[int, int]:
    """Multiplier and shift of 1 / (sqrt(input scale) * output scale).

    Releases of TFLite-Micro differ in the precision of root and product: single or double.
    """
    product = math.sqrt(x.scale) * y.scale
    if single:
        product = float(np.sqrt(np.float32(x.scale)) * np.float32(y.scale))
    return quantize_multiplier(1 / product) if product > 0 else (0, 1 << 16)  # refused by the check


def _inverse_root(steps: int) -> int:
    """1 / sqrt(steps) with FRACTION_BITS fraction bits. steps: 1 .. 255."""
    if steps == 1:
        mantissa, shift = INT32_MAX, 0
    else:
        pairs = (31 - steps.bit_length()) // 2 - 1
        half = (steps << 2 * pairs) >> 1  # Q3.28, in [1/4, 1)
        x = 1 << 28
        for _ in range(5):
            cube = _saturate(_mul(_mul(x, x), x) << 6)
            x = _saturate((_mul(3 << 27, x) - _mul((half + 1) >> 1, cube)) << 3)
        mantissa, shift = _mul(x, round(math.sqrt(0.5) * (1 << 31))), pairs - 11
        if shift > 0:
            mantissa, shift = mantissa << shift, 0
    return int(requantize(np.array(1), mantissa, shift + FRACTION_BITS))


def _mul(a: int, b: int) -> int:
    return (a * b + (1 << 30)) >> 31


def _saturate(value: int) -> int:
    return max(-(1 << 31), min(INT32_MAX, value))
