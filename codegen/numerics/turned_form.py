"""The signed table form with one constant: a product that wraps makes the other one.

Accumulators above 0 and those up to 0 need constants that differ by one unit of the first rounding, which is
2**(24 - right) of what is added up for outputs scaled down by 2**-right. With a negative lower part of the
slope, shifted as an unsigned number, accumulators above 0 get just that much more:

    output = (a * high + ((a * low mod 2**32) >> shift) + plus) >> 24,      shift = 8 + right, low <= 0,

in signed 32 bits, with a limited to least .. most as in codegen/numerics/signed_table_form.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.numerics.signed_table_form import SignedTableForm
from codegen.numerics.table_form import LARGEST_SHIFT, staircase

MOVES = np.array([0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8])
"""Slopes that are tried, in units of the last bit, from the exact one on."""

FAR = np.int64(1) << 60
WRAP = np.int64(1) << 32


@dataclass(frozen=True, eq=False)
class TurnedForm:
    """The constants of all channels, int64 arrays [channels]; the limits are those of the signed table form.

    Attributes:
        high, low: the slope, 24 and 24 + shift bits behind the point; low <= 0.
        plus: within 32 bits signed.
        shift: 0 where a channel has no such form.
    """

    high: NDArray[np.int64]
    low: NDArray[np.int64]
    plus: NDArray[np.int64]
    shift: NDArray[np.int64]

    def outputs(self, accumulators: NDArray[np.int64], form: SignedTableForm) -> NDArray[np.int64]:
        """What the kernels compute: int8 values of accumulators [..., channels] that have the form."""
        a = np.clip(accumulators, form.least, form.most)
        sums = a * self.high + (a * self.low % WRAP >> self.shift) + self.plus
        outputs: NDArray[np.int64] = ((sums + (1 << 31)) % WRAP - (1 << 31)) >> 24
        return outputs


def turned_form(
    form: SignedTableForm,
    multipliers: tuple[int, ...],
    shifts: tuple[int, ...],
    zero_point: int,
    limits: tuple[int, int],
) -> TurnedForm:
    """The form of each channel that has one.

    Args:
        form: the signed table form of the layer.
        multipliers, shifts, zero_point, limits: as for `signed_table_form`.
    """
    multiplier, right = np.array(multipliers, np.int64), -np.array(shifts, np.int64)
    tame = form.fits & (form.most > form.least) & (right >= 1) & (right <= LARGEST_SHIFT)
    multiplier, right = np.where(tame, multiplier, 1 << 30), np.where(tame, right, 1)
    shift = 8 + right
    # 24 + shift bits behind the point, of which the multiplier has 31 + right: one more.
    slope = (multiplier << 1)[:, None] + MOVES
    high = -(-slope >> shift[:, None])
    low = slope - (high << shift[:, None])
    farthest = np.maximum(np.abs(form.least), np.abs(form.most))
    steps = staircase(multiplier, right, zero_point, limits)
    level = np.arange(limits[0] + 1, limits[1] + 1, dtype=np.int64) << 24
    reached = ((steps > form.least[:, None]) & (steps <= form.most[:, None]))[:, None]

    def heights(a: NDArray[np.int64]) -> NDArray[np.int64]:
        wide = a[:, None]  # [channels, 1, places]
        product: NDArray[np.int64] = wide * high[..., None]
        product += wide * low[..., None] % WRAP >> shift[:, None, None]
        return product

    lowest = np.where(reached, level - heights(steps), -FAR).max(axis=2, initial=-FAR)
    highest = np.where(reached, level - 1 - heights(steps - 1), FAR).min(axis=2, initial=FAR)
    for limit in (form.least, form.most):
        height, output = heights(limit[:, None])[..., 0], form.outputs(limit)[:, None] << 24
        lowest = np.maximum(lowest, output - height)
        highest = np.minimum(highest, output + (1 << 24) - 1 - height)
    fits = (lowest <= highest) & tame[:, None] & (farthest[:, None] * -low < WRAP)
    channel, first = np.arange(len(slope)), fits.argmax(axis=1)
    found = fits.any(axis=1)
    plus = (lowest[channel, first] + highest[channel, first]) // 2
    taken = (high[channel, first], low[channel, first], plus, shift)
    return TurnedForm(*(np.where(found, values, 0) for values in taken))
