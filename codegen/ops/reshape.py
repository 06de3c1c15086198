"""RESHAPE: the same bytes under another shape; no code is generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Reshape(Op):
    """Another shape with as many elements."""

    kind = "RESHAPE"
    tflite_options = TfliteOptions(17, {"new_shape": Field(0, "ints")})
    kernels = ()
    proof = "reference = TFLite-Micro on drawn shapes; no code, the bytes stay where they are"
    constraints = "int8, int16 or int32, any shapes with as many elements; the shape tensor is not read"
    makes_numbers = True

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1, 2), where)
        if raw.inputs[0] == -1 or tensors[raw.inputs[0]].is_constant:
            checks.refuse("its input is absent or constant", where)
        x, y = tensors[raw.inputs[0]], tensors[raw.outputs[0]]
        if x.dtype != y.dtype:
            checks.refuse(f"it makes {y.dtype} of {x.dtype}", where)
        if x.elements != y.elements:
            checks.refuse(f"{list(x.shape)} can't become {list(y.shape)}", where)
        return cls(raw.inputs[:1], raw.outputs)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (inputs[0].reshape(graph.tensor(self.outputs[0]).shape),)

    def render(self, graph: Graph) -> None:
        return None

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        return ((self.outputs[0], self.inputs[0]),)
