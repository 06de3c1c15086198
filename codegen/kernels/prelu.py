"""The kernel of prelu.h: below zero a value is multiplied with a slope."""

from __future__ import annotations

from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer
from codegen.ops.prelu import scaling


@register
class Prelu(Broadcast):
    """Slopes of any shape that broadcasts to the input's."""

    kinds = ("PRELU",)
    function = "tfk_prelu_s8"
    struct = "tfk_prelu_params"

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        above, below = scaling(layer.a, layer.b, layer.y)
        return {
            "input_zero_point": layer.a.zero_point,
            "slope_zero_point": layer.b.zero_point,
            "output_zero_point": layer.y.zero_point,
            "multiplier": above[0],
            "shift": above[1],
            "slope_multiplier": below[0],
            "slope_shift": below[1],
        }
