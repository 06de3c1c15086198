"""The kernel of squared_difference.h: both inputs on one fine scale, subtracted and squared."""

from __future__ import annotations

from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer
from codegen.ops.squared_difference import scaling


@register
class SquaredDifference(Broadcast):
    """Any shapes."""

    kinds = ("SQUARED_DIFFERENCE",)
    function = "tfk_squared_difference_s8"
    struct = "tfk_squared_difference_params"

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        scale_a, scale_b, scale_square = scaling(layer.a, layer.b, layer.y)
        return {
            "a_zero_point": layer.a.zero_point,
            "a_multiplier": scale_a[0],
            "a_shift": -scale_a[1],
            "b_zero_point": layer.b.zero_point,
            "b_multiplier": scale_b[0],
            "b_shift": -scale_b[1],
            "output_zero_point": layer.y.zero_point,
            "output_multiplier": scale_square[0],
            "output_shift": scale_square[1],
        }
