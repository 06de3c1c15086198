"""The kernels of batch_matmul_strips.h: rows of one matrix meet strips of expanded columns of the other."""

from __future__ import annotations

import math

from codegen.kernels.conv_2d_strips import strip_bytes, strip_of
from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.batch_matmul import MatricesLayer
from codegen.ops.weighted import packed_depth

MOST = 10_240
"""Bytes of scratch where more than one column fits."""


@register
class MatricesByStrips(Kernel[MatricesLayer]):
    """Two activations, or a constant on the right."""

    kinds = ("BATCH_MATMUL",)
    function = "tfk_batch_matmul_strips_s8"
    struct = "tfk_batch_matmul_strips_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50

    def accepts(self, layer: MatricesLayer) -> bool:
        return not layer.constant_left and layer.numbers is not None

    def params(self, layer: MatricesLayer) -> dict[str, int | tuple[int, ...]]:
        assert layer.numbers is not None
        return {**layer.geometry(), "row": layer.numbers.shape[1], "strip": self.strip(layer)}

    def tables(self, layer: MatricesLayer) -> tuple[ConstTable, ...]:
        assert layer.numbers is not None
        return (*layer.constants(), ConstTable("rows", "int32_t", layer.numbers))

    def scratch_bytes(self, layer: MatricesLayer) -> int:
        return strip_bytes(packed_depth(layer.depth), self.strip(layer))

    def halves(self, layer: MatricesLayer) -> tuple[Halves, ...]:
        """The upper and the lower rows of one product; none of several, and none of a constant's rows."""
        params, scratch = self.params(layer), self.scratch_bytes(layer)
        if math.prod(layer.y.shape[:-2]) != 1 or layer.rows < 2 or layer.constant_left:
            return ()
        read = [(0, table.values.size) for table in self.tables(layer)]
        row, middle, found = params["a_row"], larger_first(layer.rows), []
        assert isinstance(row, int)
        for first, end in ((0, middle), (middle, layer.rows)):
            mine, begins = {**params, "rows": end - first}, (first * row, 0)[: len(layer.inputs)]
            shape = (end - first, layer.columns)
            found.append(Half(mine, shape, scratch, begins, first * layer.columns, tuple(read)))
        return (Halves("rows", *found),)

    @staticmethod
    def strip(layer: MatricesLayer) -> int:
        """Columns expanded at a time."""
        return strip_of(packed_depth(layer.depth), layer.columns, MOST)


@register
class MatricesByStripsLeft(MatricesByStrips):
    """A constant on the left."""

    function = "tfk_batch_matmul_left_strips_s8"
    place = 50

    def accepts(self, layer: MatricesLayer) -> bool:
        return layer.constant_left and layer.numbers is not None
