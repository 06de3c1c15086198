"""HARD_SWISH: x * relu6(x + 3) / 6 in 16-bit fixed point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import quantize_multiplier, rounding_divide_by_power
from codegen.ops import checks
from codegen.ops.lookup import INPUTS, Lookup
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor

FINE_BITS = 7
"""Bits that the input is shifted up: 255 << 7 still fits 16 bits."""
INT16_MAX = (1 << 15) - 1
MAX_EXPONENT = 15
"""Shifts beyond 15 bits leave 16-bit arithmetic."""


@REGISTRY.add
@dataclass(frozen=True)
class HardSwish(Lookup):
    """x * relu6(x + 3) / 6."""

    kind = "HARD_SWISH"
    constraints = "int8, output scale at least 1/128 of the input's (TFLite-Micro refuses finer ones)"
    tflite_micro = "refuses output scales below 1/128 of the input's"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        (_, output_shift), (_, gate_shift) = _scaling(x, y)
        if not -MAX_EXPONENT <= output_shift <= 0:
            checks.refuse(
                f"its output scale {y.scale:g} is too {'small' if output_shift > 0 else 'large'} for its "
                f"input scale {x.scale:g}",
                where,
                "Quantize the model again.",
            )
        if not -MAX_EXPONENT <= gate_shift <= MAX_EXPONENT:
            size = "large" if gate_shift > 0 else "small"
            checks.refuse(f"its input scale {x.scale:g} is too {size}", where, "Quantize the model again.")

    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        (output_multiplier, output_shift), (gate_multiplier, gate_shift) = _scaling(x, y)
        fine = (INPUTS - x.zero_point) << FINE_BITS
        gate = _high_mul(_saturate(fine << max(gate_shift - 1, 0)), gate_multiplier)
        if gate_shift > 0:
            gate = _saturate(gate << 1)
        elif gate_shift < 0:
            gate = rounding_divide_by_power(gate, -gate_shift)
        gate = (gate + (1 << 15)) >> 1  # relu6(x + 3) / 6 in Q0.15
        product = gate * _high_mul(fine, output_multiplier)
        truncated = np.sign(product) * (np.abs(product) >> 15)
        return rounding_divide_by_power(truncated, -output_shift) + y.zero_point


def _scaling(x: Tensor, y: Tensor) -> tuple[tuple[int, int], tuple[int, int]]:
    """16-bit multiplier and exponent of output and gate."""
    fine = x.scale / (1 << FINE_BITS)
    return _short(fine / y.scale), _short(fine * (1 << 15) / 3)


def _short(real: float) -> tuple[int, int]:
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, INT16_MAX), shift


def _high_mul(x: NDArray[np.int64], multiplier: int) -> NDArray[np.int64]:
    """round(x * multiplier / 2**15), ties towards plus infinity."""
    return (x * multiplier + (1 << 14)) >> 15


def _saturate(x: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.clip(x, -INT16_MAX - 1, INT16_MAX)
