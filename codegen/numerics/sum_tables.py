"""Sums of two int8 values by two tables: exact, or there are none.

An output of ADD depends on the sum of two terms, one of each input, both on one fine scale. The terms are
scaled to outputs with FRACTION more bits and rounded once, so that
    output = clamp((A[a] + B[b]) >> FRACTION)
is within a hair of the double rounding. One constant, added to A, puts all 65,536 sums on the right side of
their steps; where no constant does, there are no tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRACTION = 20
"""TFK_SUM_FRACTION of codegen/kernels/add_tables.h."""


@dataclass(frozen=True, eq=False)
class SumTables:
    """Two tables.

    Attributes:
        a, b: int32 [256], for inputs -128 .. 127; no sum of one of each leaves 32 bits.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]

    def outputs(self, low: int, high: int) -> NDArray[np.int64]:
        """What they make of all pairs, [256, 256]."""
        sums: NDArray[np.int64] = self.a.astype(np.int64)[:, None] + self.b.astype(np.int64)
        outputs: NDArray[np.int64] = np.clip(sums >> FRACTION, low, high)
        return outputs


def sum_tables(
    terms_a: NDArray[Any], terms_b: NDArray[Any], step: float, wanted: NDArray[Any], low: int, high: int
) -> SumTables | None:
    """Tables that make exactly the wanted outputs of all pairs; None where there are none.

    Args:
        terms_a, terms_b: [256], what inputs -128 .. 127 count on the fine scale.
        step: outputs for one unit of the fine scale.
        wanted: outputs of all pairs, [256, 256], within low .. high.
    """
    scaled_a, scaled_b = (
        np.rint(terms.astype(np.float64) * step * (1 << FRACTION)).astype(np.int64)
        for terms in (terms_a, terms_b)
    )
    sums, outputs = scaled_a[:, None] + scaled_b, wanted.astype(np.int64)
    reached, passed = outputs > low, outputs < high
    least = ((outputs << FRACTION) - sums)[reached]
    most = (((outputs + 1) << FRACTION) - 1 - sums)[passed]
    bounds = [int(least.max())] if least.size else []
    bounds += [int(most.min())] if most.size else []
    if not bounds or (least.size and most.size and bounds[0] > bounds[1]):
        return None
    constant = sum(bounds) // len(bounds)
    limit = np.iinfo(np.int32)
    for values in (scaled_a + constant, scaled_b, sums + constant):
        if values.min() < limit.min or values.max() > limit.max:
            return None
    found = SumTables((scaled_a + constant).astype(np.int32), scaled_b.astype(np.int32))
    return found if np.array_equal(found.outputs(low, high), outputs) else None
