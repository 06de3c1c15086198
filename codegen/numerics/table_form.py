"""Requantization without a 64-bit product: exact on every accumulator that a channel can have.

TFLite-Micro's double rounding, the zero point and the clamp together are a staircase of at most 255 steps.
For accumulators counted from its foot, and limited to its height, one looks for integers with

    output + 128 = (a * high + ((a * low) >> LOW_BITS) + constant) >> 24        in unsigned 32 bits.

What is shifted grows with a, so that it is enough to look at both sides of each step: they bound `constant`
from below and above. A slope without a constant is moved by units of its last bit; a channel that no slope
fits has no table form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.arithmetic import requantize

LOW_BITS = 12
"""Bits of `low`; a bound below 2**(32 - LOW_BITS) keeps its product within 32 bits."""

LARGEST_SHIFT = 20
"""Larger right shifts have no table form: their steps would leave 64 bits here."""

TRIES = 200
"""Slopes tried on each side of the exact one, in units of the last bit."""

LOW_MASK = (1 << LOW_BITS) - 1

MOVES = np.array([(n + 1) // 2 * (1 if n % 2 else -1) for n in range(2 * TRIES + 1)], np.int64)
"""In the order in which they are tried: 0, 1, -1, 2, ..."""

FEW = 32
"""Moves after the first that are tried together before all the others are."""


@dataclass(frozen=True, eq=False)
class TableForm:
    """The constants of all channels, int64 arrays [channels].

    Attributes:
        foot: accumulator from which `a` counts: the last one with the least output, or the least there is.
        bound: largest `a`.
        high, low, constant: see above; constant within 0 .. 2**32 - 1.
    """

    foot: NDArray[np.int64]
    bound: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    constant: NDArray[np.int64]

    def outputs(self, accumulators: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the kernels compute: int8 values of accumulators [..., channels]."""
        a = np.clip(accumulators - self.foot, 0, self.bound)
        sums: NDArray[np.int64] = a * self.high + ((a * self.low) >> LOW_BITS) + self.constant
        return ((sums & 0xFFFFFFFF) >> 24) - 128


