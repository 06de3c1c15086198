"""The kernel of max_pool_2d_lanes.h: the largest of four channels at once."""

from __future__ import annotations

from codegen.kernels.pools import PoolByLanes
from codegen.lowering.kernel import register


@register
class MaxPoolByLanes(PoolByLanes):
    """Any window."""

    kinds = ("MAX_POOL_2D",)
    function = "tfk_max_pool_2d_lanes_s8"
    struct = "tfk_max_pool_2d_params"
