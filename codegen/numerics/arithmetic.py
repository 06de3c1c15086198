"""The fixed-point arithmetic of TFLite-Micro in Python integers and NumPy: the same bits.

Scales are float32 values; every product of scales is taken in the precision the real kernels use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ScaleError, UnsupportedOpError

INT32_MAX = (1 << 31) - 1
MAX_LEFT_SHIFT = 30
STRIP_PRODUCTS = 200_000
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Split a positive real into a Q31 mantissa and a power of two.

    real is about multiplier * 2**(shift - 31) with 2**30 <= multiplier < 2**31; positive shifts go left.
    As in TFLite-Micro a mantissa that rounds up to 2**31 is halved, and reals below about 2**-32 become
    (0, 0).

    Args:
        real: finite and not negative.
    """
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)  # round half away from zero
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    return (multiplier, shift) if shift >= -31 else (0, 0)


@lru_cache(maxsize=4096)
def channel_multipliers(
    input_scale: float, weight_scales: tuple[float, ...], output_scale: float, channels: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Multiplier and shift of every output channel of a convolution: products in double precision.

    Args:
        weight_scales: one scale, or one a channel.
    Returns:
        multipliers and shifts, `channels` of each.
    """
    pairs = [quantize_multiplier(input_scale * scale / output_scale) for scale in weight_scales]
    if len(pairs) == 1:
        pairs = pairs * channels
    return tuple(m for m, _ in pairs), tuple(s for _, s in pairs)


def rounding_doubling_high_mul(x: NDArray[np.int64], multiplier: Any) -> NDArray[np.int64]:
    """round(x * multiplier / 2**31), ties towards plus infinity (gemmlowp).

    Args:
        x: int64 array of 32-bit values.
        multiplier: non-negative 32-bit integer, or an int64 array of them.
    """
    product: NDArray[np.int64] = x * multiplier
    return (product + (1 << 30)) >> 31


def rounding_divide_by_power(x: NDArray[np.int64], exponent: Any) -> NDArray[np.int64]:
    """round(x / 2**exponent), ties away from zero (gemmlowp).

    Args:
        x: int64 array of 32-bit values.
        exponent: 0..31, or an int64 array of them.
    """
    half = (np.int64(1) << np.asarray(exponent, np.int64)) >> 1
    rounded: NDArray[np.int64] = (x + half - ((x < 0) & (half > 0))) >> exponent
    return rounded


def requantize(x: NDArray[Any], multiplier: Any, shift: Any) -> NDArray[np.int64]:
    """TFLite-Micro's MultiplyByQuantizedMultiplier: two roundings.

    Args:
        x: integer array whose values times 2**max(shift, 0) fit 32 bits.
        multiplier: 0..2**31-1, or an array that broadcasts against x.
        shift: -31..30, or an array that broadcasts against x.
    Returns:
        int64 array.
    """
    shifts = np.asarray(shift, np.int64)
    left, right = np.maximum(shifts, 0), np.maximum(-shifts, 0)
    high = rounding_doubling_high_mul(x.astype(np.int64) << left, np.asarray(multiplier, np.int64))
    return rounding_divide_by_power(high, right)


def exact_matmul(rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[np.int64]:
    """rows @ columns.T of small integers, exact as long as no sum reaches 2**53.

    Works in strips that are too small for BLAS to start threads: on a busy machine its spinning threads
    cost a hundred times what they win here.

    Args:
        rows: [m, depth], columns: [n, depth], any integer or float dtype.
    Returns:
        int64 [m, n].
    """
    matrix = columns.astype(np.float64).T
    strip = max(1, STRIP_PRODUCTS // max(1, matrix.size))
    result = np.empty((rows.shape[0], matrix.shape[1]), np.int64)
    for start in range(0, len(rows), strip):
        result[start : start + strip] = rows[start : start + strip].astype(np.float64) @ matrix
    return result


def clamp(x: NDArray[np.int64], low: int, high: int, dtype: str = "int8") -> NDArray[Any]:
    """x limited to low..high, as `dtype`."""
    return np.clip(x, low, high).astype(dtype)


def activation_range(activation: str, scale: float, zero_point: int, where: str) -> tuple[int, int]:
    """Smallest and largest int8 output that a fused activation allows.

    The bounds 6, -1 and 1 are divided by the scale in float32 and rounded half away from zero.

    Raises:
        UnsupportedOpError: the activation is none of ACTIVATIONS, or a bound leaves 32 bits.
    """
    if activation not in ACTIVATIONS:
        raise UnsupportedOpError(
            f"the fused activation {activation} has no kernel", where, f"Use one of {', '.join(ACTIVATIONS)}."
        )

    def quantized(bound: float) -> int:
        if abs(bound / scale) > INT32_MAX:
            raise UnsupportedOpError(
                f"the scale {scale:g} is too small for {activation}", where, "Quantize the model again."
            )
        steps = float(np.float32(bound) / np.float32(scale))
        return zero_point + int(math.copysign(math.floor(abs(steps) + 0.5), steps))

    low, high = -128, 127
    if activation in ("RELU", "RELU6"):
        low = max(low, zero_point)
    if activation == "RELU6":
        high = min(high, quantized(6.0))
    if activation == "RELU_N1_TO_1":
        low, high = max(low, quantized(-1.0)), min(high, quantized(1.0))
    return low, high


RESCALE = "Quantize the model again: the output's scale is far too small for what goes in."
FEWER = (
    "Use fewer input channels or a smaller kernel, or quantize the model again: its scales do not match its "
    "weights."
)
"""Remedies against accumulators that overflow: of single values, and of sums of products."""


def check_accumulators(
    bounds: Sequence[int],
    multipliers: Sequence[int],
    shifts: Sequence[int],
    where: str,
    remedy: str = RESCALE,
) -> None:
    """Refuse a layer whose 32-bit arithmetic could overflow; TFLite-Micro's result is undefined there.

    Args:
        bounds: largest magnitude of the accumulator, one a channel.
        multipliers, shifts: the channel's requantization.
        remedy: RESCALE or FEWER.
    Raises:
        ScaleError: an accumulator, its left shift, or the sum with the zero point leaves 32 bits.
    """
    for channel, (bound, multiplier, shift) in enumerate(zip(bounds, multipliers, shifts, strict=True)):
        if shift > MAX_LEFT_SHIFT:
            raise ScaleError(
                f"channel {channel} is scaled up by 2**{shift}", where, "Quantize the model again."
            )
        result = ((bound << max(shift, 0)) * multiplier) >> (31 + max(-shift, 0))
        if bound << max(shift, 0) > INT32_MAX or result > INT32_MAX - 256:
            raise ScaleError(
                f"the accumulator of channel {channel} can reach {bound} and overflow 32 bits",
                where,
                remedy,
            )
