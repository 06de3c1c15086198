"""The kernels of fully_connected.h: a matrix of weights times vectors of the input."""

from __future__ import annotations

import numpy as np

from codegen.lowering.access_order import channel_by_channel
from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.ops.fully_connected import FullyConnectedLayer
from codegen.ops.weighted import packed_filters, requantization_tables

Fields = dict[str, int | tuple[int, ...]]


@register
class FullyConnected(Kernel[FullyConnectedLayer]):
    """Two units at a time, packed weights."""

    kinds = ("FULLY_CONNECTED",)
    function = "tfk_fully_connected_s8"
    struct = "tfk_fully_connected_params"

    def accepts(self, layer: FullyConnectedLayer) -> bool:
        return layer.usual

    def params(self, layer: FullyConnectedLayer) -> Fields:
        return {**layer.geometry(), "row": layer.rows.shape[1]}

    def tables(self, layer: FullyConnectedLayer) -> tuple[ConstTable, ...]:
        packed = ConstTable("weights", "uint8_t", packed_filters(layer.weights))
        return packed, ConstTable("rows", "int32_t", layer.rows)

    def halves(self, layer: FullyConnectedLayer) -> tuple[Halves, ...]:
        """The first and the last units of one vector; weights lie in pairs of units."""
        units, params, found = layer.weights.shape[0], self.params(layer), []
        middle = larger_first(-(-units // 2)) * 2
        if layer.vectors != 1 or middle >= units:
            return ()
        packed, row = self.tables(layer)[0], layer.rows.shape[1]
        a_pair = packed.values.size // -(-units // 2)
        for first, end in ((0, middle), (middle, units)):
            read = (first // 2 * a_pair, -(-end // 2) * a_pair), (first * row, end * row)
            found.append(Half({**params, "units": end - first}, (1, end - first), 0, (0,), first, read))
        return (Halves("channels", *found),)

    def order(self, params: Params) -> AccessOrder:
        """A vector is read whole for each two of its outputs."""
        pairs = -(-params["units"] // 2)
        vectors = np.arange(params["batches"], dtype=np.int64)[:, None] * pairs
        written = vectors + np.arange(params["units"], dtype=np.int64) // 2
        return AccessOrder(written.reshape(-1), np.repeat(vectors.reshape(-1) + pairs - 1, params["depth"]))


@register
class PlainFullyConnected(Kernel[FullyConnectedLayer]):
    """Any scales."""

    kinds = ("FULLY_CONNECTED",)
    function = "tfk_fully_connected_reference_s8"
    struct = "tfk_fully_connected_params"
    last_resort = True

    def accepts(self, layer: FullyConnectedLayer) -> bool:
        return True

    def params(self, layer: FullyConnectedLayer) -> Fields:
        return {**layer.geometry(), "row": 0}

    def tables(self, layer: FullyConnectedLayer) -> tuple[ConstTable, ...]:
        return (
            ConstTable("weights", "int8_t", layer.weights),
            ConstTable("bias", "int32_t", layer.started.astype(np.int32)),
            *requantization_tables(layer.requantization.multipliers, layer.requantization.shifts),
        )

    def order(self, params: Params) -> AccessOrder:
        """A vector is read whole for each of its outputs."""
        vectors = np.arange(params["batches"], dtype=np.int64)
        last = np.full(params["depth"], params["units"] - 1, np.int64)
        return channel_by_channel(vectors, len(vectors), params["units"], last)
