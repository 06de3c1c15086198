"""REVERSE_V2: some axes backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import MAX_AXES, StridedCopy, View, dense_strides
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class ReverseV2(StridedCopy):
    """The elements of some axes from the last to the first.

    Attributes:
        axes: not negative, ascending neighbours.
    """

    kind = "REVERSE_V2"
    tflite_options = TfliteOptions(81)
    constraints = "int8, at most 6 axes, constant int32 axes that are neighbours"
    tflite_micro = "refuses axes that are no neighbours"

    axes: tuple[int, ...]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, range(1, MAX_AXES + 1), "input", where)
        values = checks.constant_integers(raw, tensors, 1, where)
        axes = sorted(checks.axis_of(axis, x.shape, where) for axis in values)
        if len(tensors[raw.inputs[1]].shape) != 1 or axes != list(range(axes[0], axes[0] + len(axes))):
            checks.refuse(f"its axes {values} are no neighbours", where)
        checks.check_shape(y, x.shape, "output", where)
        return cls(raw.inputs[:1], raw.outputs, tuple(axes))

    def view(self, graph: Graph) -> View:
        shape = graph.tensor(self.inputs[0]).shape
        strides = dense_strides(shape)
        signs = [-1 if axis in self.axes else 1 for axis in range(len(shape))]
        return View(
            sum((shape[axis] - 1) * strides[axis] for axis in self.axes),
            tuple((size, sign * stride) for size, sign, stride in zip(shape, signs, strides, strict=True)),
        )

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.flip(inputs[0], self.axes),)
