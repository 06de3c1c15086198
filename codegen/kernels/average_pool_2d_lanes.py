"""The kernel of average_pool_2d_lanes.h: sums of four channels at once."""

from __future__ import annotations

from codegen.kernels.pools import PoolByLanes
from codegen.lowering.kernel import register
from codegen.ops.pooling import PoolingLayer

MOST = 255
"""Pixels whose sum fits 16 bits."""


@register
class AveragePoolByLanes(PoolByLanes):
    """Windows of few pixels, as far as these lie inside the image."""

    kinds = ("AVERAGE_POOL_2D",)
    function = "tfk_average_pool_2d_lanes_s8"
    struct = "tfk_average_pool_2d_params"

    def accepts(self, layer: PoolingLayer) -> bool:
        return layer.window.taps <= MOST and super().accepts(layer)
