"""exp, 1 / (1 + x) and friends as gemmlowp computes them in 32-bit fixed point; SOFTMAX, LOGISTIC, TANH.

Qm.n: n fraction bits and, with the sign, m integer bits of 32.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import INT32_MAX, rounding_divide_by_power, rounding_doubling_high_mul

Q2_ONE = 1 << 29
"""One in Q2.29."""


def exp_on_negative(x: NDArray[np.int64], integer_bits: int) -> NDArray[np.int64]:
    """exp of values at most 0 with this many integer bits (4 or 5), in Q0.31.

    A fourth-order Taylor series around -1/8 for the part below 1/4, then one factor exp(-2**k) for every
    higher bit.
    """
    quarter = 1 << (31 - integer_bits - 2)
    rest = (x & (quarter - 1)) - quarter  # in [-1/4, 0)
    result = _exp_near_zero(rest << integer_bits)
    remainder = rest - x
    for power in range(-2, integer_bits):
        factor = math.floor(math.exp(-(2.0**power)) * (1 << 31) + 0.5)
        bit = (remainder >> (31 - integer_bits + power)) & 1
        result = np.where(bit == 1, rounding_doubling_high_mul(result, factor), result)
    return np.where(x == 0, INT32_MAX, result)


def _exp_near_zero(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """exp of Q0.31 values in [-1/4, 0): Taylor series around -1/8."""
    mul = rounding_doubling_high_mul
    at_eighth = math.floor(math.exp(-1 / 8) * (1 << 31) + 0.5)
    third = math.floor((1 << 31) / 3 + 0.5)
    x = x + (1 << 28)
    x2 = mul(x, x)
    x3, x4 = mul(x2, x), mul(x2, x2)
    tail = rounding_divide_by_power(mul(rounding_divide_by_power(x4, 2) + x3, third) + x2, 1)
    return at_eighth + mul(x + tail, at_eighth)


def two_over_one_plus(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """2 / (1 + x) of Q0.31 values in [0, 1), in Q2.29: three Newton-Raphson steps."""
    mul = rounding_doubling_high_mul
    half_denominator = (x + INT32_MAX + 1) >> 1
    result = 1515870810 + mul(half_denominator, -1010580540)  # 48/17 - 32/17 * d
    for _ in range(3):
        result = result + saturate(mul(result, Q2_ONE - mul(half_denominator, result)) << 2)
    return result


def logistic(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 / (1 + exp(-x)) of Q4.27 values, in Q0.31."""
    positive = saturate(two_over_one_plus(exp_on_negative(-np.abs(x), 4)) << 1)
    return np.where(x == 0, 1 << 30, np.where(x > 0, positive, INT32_MAX - positive))


def tanh(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """tanh of Q4.27 values, in Q0.31: 2 / (1 + exp(-2 |x|)) - 1 with the sign of x."""
    exponential = exp_on_negative(-np.abs(x), 5)  # the same bits read as Q5.26 are twice the value
    size = saturate((two_over_one_plus(exponential) - Q2_ONE) << 2)
    return np.where(x == 0, 0, np.where(x > 0, size, -size))


def saturate(value: Any) -> Any:
    """Limited to 32 bits."""
    return np.clip(value, -(1 << 31), INT32_MAX)
