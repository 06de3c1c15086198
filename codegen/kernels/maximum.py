"""The kernel of maximum.h: the larger of two values of one scale."""

from __future__ import annotations

from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer


@register
class Maximum(Broadcast):
    """Any shapes; the bytes are compared as they are."""

    kinds = ("MAXIMUM",)
    function = "tfk_maximum_s8"
    struct = "tfk_maximum_params"

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        return {}
