"""Requantization without a 64-bit product where negative accumulators round otherwise than positive ones.

TFLite-Micro rounds ties away from zero: with the output's zero point inside the activation range the
staircase of codegen/numerics/table_form.py has a kink at accumulator 0, and no line fits both sides. Here the
accumulator keeps its sign, which chooses one of two constants:

    output = (a * high + ((a * low) >> LOW_BITS) + (plus if a >= 0 else minus)) >> 24       in signed 32 bits,

with a limited to least .. most. Both sides share the slope; each bounds its own constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import requantize
from codegen.numerics.table_form import FEW, LARGEST_SHIFT, MOVES, staircase

LOW_BITS = 11
"""Bits of `low`; accumulators below 2**(31 - LOW_BITS) keep its product within 32 bits."""

LOW_MASK = (1 << LOW_BITS) - 1
FAR = np.int64(1) << 60

Side = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
"""What bounds a constant from one side: accumulators, sums to compare with, and which of them count."""


@dataclass(frozen=True, eq=False)
class SignedTableForm:
    """The constants of all channels, int64 arrays [channels].

    Attributes:
        least, most: limits of the accumulator.
        high, low: the slope, 24 and 24 + LOW_BITS bits behind the point.
        plus, minus: constants of accumulators from 0 on and below 0, within 32 bits signed.
        fits: bool [channels], where the numbers above hold; other channels have no such form.
    """

    least: NDArray[np.int64]
    most: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    plus: NDArray[np.int64]
    minus: NDArray[np.int64]
    fits: NDArray[np.bool_]

    def outputs(self, accumulators: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the kernels compute: int8 values of accumulators [..., channels]."""
        a = np.clip(accumulators, self.least, self.most)
        sums = a * self.high + ((a * self.low) >> LOW_BITS) + np.where(a < 0, self.minus, self.plus)
        outputs: NDArray[np.int64] = ((sums + (1 << 31)) % (1 << 32) - (1 << 31)) >> 24
        return outputs


def signed_table_form(
    multipliers: Sequence[int],
    shifts: Sequence[int],
    zero_point: int,
    limits: tuple[int, int],
    reach: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> SignedTableForm:
    """The signed table form of each channel that has one.

    Args:
        multipliers, shifts: requantization of each channel (shift -1 or less, numerics.arithmetic).
        zero_point: of the output.
        limits: least and largest output, within -128 .. 127.
        reach: least and largest accumulator of each channel.
    """
    multiplier, right = np.array(multipliers, np.int64), -np.array(shifts, np.int64)

    def output(a: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.clip(requantize(a, multiplier, -right) + zero_point, *limits)

    only = output(reach[0])
    dead = only == output(reach[1])
    if dead.all():
        none = np.zeros(len(dead), np.int64)
        return SignedTableForm(none, none, none, none, only << 24, only << 24, dead)
    tame = ~dead & (right >= 1) & (right <= LARGEST_SHIFT)
    multiplier, right = np.where(tame, multiplier, 1 << 30), np.where(tame, right, 1)
    steps = staircase(multiplier, right, zero_point, limits)
    least = np.where(tame, np.maximum(steps[:, 0] - 1, reach[0]), 0)
    most = np.where(tame, np.minimum(steps[:, -1], reach[1]), 0)
    tame &= (np.maximum(np.abs(least), np.abs(most)) >> (31 - LOW_BITS)) == 0
    level = np.arange(limits[0] + 1, limits[1] + 1, dtype=np.int64) << 24
    # Besides both sides of each step: both ends, and both sides of 0, where the constant changes.
    none = np.zeros(len(dead), np.int64)
    edges = np.stack([least, most, none - 1, none], axis=1)
    outputs = np.stack([output(a) for a in edges.T], axis=1)
    counts = np.hstack(
        [
            (steps > least[:, None]) & (steps <= most[:, None]),
            (edges >= least[:, None]) & (edges <= most[:, None]),
        ]
    )
    levels = np.broadcast_to(level, steps.shape)
    floor = np.hstack([steps, edges]), np.hstack([levels, outputs << 24]), counts
    ceiling = np.hstack([steps - 1, edges]), np.hstack([levels, (outputs + 1) << 24]) - 1, counts
    numbers, found = _solve(_slope(multiplier, right), floor, ceiling, np.nonzero(tame)[0])
    high, low, plus, minus = numbers
    plus, minus = (np.where(dead, only << 24, constant) for constant in (plus, minus))
    return SignedTableForm(least, most, high, low, plus, minus, dead | found)


def _slope(multiplier: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """multiplier * 2**(-31 - right) with 24 + LOW_BITS bits behind the point, rounded down."""
    left = 24 + LOW_BITS - 31 - right
    slope: NDArray[np.int64] = (multiplier << np.maximum(left, 0)) >> np.maximum(-left, 0)
    return slope


def _solve(
    slope: NDArray[np.int64], floor: Side, ceiling: Side, channels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """high, low, plus and minus, int64 [4, channels], and which channels have them: some slope fits.

    Args:
        slope: [channels].
        floor: sums at these accumulators are at least these, [channels, places].
        ceiling: at most these.
        channels: those to solve.
    """
    numbers, done = np.zeros((4, len(slope)), np.int64), np.zeros(len(slope), np.bool_)

    def solve(some: NDArray[np.int64], moves: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take the first of these moves that fits; the channels that none fits."""
        moved = slope[some, None] + moves  # [channels, moves]
        fits, middles = moved >= 0, []
        for sign in (1, -1):
            lowest = _room(moved, floor, some, sign, -FAR).max(axis=2)
            highest = _room(moved, ceiling, some, sign, FAR).min(axis=2)
            fits &= lowest <= highest
            middles.append(np.where(np.abs(lowest) < FAR, (lowest + highest) // 2, 0))
        found: NDArray[np.bool_] = np.asarray(fits.any(axis=1))
        pick, channel = (np.nonzero(found)[0], fits.argmax(axis=1)[found]), some[found]
        for number, values in zip(numbers, (moved >> LOW_BITS, moved & LOW_MASK, *middles), strict=True):
            number[channel] = values[pick]
        done[channel] = True
        return some[~found]

    if len(channels):
        for channel in solve(channels, MOVES[:1]):
            for moves in np.split(MOVES[1:], (FEW,)):
                if not done[channel]:
                    solve(np.array([channel]), moves)
    return numbers, done


def _room(
    slope: NDArray[np.int64], side: Side, some: NDArray[np.int64], sign: int, far: np.int64
) -> NDArray[np.int64]:
    """What a constant must add at each place of this sign, elsewhere `far`: [channels, slopes, places]."""
    places, sums, counts = (part[some][:, None] for part in side)
    product = places * (slope >> LOW_BITS)[..., None]
    product += (places * (slope & LOW_MASK)[..., None]) >> LOW_BITS
    return np.where(counts & ((places >= 0) == (sign > 0)), sums - product, far)
