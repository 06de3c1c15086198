"""The kernel of add_tables.h: two tables take the place of all scaling, where they are exact."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.numerics.arithmetic import requantize
from codegen.numerics.sum_tables import SumTables, sum_tables
from codegen.ops.add import LEFT_SHIFT, Scale, fine_scales
from codegen.ops.elementwise import ElementwiseLayer
from codegen.ops.elementwise_halves import by_elements

LEAST = 1_024
"""Elements. Two tables of 1 KB come from flash, which takes as long as some 500 outputs save."""


@register
class AddTables(Kernel[ElementwiseLayer]):
    """Equal shapes, no constant: 14 instructions an output."""

    kinds = ("ADD",)
    function = "tfk_add_tables_s8"
    struct = "tfk_add_tables_params"
    core = "xtensa"
    goals = ("speed",)
    place = 60

    def accepts(self, layer: ElementwiseLayer) -> bool:
        equal = layer.a.shape == layer.b.shape and layer.b.data is None
        return equal and layer.y.elements >= LEAST and _tables(layer) is not None

    def params(self, layer: ElementwiseLayer) -> dict[str, int | tuple[int, ...]]:
        low, high = layer.bounds
        return {"activation_min": low, "activation_max": high, "elements": layer.y.elements}

    def halves(self, layer: ElementwiseLayer) -> tuple[Halves, ...]:
        return by_elements(self.params(layer), len(self.inputs(layer)), self.tables(layer), walked=False)

    def tables(self, layer: ElementwiseLayer) -> tuple[ConstTable, ...]:
        found = _tables(layer)
        assert found is not None  # accepts() said so
        return tuple(
            ConstTable(name, "int32_t", np.roll(values, 128))
            for name, values in (("of_a", found.a), ("of_b", found.b))
        )


def _tables(layer: ElementwiseLayer) -> SumTables | None:
    scales = fine_scales(layer.a, layer.b, layer.y)
    zero_points = layer.a.zero_point, layer.b.zero_point, layer.y.zero_point
    return _solved(scales, zero_points, layer.bounds)


@lru_cache(maxsize=64)
def _solved(
    scales: tuple[Scale, Scale, Scale], zero_points: tuple[int, int, int], bounds: tuple[int, int]
) -> SumTables | None:
    """Of all layers with these numbers."""
    values: NDArray[np.int64] = np.arange(-128, 128, dtype=np.int64)
    terms = [
        requantize((values - zero_point) << LEFT_SHIFT, *scale)
        for zero_point, scale in zip(zero_points, scales[:2], strict=False)
    ]
    multiplier, shift = scales[2]
    wanted = requantize(terms[0][:, None] + terms[1], multiplier, shift) + zero_points[2]
    # The output's zero point is a constant of the sums.
    step = multiplier * 2.0 ** (shift - 31)
    return sum_tables(terms[0], terms[1], step, np.clip(wanted, *bounds), *bounds)
