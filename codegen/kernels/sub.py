"""The kernel of sub.h: both inputs on one fine scale, subtracted."""

from __future__ import annotations

from codegen.kernels.add import fine_fields
from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer


@register
class Sub(Broadcast):
    """Any shapes; where the constant came first, the sign turns."""

    kinds = ("SUB",)
    function = "tfk_sub_s8"
    struct = "tfk_sub_params"

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        return {**fine_fields(layer), "sign": -1 if layer.swapped else 1}
