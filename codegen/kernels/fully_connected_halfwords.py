"""The kernels of fully_connected_halfwords.h: expanded vectors, weights widened in registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.numerics.halfword_filters import byte_filters, halfword_filters, packable
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.fully_connected import FullyConnectedLayer
from codegen.ops.weighted import packed_depth

SIGNED_ROW = 7
"""Numbers of a row in signed table form: TFK_SIGNED_ROW of requantize.h."""

MOST_PIXELS = 4
"""A filter that is expanded for all pixels in strips pays with more of them."""


@register
class FullyConnectedHalfwords(Kernel[FullyConnectedLayer]):
    """Weights of any size from -128 on."""

    kinds = ("FULLY_CONNECTED",)
    function = "tfk_fully_connected_halfwords_s8"
    struct = "tfk_fully_connected_halfwords_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50

    def accepts(self, layer: FullyConnectedLayer) -> bool:
        return layer.usual and layer.tabled

    def params(self, layer: FullyConnectedLayer) -> dict[str, int | tuple[int, ...]]:
        return {**layer.geometry(), **_forms(layer.tabled_rows)}

    def tables(self, layer: FullyConnectedLayer) -> tuple[ConstTable, ...]:
        weights = ConstTable("weights", "int32_t", byte_filters(layer.weights))
        return weights, ConstTable("rows", "int32_t", layer.tabled_rows)

    def scratch_bytes(self, layer: FullyConnectedLayer) -> int:
        return 3 + 2 * (packed_depth(layer.weights.shape[1]) + 4)

    def halves(self, layer: FullyConnectedLayer) -> tuple[Halves, ...]:
        return by_units(self.params(layer), self.scratch_bytes(layer), self.tables(layer))

    def order(self, params: Params) -> AccessOrder:
        return by_vectors(params)


FEW = 4
"""With more units the sum of a vector costs less than signed weights."""


@register
class FullyConnectedFew(FullyConnectedHalfwords):
    """A few units, weights from -127 on."""

    function = "tfk_fully_connected_few_s8"
    place = 53

    def accepts(self, layer: FullyConnectedLayer) -> bool:
        return super().accepts(layer) and len(layer.weights) <= FEW and packable(layer.weights)

    def tables(self, layer: FullyConnectedLayer) -> tuple[ConstTable, ...]:
        weights = ConstTable("weights", "int32_t", halfword_filters(layer.weights, in_order=False))
        return weights, ConstTable("rows", "int32_t", layer.tabled_rows)


@register
class PointwiseHalfwords(Kernel[ConvolutionLayer]):
    """1x1 without strides, all input channels for each output: pixels are vectors."""

    kinds = ("CONV_2D",)
    function = "tfk_conv_2d_1x1_halfwords_s8"
    struct = "tfk_fully_connected_halfwords_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 53

    def accepts(self, layer: ConvolutionLayer) -> bool:
        window, constants = layer.window, layer.constants
        pointwise = window.kernel == window.stride == (1, 1) and not layer.clipped
        few = layer.y.elements <= MOST_PIXELS * layer.y.shape[3]
        return few and layer.dense and pointwise and constants.usual and constants.tabled

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        limits = layer.constants.layer.limits
        return {
            "batches": layer.y.elements // layer.y.shape[3],
            "depth": layer.channels,
            "units": layer.y.shape[3],
            "output_zero_point": layer.y.zero_point,
            "activation_min": limits[0],
            "activation_max": limits[1],
            **_forms(self._rows(layer).values),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        weights = ConstTable("weights", "int32_t", byte_filters(layer.constants.matrix))
        return weights, self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        return 3 + 2 * (packed_depth(layer.channels) + 4)

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        return by_units(self.params(layer), self.scratch_bytes(layer), self.tables(layer))

    def order(self, params: Params) -> AccessOrder:
        return by_vectors(params)

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        return layer.constants.tabled_rows(layer.x.zero_point + 128)


def _forms(rows: NDArray[Any]) -> dict[str, int]:
    """What the kernels are told of rows: int32 [units, row]."""
    signed = rows.shape[1] == SIGNED_ROW
    return {"row": rows.shape[1], "scaled": int(signed and bool((rows[:, 1] > rows[:, 2]).any()))}


def by_vectors(params: Params) -> AccessOrder:
    """A step a vector."""
    vectors = np.arange(params["batches"], dtype=np.int64)
    return AccessOrder(np.repeat(vectors, params["units"]), np.repeat(vectors, params["depth"]))


def by_units(
    params: Mapping[str, int | tuple[int, ...]], scratch_bytes: int, tables: Sequence[ConstTable]
) -> tuple[Halves, ...]:
    """The first and the last units of one vector, which both cores expand; none of several vectors or one
    unit."""
    units = params["units"]
    assert isinstance(units, int)
    if params["batches"] != 1 or units < 2:
        return ()
    middle, found = larger_first(units), []
    for first, end in ((0, middle), (middle, units)):
        read = [(first * size, end * size) for size in (table.values.size // units for table in tables)]
        mine = {**params, "units": end - first}
        found.append(Half(mine, (1, end - first), scratch_bytes, (0,), first, tuple(read)))
    return (Halves("channels", *found),)
