"""SUB: as ADD on one fine scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.ops.add import Add
from codegen.ops.elementwise import Elementwise
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Sub(Add):
    """Difference of two tensors."""

    kind = "SUB"
    tflite_options = TfliteOptions(28, {"fused_activation_function": Field(0, "activation")})
    kernels = ("tfk_sub_s8",)
    family = "sub"

    def total(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        return a - b

    def params(self, a: Tensor, b: Tensor, y: Tensor, swapped: bool) -> dict[str, int | tuple[int, ...]]:
        return {**super().params(a, b, y, swapped), "sign": -1 if swapped else 1}

    def render(self, graph: Graph) -> KernelCall:
        return Elementwise.render(self, graph)
