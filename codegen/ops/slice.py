"""SLICE: a box out of a tensor."""

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
class Slice(StridedCopy):
    """A box that starts at `begin` and is as large as the output.

    Attributes:
        begin: first element along each axis.
    """

    kind = "SLICE"
    tflite_options = TfliteOptions(48)
    constraints = "int8, at most 5 axes, constant begin and size (-1: to the end) inside the input"
    tflite_micro = "stops at a sixth axis"

    begin: tuple[int, ...]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (3,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, range(1, MAX_RANK + 1), "input", where)
        begin, size = (checks.constant_integers(raw, tensors, n, where, ("int32", "int64")) for n in (1, 2))
        constants = [tensors[t] for t in raw.inputs[1:]]
        if len({tensor.dtype for tensor in constants}) != 1 or any(len(t.shape) != 1 for t in constants):
            checks.refuse("its begin and size are not two vectors of one type", where)
        if not len(begin) == len(size) == len(x.shape):
            checks.refuse(f"its begin {begin} and size {size} do not fit {list(x.shape)}", where)
        box = [d - b if s == -1 else s for d, b, s in zip(x.shape, begin, size, strict=True)]
        if not all(b >= 0 and 1 <= s <= d - b for d, b, s in zip(x.shape, begin, box, strict=True)):
            checks.refuse(f"its box at {begin} of size {size} leaves {list(x.shape)}", where)
        checks.check_shape(y, box, "output", where)
        return cls(raw.inputs[:1], raw.outputs, tuple(begin))

    def view(self, graph: Graph) -> View:
        strides = dense_strides(graph.tensor(self.inputs[0]).shape)
        offset = sum(b * s for b, s in zip(self.begin, strides, strict=True))
        return View(offset, tuple(zip(graph.tensor(self.outputs[0]).shape, strides, strict=True)))

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        sizes = graph.tensor(self.outputs[0]).shape
        box = tuple(slice(b, b + s) for b, s in zip(self.begin, sizes, strict=True))
        return (np.ascontiguousarray(inputs[0][box]),)
