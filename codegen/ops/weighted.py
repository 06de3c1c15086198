"""What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED share: weights, bias, requantization tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.lowering.kernel_call import ConstTable
from codegen.numerics.arithmetic import FEWER, channel_multipliers, check_accumulators, clamp, requantize
from codegen.numerics.open_form import open_form
from codegen.numerics.signed_table_form import SignedTableForm, signed_table_form
from codegen.numerics.table_form import TableForm, table_form
from codegen.numerics.turned_form import turned_form
from codegen.ops.checks import REEXPORT, constant_input, refuse
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp


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
    check_accumulators([int(b) for b in sums + biases], multipliers, shifts, where, FEWER)


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


NARROW_ACCUMULATOR = 2**29
"""The fast kernels' accumulators are smaller: see tfk_doubling_high_mul_29."""

PACKED_MULTIPLE = 4
"""Packed filters have a multiple of so many weights: codegen/kernels/patch_products.h."""


@dataclass(frozen=True, eq=False)
class Requantization:
    """How the accumulators of a layer become outputs.

    Attributes:
        bias: int64 [channels], without the input's zero point.
        multipliers, shifts: of the channels.
        zero_point, limits: of the output.
    """

    bias: NDArray[np.int64]
    multipliers: tuple[int, ...]
    shifts: tuple[int, ...]
    zero_point: int
    limits: tuple[int, int]


def settled(layer: Requantization, weights: NDArray[Any]) -> Requantization:
    """The same outputs, where channels without any weight have small numbers.

    Such a channel has one output. Training leaves them behind, with a scale next to zero and hence a bias
    next to 2**30, which would keep the whole layer from the fast kernels. Now its bias is four times its
    output, and its multiplier a quarter.

    Args:
        weights: [channels, taps].
    """
    dead = ~np.any(weights != 0, axis=1)
    if not dead.any():
        return layer
    outputs = finish(layer.bias, layer.multipliers, layer.shifts, layer.zero_point, layer.limits)
    pairs = [
        (1 << 30, -1) if quiet else pair
        for quiet, *pair in zip(dead, layer.multipliers, layer.shifts, strict=True)
    ]
    return replace(
        layer,
        bias=np.where(dead, 4 * (outputs.astype(np.int64) - layer.zero_point), layer.bias),
        multipliers=tuple(multiplier for multiplier, _ in pairs),
        shifts=tuple(shift for _, shift in pairs),
    )


def usual(layer: Requantization, weights: NDArray[Any]) -> bool:
    """True where the fast kernels may compute a layer: outputs scaled down, no huge accumulator.

    Every channel shifts right by at least one bit (no weight counts more than half an output step; channels
    of multiplier 0 shift as one likes). No accumulator reaches NARROW_ACCUMULATOR, and no sum of products of
    values with 128 added reaches 32 bits.

    Args:
        weights: [channels, taps].
    """
    bias, pairs = layer.bias, zip(layer.multipliers, layer.shifts, strict=True)
    down = all(shift <= -1 or not multiplier for multiplier, shift in pairs)
    sums = np.abs(weights.astype(np.int64)).sum(axis=1)
    accumulator = int((np.abs(bias) + 256 * sums).max())
    shifted = int(np.abs(bias).max()) + 256 * 256 * (weights.shape[1] + PACKED_MULTIPLE)
    return down and accumulator < NARROW_ACCUMULATOR and shifted < 2**31 - NARROW_ACCUMULATOR


def packed_depth(depth: int) -> int:
    """Weights of a filter as it is packed."""
    return depth + -depth % PACKED_MULTIPLE


