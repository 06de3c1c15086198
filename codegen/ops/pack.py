"""PACK: tensors of one shape side by side along a new axis; bytes are copied, all scales are equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import KernelCall
from codegen.ops import checks
from codegen.ops.concatenation import MAX_INPUTS
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Pack(Op):
    """Inputs stacked along a new axis.

    Attributes:
        axis: of the output, not negative.
    """

    kind = "PACK"
    tflite_options = TfliteOptions(59, {"values_count": Field(0), "axis": Field(1)})
    kernels = ("tfk_concatenation_s8",)
    constraints = "int8, at most 10 inputs of one shape, scale and zero point, any axis; some may be constant"

    axis: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_joined(raw, MAX_INPUTS, where)
        y = checks.int8_output(raw, tensors, where)
        axis = checks.axis_of(raw.options["axis"], y.shape, where)
        if raw.options["values_count"] != len(raw.inputs):
            checks.refuse(
                f"it has {len(raw.inputs)} inputs, its options say {raw.options['values_count']}", where
            )
        inputs = [checks.operand(raw, tensors, number, where) for number in range(len(raw.inputs))]
        checks.check_not_all_constant(inputs, where)
        for number, x in enumerate(inputs):
            expected = [*x.shape[:axis], len(raw.inputs), *x.shape[axis:]]
            checks.check_shape(y, expected, f"output for its input {number}", where)
            if not checks.same_quantization(x, y):
                checks.refuse(f"its input {number} and its output have different scales", where)
        return cls(raw.inputs, raw.outputs, axis)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.stack(inputs, self.axis),)

    def render(self, graph: Graph) -> KernelCall:
        y = graph.tensor(self.outputs[0])
        run = math.prod(y.shape[self.axis + 1 :])
        count = len(self.inputs)
        return KernelCall(
            header="concatenation.h",
            function="tfk_concatenation_s8",
            struct="tfk_concatenation_params",
            params={
                "rows": math.prod(y.shape[: self.axis]),
                "inputs": count,
                "run_bytes": (run,) * count + (0,) * (MAX_INPUTS - count),
            },
            inputs=self.inputs,
            outputs=self.outputs,
            input_array=True,
        )
