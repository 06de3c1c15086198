"""The kernel of mul_signed.h: two 32-bit products make an output of the product of the steps."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from codegen.kernels.broadcast import Broadcast, Fields
from codegen.lowering.kernel import register
from codegen.numerics.signed_table_form import SignedTableForm, signed_table_form
from codegen.ops.elementwise import ElementwiseLayer
from codegen.ops.mul import scaling


@register
class MulSigned(Broadcast):
    """Any shapes, where the output's scale has a signed table form."""

    kinds = ("MUL",)
    function = "tfk_mul_signed_s8"
    struct = "tfk_mul_signed_params"
    core = "xtensa"
    goals = ("speed",)
    place = 60

    def accepts(self, layer: ElementwiseLayer) -> bool:
        return bool(_form(layer).fits[0])

    def numbers(self, layer: ElementwiseLayer) -> Fields:
        form = _form(layer)
        numbers = (form.least, form.most, form.high, form.low, form.plus, form.minus)
        least, most, high, low, plus, minus = (int(number[0]) for number in numbers)
        return {
            "a_zero_point": layer.a.zero_point,
            "b_zero_point": layer.b.zero_point,
            "least": least,
            "most": most,
            "high": high,
            "low": low,
            "plus": plus,
            "minus": minus,
        }


def _form(layer: ElementwiseLayer) -> SignedTableForm:
    points = layer.a.zero_point, layer.b.zero_point, layer.y.zero_point
    return _solved(scaling(layer.a, layer.b, layer.y), points, layer.bounds)


@lru_cache(maxsize=64)
def _solved(scale: tuple[int, int], points: tuple[int, int, int], bounds: tuple[int, int]) -> SignedTableForm:
    """Of all layers with these numbers."""
    steps = [np.array([-128, 127], np.int64) - point for point in points[:2]]
    products = np.outer(*steps)
    reach = products.min(keepdims=True)[0], products.max(keepdims=True)[0]
    return signed_table_form([scale[0]], [scale[1]], points[2], bounds, reach)
