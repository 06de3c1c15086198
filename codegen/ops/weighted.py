"""What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED share: weights, bias, requantization tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import channel_multipliers, check_accumulators, clamp, requantize
from codegen.ops.base import ConstTable, RawOp
from codegen.ops.checks import REEXPORT, constant_input, refuse

if TYPE_CHECKING:
    from codegen.graph import Tensor


def weight_input(raw: RawOp, tensors: Sequence[Tensor], channel_axis: int, where: str) -> Tensor:
    """Input 1: constant int8 weights with one scale or one a channel, zero points 0."""
    weights = constant_input(raw, tensors, 1, "int8", where)
    quant = weights.quant
    channels = weights.shape[channel_axis] if len(weights.shape) > channel_axis else 0
    if quant is None or len(quant.scale) not in (1, channels):
        refuse(f"its weights {list(weights.shape)} have no scale, or not one a channel", where)
    if any(quant.zero_point):
        refuse("its weights have a zero point that is not 0", where, "Quantize with symmetric weights.")
    return weights


def bias_input(raw: RawOp, tensors: Sequence[Tensor], channels: int, where: str) -> Tensor | None:
    """Input 2: None, or a constant int32 of `channels` elements."""
    if len(raw.inputs) < 3 or raw.inputs[2] == -1:
        return None
    bias = constant_input(raw, tensors, 2, "int32", where)
    if bias.elements != channels:
        refuse(f"its bias has {bias.elements} elements for {channels} channels", where, REEXPORT)
    return bias


def bias_values(bias: NDArray[Any] | None, channels: int) -> NDArray[np.int64]:
    """The bias as int64 [channels], zeros where there is none."""
    return np.zeros(channels, np.int64) if bias is None else bias.reshape(-1).astype(np.int64)


def check_overflow(
    weights: NDArray[Any],
    bias: Tensor | None,
    multipliers: Sequence[int],
    shifts: Sequence[int],
    where: str,
) -> None:
    """Refuse weights whose accumulator could leave 32 bits for some input.

    The bound holds for every partial sum, with the input's zero point subtracted from each input or
    folded into the bias: |bias| + 256 * sum |w|.

    Args:
        weights: [channels, taps].
    """
    sums = np.abs(weights.astype(np.int64)).sum(axis=1) * 256
    biases = np.abs(bias_values(None if bias is None else bias.data, len(sums)))
    check_accumulators([int(b) for b in sums + biases], multipliers, shifts, where)


def multipliers_of(
    x: Tensor, weights: Tensor, y: Tensor, channels: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Multipliers and shifts of the output channels."""
    assert weights.quant is not None
    return channel_multipliers(x.scale, weights.quant.scale, y.scale, channels)


def finish(
    accumulators: NDArray[Any], multiplier: Any, shift: Any, zero_point: int, bounds: tuple[int, int]
) -> NDArray[Any]:
    """Accumulators [..., channels] to int8: requantize, add the zero point, clamp."""
    return clamp(requantize(accumulators, multiplier, shift) + zero_point, *bounds)


def folded_bias(bias: NDArray[Any] | None, weights: NDArray[Any], input_zero_point: int) -> NDArray[np.int32]:
    """bias - zero point * sum of weights: then the kernel multiplies the input as it is.

    Args:
        weights: [channels, taps].
    """
    sums = weights.astype(np.int64).sum(axis=1)
    folded: NDArray[np.int64] = bias_values(bias, len(sums)) - input_zero_point * sums
    return folded.astype(np.int32)


def shifts_right(multipliers: Sequence[int], shifts: Sequence[int]) -> bool:
    """True where every channel shifts right by at least one bit: what the fast kernels need.

    That is, no weight counts more than half an output step; channels of multiplier 0 shift as one likes.
    """
    return all(shift <= -1 or not multiplier for multiplier, shift in zip(multipliers, shifts, strict=True))


def requantization_tables(
    multipliers: Sequence[int], shifts: Sequence[int], fast: bool
) -> tuple[ConstTable, ConstTable]:
    """The tables `multiplier` and `shift`.

    Args:
        fast: the kernel takes right shift - 1 (`shifts_right` holds); plain kernels take the shift.
    """
    stored = [max(0, -shift - 1) for shift in shifts] if fast else list(shifts)
    return (
        ConstTable("multiplier", "int32_t", np.array(multipliers, np.int32)),
        ConstTable("shift", "int8_t", np.array(stored, np.int8)),
    )
