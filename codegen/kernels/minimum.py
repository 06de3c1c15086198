"""The kernel of minimum.h: the smaller of two values of one scale."""

from __future__ import annotations

from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer


@register
class Minimum(Broadcast):
    """Any shapes; the bytes are compared as they are."""

    kinds = ("MINIMUM",)
    function = "tfk_minimum_s8"
    struct = "tfk_minimum_params"

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        return {}
