"""REDUCE_MAX over any axes: the largest value, without rescaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.ops import checks
from codegen.ops.reduction import AXES, Reduction
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor


@REGISTRY.add
@dataclass(frozen=True)
class ReduceMax(Reduction):
    """Maximum over some axes."""

    kind = "REDUCE_MAX"
    kernels = ("tfk_reduce_max_s8",)
    constraints = AXES + ", input and output of one scale and zero point"
    tflite_micro = "refuses an output of another scale or zero point"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        if not checks.same_quantization(x, y):
            checks.refuse("its input and output have different scales", where, "Quantize the model again.")

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (inputs[0].max(axis=self.axes).reshape(graph.tensor(self.outputs[0]).shape),)

    def render(self, graph: Graph) -> KernelCall:
        return KernelCall(
            header="reduce_max.h",
            function="tfk_reduce_max_s8",
            struct="tfk_reduce_max_params",
            params=self.groups(graph.tensor(self.inputs[0]).shape),
            inputs=(self.inputs[0],),
            outputs=self.outputs,
        )
