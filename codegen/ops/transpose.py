"""TRANSPOSE: the axes of a tensor in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import StridedCopy, View, dense_strides
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions

MAX_RANK = 5
"""As many axes as TFLite-Micro takes."""


@REGISTRY.add
@dataclass(frozen=True)
class Transpose(StridedCopy):
    """Axis i of the output is axis `order[i]` of the input.

    Attributes:
        order: a permutation, not negative.
    """

    kind = "TRANSPOSE"
    tflite_options = TfliteOptions(26)
    constraints = "int8, at most 5 axes, constant permutation without negative axes"
    tflite_micro = "refuses a sixth axis"

    order: tuple[int, ...]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, range(1, MAX_RANK + 1), "input", where)
        order = checks.constant_integers(raw, tensors, 1, where)
        if sorted(order) != list(range(len(x.shape))) or len(tensors[raw.inputs[1]].shape) != 1:
            checks.refuse(f"{order} is no order of the axes of {list(x.shape)}", where)
        checks.check_shape(y, [x.shape[axis] for axis in order], "output", where)
        return cls(raw.inputs[:1], raw.outputs, tuple(order))

    def view(self, graph: Graph) -> View:
        shape = graph.tensor(self.inputs[0]).shape
        strides = dense_strides(shape)
        return View(0, tuple((shape[axis], strides[axis]) for axis in self.order))

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.ascontiguousarray(inputs[0].transpose(self.order)),)
