"""The kernel of mul_lines.h: lines of products whose numbers stay in registers."""

from __future__ import annotations

from codegen.kernels.mul_signed import MulSigned
from codegen.lowering.kernel import register
from codegen.ops.elementwise import ElementwiseLayer


@register
class MulLines(MulSigned):
    """Along the innermost loop the first input moves, and the second one moves, too, or stands."""

    function = "tfk_mul_lines_s8"
    core = "xtensa-mac16"
    place = 62

    def accepts(self, layer: ElementwiseLayer) -> bool:
        stride = layer.geometry()["a_stride"]
        assert isinstance(stride, tuple)
        return stride[-1] == 1 and super().accepts(layer)
