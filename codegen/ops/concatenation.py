"""CONCATENATION along any axis: bytes are copied, all scales are equal."""

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
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

MAX_INPUTS = 10
"""As many as TFLite-Micro takes."""


@REGISTRY.add
@dataclass(frozen=True)
class Concatenation(Op):
    """Inputs one after the other along an axis.

    Attributes:
        axis: not negative.
    """

    kind = "CONCATENATION"
    tflite_options = TfliteOptions(
        10, {"axis": Field(0), "fused_activation_function": Field(1, "activation")}
    )
    kernels = ("tfk_concatenation_s8",)
    constraints = "int8, at most 10 inputs of one scale and zero point, any axis; some inputs may be constant"
    tflite_micro = "refuses different scales or zero points, a fused activation, more than 10 inputs"

    axis: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_joined(raw, MAX_INPUTS, where)
        y = checks.int8_output(raw, tensors, where)
        if raw.options["fused_activation_function"] != "NONE":
            checks.refuse("it has a fused activation", where)
        rank = len(y.shape)
        axis = raw.options["axis"]
        if not -rank <= axis < rank:
            checks.refuse(f"its axis {axis} does not exist in {list(y.shape)}", where)
        axis %= rank
        total = 0
        inputs = [checks.operand(raw, tensors, number, where) for number in range(len(raw.inputs))]
        checks.check_not_all_constant(inputs, where)
        for number, x in enumerate(inputs):
            if len(x.shape) != rank or any(
                i != axis and a != b for i, (a, b) in enumerate(zip(x.shape, y.shape, strict=True))
            ):
                checks.refuse(f"its input {number} {list(x.shape)} does not fit {list(y.shape)}", where)
            if not checks.same_quantization(x, y):
                checks.refuse(
                    f"its input {number} and its output have different scales",
                    where,
                    "Quantize the model again: the converter puts a QUANTIZE before such an input.",
                )
            total += x.shape[axis]
        if total != y.shape[axis]:
            checks.refuse(f"its inputs add up to {total}, not to {y.shape[axis]}", where)
        return cls(raw.inputs, raw.outputs, axis)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.concatenate(inputs, axis=self.axis),)

    def render(self, graph: Graph) -> KernelCall:
        y = graph.tensor(self.outputs[0])
        inner = math.prod(y.shape[self.axis + 1 :])
        runs = [graph.tensor(t).shape[self.axis] * inner for t in self.inputs]
        return KernelCall(
            header="concatenation.h",
            function="tfk_concatenation_s8",
            struct="tfk_concatenation_params",
            params={
                "rows": math.prod(y.shape[: self.axis]),
                "inputs": len(runs),
                "run_bytes": tuple(runs + [0] * (MAX_INPUTS - len(runs))),
            },
            inputs=self.inputs,
            outputs=self.outputs,
            input_array=True,
        )
