"""The kernels of max_pool_2d.h: the largest value of each window, channel by channel."""

from __future__ import annotations

from codegen.kernels.pools import PoolInside, PoolOver
from codegen.lowering.kernel import register


@register
class MaxPoolInside(PoolInside):
    """The size of all windows is a constant."""

    kinds = ("MAX_POOL_2D",)
    function = "tfk_max_pool_2d_inside_s8"
    struct = "tfk_max_pool_2d_params"


@register
class MaxPoolOver(PoolOver):
    """What is outside does not count."""

    kinds = ("MAX_POOL_2D",)
    function = "tfk_max_pool_2d_s8"
    struct = "tfk_max_pool_2d_params"
