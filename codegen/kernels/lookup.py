"""The kernel of lookup.h for ops that may compute otherwise, too."""

from __future__ import annotations

from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.quantize import QuantizeLayer

LEAST = 256
"""Elements. A table of 256 bytes comes from flash, which takes as long as some 150 outputs save."""


@register
class Lookup(Kernel[QuantizeLayer]):
    """All 256 outputs are worked out before."""

    kinds = ("QUANTIZE",)
    function = "tfk_lookup_s8"
    struct = "tfk_lookup_params"
    goals = ("speed",)

    def accepts(self, layer: QuantizeLayer) -> bool:
        return layer.y.dtype == "int8" and layer.y.elements >= LEAST

    def params(self, layer: QuantizeLayer) -> dict[str, int | tuple[int, ...]]:
        return {"elements": layer.y.elements}

    def tables(self, layer: QuantizeLayer) -> tuple[ConstTable, ...]:
        return (ConstTable("outputs", "int8_t", layer.every_output()),)
