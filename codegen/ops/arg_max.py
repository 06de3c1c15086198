"""ARG_MAX over one axis: the number of the largest element, the first one among equals."""

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
from codegen.tflite_operator import RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class ArgMax(Op):
    """int8 [..., axis, ...] -> int32 [..., ...], numbers from 0 on.

    Attributes:
        axis: not negative.
    """

    kind = "ARG_MAX"
    tflite_options = TfliteOptions(40)
    kernels = ("tfk_arg_max_s8",)
    constraints = (
        "int8 to int32 numbers without a scale, constant int32 axis (any); of equal values the first counts"
    )
    tflite_micro = "refuses int64 numbers and an int64 axis"
    makes_numbers = True

    axis: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = tensors[raw.outputs[0]]
        if y.dtype != "int32":
            checks.refuse(
                f"its output is {y.dtype}, not int32",
                where,
                "Use output_type = tf.int32 in tf.argmax and export again.",
            )
        values = checks.constant_integers(raw, tensors, 1, where)
        if len(values) != 1:
            checks.refuse(f"it has {len(values)} axes, not one", where)
        axis = checks.axis_of(values[0], x.shape, where)
        checks.check_shape(y, (*x.shape[:axis], *x.shape[axis + 1 :]), "output", where)
        return cls(raw.inputs, raw.outputs, axis)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        first = inputs[0].argmax(axis=self.axis)  # NumPy too returns the first of equals
        return (np.asarray(first, np.int32).reshape(graph.tensor(self.outputs[0]).shape),)

    def render(self, graph: Graph) -> KernelCall:
        shape = graph.tensor(self.inputs[0]).shape
        return KernelCall(
            header="arg_max.h",
            function="tfk_arg_max_s8",
            struct="tfk_arg_max_params",
            params={
                "outer": math.prod(shape[: self.axis]),
                "count": shape[self.axis],
                "inner": math.prod(shape[self.axis + 1 :]),
            },
            inputs=self.inputs[:1],
            outputs=self.outputs,
        )
