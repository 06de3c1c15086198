"""BROADCAST_TO: a tensor repeated along axes of one element."""

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
class BroadcastTo(StridedCopy):
    """The input under the shape of the output, as NumPy broadcasts it."""

    kind = "BROADCAST_TO"
    tflite_options = TfliteOptions(104)
    constraints = "int8, at most 5 axes, constant shape"
    tflite_micro = "refuses a sixth axis"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(y, range(1, MAX_RANK + 1), "output", where)
        shape = checks.constant_integers(raw, tensors, 1, where, ("int32", "int64"))
        if len(tensors[raw.inputs[1]].shape) != 1:
            checks.refuse("its shape is no vector", where)
        checks.check_shape(y, shape, "output", where)
        aligned = (1,) * (len(shape) - len(x.shape)) + x.shape
        if len(aligned) != len(shape) or any(a not in (1, b) for a, b in zip(aligned, shape, strict=True)):
            checks.refuse(f"{list(x.shape)} does not broadcast to {shape}", where)
        return cls(raw.inputs[:1], raw.outputs)

    def view(self, graph: Graph) -> View:
        x, y = graph.tensor(self.inputs[0]).shape, graph.tensor(self.outputs[0]).shape
        aligned = (1,) * (len(y) - len(x)) + x
        strides = dense_strides(aligned)
        return View(
            0,
            tuple(
                (size, 0 if size != own else stride)
                for size, own, stride in zip(y, aligned, strides, strict=True)
            ),
        )

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.ascontiguousarray(np.broadcast_to(inputs[0], graph.tensor(self.outputs[0]).shape)),)
