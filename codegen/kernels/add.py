"""The kernels of add.h: both inputs on one fine scale, added."""

from __future__ import annotations

from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.add import fine_scales
from codegen.ops.elementwise import ElementwiseLayer
from codegen.ops.elementwise_halves import by_elements

Fields = dict[str, int | tuple[int, ...]]


def fine_fields(layer: ElementwiseLayer) -> Fields:
    """What kernels on one fine scale know about the numbers; shifts go right."""
    scale_a, scale_b, scale_sum = fine_scales(layer.a, layer.b, layer.y)
    return {
        "a_zero_point": layer.a.zero_point,
        "a_multiplier": scale_a[0],
        "a_shift": -scale_a[1],
        "b_zero_point": layer.b.zero_point,
        "b_multiplier": scale_b[0],
        "b_shift": -scale_b[1],
        "output_zero_point": layer.y.zero_point,
        "output_multiplier": scale_sum[0],
        "output_shift": -scale_sum[1],
        "activation_min": layer.bounds[0],
        "activation_max": layer.bounds[1],
    }


@register
class Add(Kernel[ElementwiseLayer]):
    """Equal shapes: one loop."""

    kinds = ("ADD",)
    function = "tfk_add_s8"
    struct = "tfk_add_params"

    def accepts(self, layer: ElementwiseLayer) -> bool:
        return layer.a.shape == layer.b.shape

    def params(self, layer: ElementwiseLayer) -> Fields:
        return {**fine_fields(layer), "elements": layer.y.elements}

    def halves(self, layer: ElementwiseLayer) -> tuple[Halves, ...]:
        return by_elements(self.params(layer), len(self.inputs(layer)), self.tables(layer), walked=True)

    def tables(self, layer: ElementwiseLayer) -> tuple[ConstTable, ...]:
        return layer.tables()


@register
class AddBroadcast(Kernel[ElementwiseLayer]):
    """Shapes that broadcast against each other."""

    kinds = ("ADD",)
    function = "tfk_add_broadcast_s8"
    struct = "tfk_add_broadcast_params"
    place = 10

    def accepts(self, layer: ElementwiseLayer) -> bool:
        return layer.a.shape != layer.b.shape

    def params(self, layer: ElementwiseLayer) -> Fields:
        return {**fine_fields(layer), **layer.geometry()}

    def tables(self, layer: ElementwiseLayer) -> tuple[ConstTable, ...]:
        return layer.tables()