def table_form(
    multipliers: Sequence[int],
    shifts: Sequence[int],
    zero_point: int,
    limits: tuple[int, int],
    reach: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> TableForm | None:
    """The table form of a layer, or None where a channel has none.

    Args:
        multipliers, shifts: requantization of each channel (shift -1 or less, numerics.arithmetic).
        zero_point: of the output.
        limits: least and largest output, within -128 .. 127.
        reach: least and largest accumulator of each channel.
    """
    multiplier, right = np.array(multipliers, np.int64), -np.array(shifts, np.int64)

    def output(a: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.clip(requantize(a, multiplier, -right) + zero_point, *limits) + 128

    least, largest = output(reach[0]), output(reach[1])
    dead = least == largest
    if np.any(~dead & ((right < 1) | (right > LARGEST_SHIFT))):
        return None
    none = np.zeros(len(dead), np.int64)
    if dead.all():
        return TableForm(none, none, none, none, least << 24)
    multiplier, right = np.where(dead, 1 << 30, multiplier), np.where(dead, 1, right)
    steps = staircase(multiplier, right, zero_point, limits)
    foot = np.where(dead, 0, np.maximum(steps[:, 0] - 1, reach[0]))
    bound = np.where(dead, 0, np.minimum(steps[:, -1], reach[1]) - foot)
    if np.any(bound >> (32 - LOW_BITS)):
        return None
    level = np.arange(limits[0] + 1, limits[1] + 1, dtype=np.int64) + 128 << 24
    solved = _solve(
        _shifted(multiplier, LOW_BITS + 24 - 31 - right),
        steps - foot[:, None],
        level,
        bound,
        (least, largest),
    )
    if solved is None:
        return None
    high, low, constant = (np.where(dead, 0, values) for values in solved)
    return TableForm(foot, bound, high, low, np.where(dead, least << 24, constant))


def staircase(
    multiplier: NDArray[np.int64], right: NDArray[np.int64], zero_point: int, limits: tuple[int, int]
) -> NDArray[np.int64]:
    """The least accumulator of each output above the least one: int64 [channels, outputs - 1].

    round(high / 2**right) >= t, ties away from zero, where high >= t * 2**right - 2**(right - 1), one more
    for t <= 0; and high = (a * multiplier + 2**30) >> 31 >= h where a >= (h * 2**31 - 2**30) / multiplier.
    """
    target = np.arange(limits[0] + 1, limits[1] + 1, dtype=np.int64) - zero_point
    one = np.int64(1)
    high = target * (one << right)[:, None] - (one << (right - 1))[:, None] + (target <= 0)
    steps: NDArray[np.int64] = -((-(high * (one << 31) - (one << 30))) // multiplier[:, None])
    return steps


def _solve(
    slope: NDArray[np.int64],
    steps: NDArray[np.int64],
    level: NDArray[np.int64],
    bound: NDArray[np.int64],
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None:
    """high, low and constant.

    Args:
        slope: the exact one with 24 + LOW_BITS bits behind the point, rounded down.
        steps: [channels, outputs - 1], counted from the foot.
        level: [outputs - 1], what must be reached at each step.
        bound: largest value counted from the foot.
        ends: outputs + 128 at the foot and at the bound.
    """
    first, last = ends[0] << 24, (ends[1] + 1 << 24) - 1
    counts = (steps > 0) & (steps <= bound[:, None])
    high, low, constant = np.zeros((3, len(slope)), np.int64)

    def solve(some: NDArray[np.int64], moves: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Take the first of these moves that fits; which of the channels have one."""
        moved = slope[some, None] + moves  # [channels, moves]
        lowest, highest = _constants(
            moved, steps[some], counts[some], level, bound[some], first[some], last[some]
        )
        fits = (lowest <= highest) & (moved >= 0)
        found: NDArray[np.bool_] = np.asarray(fits.any(axis=1))
        pick, channel = (np.nonzero(found)[0], fits.argmax(axis=1)[found]), some[found]
        high[channel], low[channel] = moved[pick] >> LOW_BITS, moved[pick] & LOW_MASK
        constant[channel] = (lowest[pick] + highest[pick]) // 2
        return found

    channels = np.argsort(-bound, kind="stable")
    # Most channels need no move. One that has none ends it, and those that reach far are the first to have
    # none: so they are tried one by one.
    for channel in channels[~solve(channels, MOVES[:1])]:
        if not any(solve(np.array([channel]), moves)[0] for moves in np.split(MOVES[1:], (FEW,))):
            return None
    return high, low, constant & 0xFFFFFFFF


def _constants(
    slope: NDArray[np.int64],
    steps: NDArray[np.int64],
    counts: NDArray[np.bool_],
    level: NDArray[np.int64],
    bound: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least and largest constant that take each slope over all steps; none where the least is larger.

    Args:
        slope: [channels, slopes].
        steps, counts: [channels, outputs - 1], and which of them can be reached.
        level: [outputs - 1].
        bound, first, last: [channels]; the sums at the foot and at the bound are at least and at most these.
    Returns:
        int64 [channels, slopes] twice.
    """
    far, reached = np.int64(1) << 60, counts[:, None]
    lowest = np.where(reached, level - heights(slope, steps), -far).max(axis=2, initial=-far)
    highest = np.where(reached, level - 1 - heights(slope, steps - 1), far).min(axis=2, initial=far)
    lowest = np.maximum(lowest, first[:, None])
    highest = np.minimum(highest, last[:, None] - heights(slope, bound[:, None])[..., 0])
    return lowest, highest


def heights(slope: NDArray[np.int64], a: NDArray[np.int64]) -> NDArray[np.int64]:
    """What accumulators become before a constant is added: int64 [channels, slopes, places].

    Args:
        slope: [channels, slopes].
        a: [channels, places].
    """
    wide = a[:, None]
    product: NDArray[np.int64] = wide * (slope >> LOW_BITS)[..., None]
    product += (wide * (slope & LOW_MASK)[..., None]) >> LOW_BITS
    return product


def _shifted(values: NDArray[np.int64], left: NDArray[np.int64]) -> NDArray[np.int64]:
    """values * 2**left, rounded down."""
    shifted: NDArray[np.int64] = (values << np.maximum(left, 0)) >> np.maximum(-left, 0)
    return shifted
