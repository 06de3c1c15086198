"""The kernel of mul.h: the product of the steps, requantized."""

from __future__ import annotations

from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer
from codegen.ops.mul import scaling


@register
class Mul(Broadcast):
    """Any shapes."""

    kinds = ("MUL",)
    function = "tfk_mul_s8"
    struct = "tfk_mul_params"

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        multiplier, shift = scaling(layer.a, layer.b, layer.y)
        return {
            "a_zero_point": layer.a.zero_point,
            "b_zero_point": layer.b.zero_point,
            "output_zero_point": layer.y.zero_point,
            "multiplier": multiplier,
            "shift": shift,
            "activation_min": layer.bounds[0],
            "activation_max": layer.bounds[1],
        }
