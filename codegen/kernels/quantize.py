"""The kernels of quantize.h: every value is requantized."""

from __future__ import annotations

from codegen.lowering.kernel import Kernel, register
from codegen.ops.quantize import QuantizeLayer


@register
class Quantize(Kernel[QuantizeLayer]):
    """To int8."""

    kinds = ("QUANTIZE",)
    function = "tfk_quantize_s8_s8"
    struct = "tfk_quantize_params"

    def accepts(self, layer: QuantizeLayer) -> bool:
        return layer.y.dtype == "int8"

    def params(self, layer: QuantizeLayer) -> dict[str, int | tuple[int, ...]]:
        multiplier, shift = layer.scaling
        return {
            "elements": layer.y.elements,
            "input_zero_point": layer.x.zero_point,
            "output_zero_point": layer.y.zero_point,
            "multiplier": multiplier,
            "shift": shift,
        }


@register
class QuantizeWide(Quantize):
    """To int16."""

    function = "tfk_quantize_s8_s16"

    def accepts(self, layer: QuantizeLayer) -> bool:
        return layer.y.dtype == "int16"