def packed_filters(matrix: NDArray[Any]) -> NDArray[np.uint8]:
    """Filters in the order in which codegen/kernels/patch_products.h reads them.

    Args:
        matrix: int8 [channels, depth].
    Returns:
        uint8 [ceil(channels / 2), depth rounded up to a multiple of 4, 2]: 128 is added to each weight,
        and 128 stands for none.
    """
    channels, depth = matrix.shape
    padded = np.zeros((channels + channels % 2, depth + -depth % PACKED_MULTIPLE), np.int16)
    padded[:channels, :depth] = matrix
    pairs = padded.reshape(len(padded) // 2, 2, -1).transpose(0, 2, 1)
    return np.ascontiguousarray(pairs + 128).astype(np.uint8)


def requantization_tables(multipliers: Sequence[int], shifts: Sequence[int]) -> tuple[ConstTable, ConstTable]:
    """The tables `multiplier` and `shift` of a plain kernel."""
    return (
        ConstTable("multiplier", "int32_t", np.array(multipliers, np.int32)),
        ConstTable("shift", "int8_t", np.array(shifts, np.int8)),
    )


def reachable(
    bias: NDArray[np.int64], weights: NDArray[Any], input_zero_point: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least and largest accumulator of each channel, whatever the input.

    Args:
        bias: int64 [channels].
        weights: [channels, taps].
    """
    matrix = weights.astype(np.int64)
    up, down = np.maximum(matrix, 0).sum(axis=1), np.minimum(matrix, 0).sum(axis=1)
    least, largest = -128 - input_zero_point, 127 - input_zero_point
    return bias + up * least + down * largest, bias + up * largest + down * least


def row_form(layer: Requantization, reach: tuple[NDArray[np.int64], NDArray[np.int64]]) -> TableForm | None:
    """The table form of a layer's rows, None where there is none; it is the costly part of lowering.

    Args:
        layer: for which `usual` holds.
        reach: least and largest accumulator of each channel, see `reachable`.
    """
    return table_form(layer.multipliers, layer.shifts, layer.zero_point, layer.limits, reach)


def signed_form(layer: Requantization, reach: tuple[NDArray[np.int64], NDArray[np.int64]]) -> SignedTableForm:
    """The signed table form of a layer's rows, whose `fits` says which channels have one; arguments as for
    `row_form`."""
    return signed_table_form(layer.multipliers, layer.shifts, layer.zero_point, layer.limits, reach)


MOST_SCALED = 8
"""One channel of so many may be scaled where the others have a table form."""

SCALED_TAPS = 512
"""Or so large a part of them: an output's products over this. An output that is scaled takes 25 to 44
instructions more than another, of which the cost table does not know: up to a fifteenth of the layer's."""


def mostly_fits(form: SignedTableForm, taps: int) -> bool:
    """All channels but a few have it, or all but some whose outputs cost little beside their products.

    Args:
        taps: products of an output.
    """
    scaled = int((~form.fits).sum())
    return scaled * min(MOST_SCALED, SCALED_TAPS / taps) <= len(form.fits)


def rows_of(layer: Requantization, started: NDArray[np.int64], form: TableForm | None) -> NDArray[np.int32]:
    """The rows of a fast kernel (codegen/kernels/requantize.h).

    Args:
        layer: for which `usual` holds.
        started: what the kernel's sum starts with, int64 [channels].
        form: from `row_form`; None: they are scaled.
    Returns:
        int32 [channels, 5] in table form, [channels, 3] in scaled form.
    """
    if form is None:
        right = np.maximum(0, -np.array(layer.shifts, np.int64) - 1)
        columns = [started, np.array(layer.multipliers, np.int64), right]
    else:
        # 128 more or less is the same bit: the kernel's byte is the output itself.
        signed = form.constant ^ (1 << 31)
        columns = [started - form.foot, form.bound, form.high, form.low, signed]
    return np.stack(columns, axis=1).astype(np.uint64).astype(np.uint32).view(np.int32)


def open_rows_of(
    layer: Requantization, started: NDArray[np.int64], form: TableForm
) -> NDArray[np.int32] | None:
    """Rows in open form, int32 [channels, 5], or None where a channel has none; see `rows_of`."""
    found = open_form(form, started, layer.multipliers, layer.shifts, layer.zero_point, layer.limits)
    if found is None:
        return None
    columns = [found.least, found.most, found.high, found.low, found.constant]
    return np.stack(columns, axis=1).astype(np.uint64).astype(np.uint32).view(np.int32)


def signed_rows_of(
    layer: Requantization, started: NDArray[np.int64], form: SignedTableForm
) -> NDArray[np.int32]:
    """Rows in signed table form, int32 [channels, 7]; channels that have none are scaled.

    codegen/kernels/requantize.h: tfk_output_signed_s8 tells one from the other by limits between
    which nothing lies.

    Args:
        layer: for which `usual` holds.
        started: what the kernel's sum starts with, int64 [channels].
    """
    # The form counts from accumulator 0 as the kernel does: nothing is added to the start.
    limited = [form.least, form.most, form.high, form.low, form.plus, form.minus]
    one = np.ones(len(started), np.int64)
    right = np.maximum(0, -np.array(layer.shifts, np.int64) - 1)
    low, high = layer.limits
    range_of_output = (high * 256 + (low & 255)) * one
    scaled = [
        one,
        0 * one,
        np.array(layer.multipliers, np.int64),
        right,
        layer.zero_point * one,
        range_of_output,
    ]
    columns = [np.where(form.fits, a, b) for a, b in zip(limited, scaled, strict=True)]
    return np.stack([started, *columns], axis=1).astype(np.int64).astype(np.uint32).view(np.int32)


def turned_rows_of(
    layer: Requantization, started: NDArray[np.int64], form: SignedTableForm
) -> NDArray[np.int32]:
    """Rows in turned form, int32 [channels, 7]; channels that have none are in signed table form or scaled,
    and their fifth number is none below 0; see `signed_rows_of`."""
    turned = turned_form(form, layer.multipliers, layer.shifts, layer.zero_point, layer.limits)
    rows = signed_rows_of(layer, started, form)
    columns = np.stack([turned.high, turned.low, turned.plus, turned.shift], axis=1)
    found = turned.low < 0
    rows[found, 3:] = columns[found].astype(np.uint64).astype(np.uint32).view(np.int32)
    return rows
