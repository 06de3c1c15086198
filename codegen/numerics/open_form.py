"""The table form on sums without their bias: what starts a sum goes into the limits and the constant.

    output = (a * high + ((a * low) >> LOW_BITS) + constant) >> 24            in signed 32 bits,

with a sum of products `a` limited to least .. most. A kernel then starts a sum by its first product. The
slope is that of codegen/numerics/table_form.py, or one near it that takes all steps, too: one without a
lower part saves three instructions, one whose lower part is a power of two saves a product, for a shift of
`a` makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.table_form import LOW_BITS, LOW_MASK, TableForm, heights, staircase

LIMIT = 1 << (31 - LOW_BITS)
"""Sums below it keep their product with `low` within 32 bits."""

WHOLE = np.arange(-3, 5)
"""Slopes without a lower part that are tried, from the exact one rounded down on."""

POWERS = 1 << np.arange(LOW_BITS - 1, -1, -1)
"""Lower parts that are tried then, with the upper part that comes nearest to the exact slope."""

PARTED = np.array([0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6])
"""Others, in units of the last bit, from that of the table form on."""

FAR = np.int64(1) << 60


@dataclass(frozen=True, eq=False)
class OpenForm:
    """The constants of all channels, int64 arrays [channels].

    Attributes:
        least, most: limits of the sum.
        high, low: the slope, 24 and 24 + LOW_BITS bits behind the point; low is 0 where it is whole.
        constant: within 0 .. 2**32 - 1.
    """

    least: NDArray[np.int64]
    most: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    constant: NDArray[np.int64]

    def outputs(self, sums: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the kernels compute: int8 values of sums of products [..., channels]."""
        a = np.clip(sums, self.least, self.most)
        raised: NDArray[np.int64] = a * self.high + ((a * self.low) >> LOW_BITS) + self.constant
        return ((raised & 0xFFFFFFFF) >> 24 ^ 128) - 128


def open_form(
    form: TableForm,
    started: NDArray[np.int64],
    multipliers: Sequence[int],
    shifts: Sequence[int],
    zero_point: int,
    limits: tuple[int, int],
) -> OpenForm | None:
    """The open form of a layer, or None where a channel has none.

    Args:
        form: its table form.
        started: int64 [channels], accumulator of a sum of 0.
        multipliers, shifts, zero_point, limits: as for `table_form`.
    """
    least = form.foot - started
    most = least + form.bound
    if np.any(np.maximum(np.abs(least), np.abs(most)) >= LIMIT):
        return None
    live = form.bound > 0
    high, low = form.high.copy(), form.low.copy()
    constant = form.constant.copy()  # of channels with one output: nothing is added to it
    if live.any():
        multiplier, right = np.array(multipliers, np.int64)[live], -np.array(shifts, np.int64)[live]
        steps = staircase(multiplier, right, zero_point, limits) - started[live, None]
        level = np.arange(limits[0] + 1, limits[1] + 1, dtype=np.int64) + 128 << 24
        slope = (form.high[live] << LOW_BITS) + form.low[live]
        # Both ends as the table form has them.
        ends = form.outputs(np.stack([form.foot, form.foot + form.bound]))[:, live] + 128
        sides = _Steps(steps, level, least[live], most[live], ends)
        whole = (slope[:, None] >> LOW_BITS << LOW_BITS) + (WHOLE << LOW_BITS)
        nearest = (slope[:, None] - POWERS + (1 << LOW_BITS - 1)) >> LOW_BITS << LOW_BITS
        found = _pick(sides, np.hstack([whole, nearest + POWERS, slope[:, None] + PARTED]))
        if found is None:
            return None
        taken, constant[live] = found
        high[live], low[live] = taken >> LOW_BITS, taken & LOW_MASK
    high, low = np.where(live, high, 0), np.where(live, low, 0)
    return OpenForm(least, most, high, low, (constant ^ (1 << 31)) & 0xFFFFFFFF)


@dataclass(frozen=True, eq=False)
class _Steps:
    """What sums must reach: `steps` [channels, outputs - 1], `level` [outputs - 1], limits [channels], and
    the outputs + 128 at both limits [2, channels]."""

    steps: NDArray[np.int64]
    level: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    ends: NDArray[np.int64]


def _pick(sides: _Steps, slopes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """The first of each channel's slopes [channels, slopes] that some constant takes over all steps, and that
    constant; None where a channel has none."""
    reached = ((sides.steps > sides.least[:, None]) & (sides.steps <= sides.most[:, None]))[:, None]
    lowest = np.where(reached, sides.level - heights(slopes, sides.steps), -FAR).max(axis=2, initial=-FAR)
    highest = np.where(reached, sides.level - 1 - heights(slopes, sides.steps - 1), FAR).min(
        axis=2, initial=FAR
    )
    for end, limit in zip(sides.ends, (sides.least, sides.most), strict=True):
        height = heights(slopes, limit[:, None])[..., 0]
        lowest = np.maximum(lowest, (end[:, None] << 24) - height)
        highest = np.minimum(highest, (end[:, None] + 1 << 24) - 1 - height)
    fits = (lowest <= highest) & (slopes >= 0)
    if not fits.any(axis=1).all():
        return None
    channel, first = np.arange(len(slopes)), fits.argmax(axis=1)
    return slopes[channel, first], (lowest[channel, first] + highest[channel, first]) // 2
