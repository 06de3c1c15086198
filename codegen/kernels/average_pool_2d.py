"""The kernels of average_pool_2d.h: the mean of each window, channel by channel."""

from __future__ import annotations

from codegen.kernels.pools import PoolInside, PoolOver
from codegen.lowering.kernel import register


@register
class AveragePoolInside(PoolInside):
    """The size of all windows is a constant."""

    kinds = ("AVERAGE_POOL_2D",)
    function = "tfk_average_pool_2d_inside_s8"
    struct = "tfk_average_pool_2d_params"


@register
class AveragePoolOver(PoolOver):
    """What is outside does not count."""

    kinds = ("AVERAGE_POOL_2D",)
    function = "tfk_average_pool_2d_s8"
    struct = "tfk_average_pool_2d_params"
