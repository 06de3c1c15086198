"""What ops of two tensors share: checks, broadcasting, a constant on either side; what kernels are told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import ConstTable
from codegen.numerics.arithmetic import activation_range, clamp
from codegen.ops import checks
from codegen.ops.choosing import ChoosingOp
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp

MAX_BROADCAST_AXES = 4
SHAPES = "int8, two inputs (one may be constant), equal shapes or broadcasting in at most four places"
FUSED = "; activation NONE, RELU, RELU6, RELU_N1_TO_1"
Axes = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Elementwise(ChoosingOp):
    """An op of two tensors, element by element, at most one of them constant.

    Attributes:
        activation: fused activation ("NONE" for ops that have none).
    """

    activation: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        y = checks.int8_output(raw, tensors, where)
        a, b = (checks.operand(raw, tensors, number, where) for number in (0, 1))
        checks.check_not_all_constant((a, b), where)
        try:
            shape = np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            shape = None
        if shape is None:
            checks.refuse(f"{list(a.shape)} and {list(b.shape)} do not broadcast", where)
        checks.check_shape(y, shape, "output", where)
        activation = raw.options.get("fused_activation_function", "NONE")
        activation_range(activation, y.scale, y.zero_point, where)
        op = cls(raw.inputs, raw.outputs, activation)
        op.check(a, b, y, where)
        if len(merged_axes(a.shape, b.shape)) > MAX_BROADCAST_AXES:
            checks.refuse("it broadcasts in more than four places", where)
        return op

    @abstractmethod
    def check(self, a: Tensor, b: Tensor, y: Tensor, where: str) -> None:
        """Refuse scales that the arithmetic can't hold.

        Raises:
            UnsupportedOpError: such scales.
        """

    @abstractmethod
    def combine(
        self, values: tuple[NDArray[Any], NDArray[Any]], a: Tensor, b: Tensor, y: Tensor
    ) -> NDArray[np.int64]:
        """The outputs before they are clamped.

        Args:
            values: int8 arrays in the op's order, with the quantization of `a` and `b`.
        """

    def macs(self, graph: Graph) -> int:
        return 0

    def bounds(self, y: Tensor) -> tuple[int, int]:
        """Smallest and largest output that the activation allows."""
        return activation_range(self.activation, y.scale, y.zero_point, self.kind)

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        a, b, y = (graph.tensor(t) for t in (*self.inputs, *self.outputs))
        return (clamp(self.combine((inputs[0], inputs[1]), a, b, y), *self.bounds(y)),)

    def layer(self, graph: Graph) -> ElementwiseLayer:
        first, second = self.inputs
        swapped = graph.tensor(first).is_constant
        if swapped:
            first, second = second, first
        a, b, y = graph.tensor(first), graph.tensor(second), graph.tensor(self.outputs[0])
        return ElementwiseLayer(
            a=a,
            b=b,
            y=replace(y),  # what is kept for a tensor must not hold it
            swapped=swapped,
            bounds=self.bounds(y),
            inputs=(first,) if b.is_constant else (first, second),
            outputs=self.outputs,
        )

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        # An input of the output's shape is walked in the output's order, whatever the other one does.
        y = graph.tensor(self.outputs[0])
        return tuple(
            (self.outputs[0], t)
            for t in dict.fromkeys(self.inputs)
            if graph.tensor(t).shape == y.shape and not graph.tensor(t).is_constant
        )


@dataclass(frozen=True, eq=False)
class ElementwiseLayer:
    """What kernels of two tensors are told of a layer: the activation first and the constant behind it.

    Attributes:
        a, b: in the kernel's order.
        y: the output.
        swapped: that is not the op's order.
        bounds: smallest and largest output that the activation allows.
        inputs, outputs: tensors of the graph that a kernel passes.
    """

    a: Tensor
    b: Tensor
    y: Tensor
    swapped: bool
    bounds: tuple[int, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def geometry(self) -> dict[str, int | tuple[int, ...]]:
        """Fields of TFK_BROADCAST_AXES: four nested loops, also where nothing is repeated."""
        axes = merged_axes(self.a.shape, self.b.shape)
        axes = ((1, 0, 0),) * (MAX_BROADCAST_AXES - len(axes)) + axes
        size, a_stride, b_stride = (tuple(axis[i] for axis in axes) for i in range(3))
        return {"size": size, "a_stride": a_stride, "b_stride": b_stride}

    def tables(self) -> tuple[ConstTable, ...]:
        """The second tensor, where it is constant."""
        return () if self.b.data is None else (ConstTable("term", "int8_t", self.b.data),)


def merged_axes(a: tuple[int, ...], b: tuple[int, ...]) -> Axes:
    """Broadcasting as few nested loops: (size, stride in a, stride in b), outermost first.

    Neighbouring axes that both inputs walk in the same way become one; a stride of 0 repeats.
    """
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    merged: list[list[int]] = []  # size, a varies, b varies
    for size_a, size_b in zip(a, b, strict=True):
        size = max(size_a, size_b)
        if size == 1:
            continue
        kind = [int(size_a > 1), int(size_b > 1)]
        if merged and merged[-1][1:] == kind:
            merged[-1][0] *= size
        else:
            merged.append([size, *kind])
    axes, stride_a, stride_b = [], 1, 1
    for size, in_a, in_b in reversed(merged):
        axes.append((size, stride_a * in_a, stride_b * in_b))
        stride_a *= size if in_a else 1
        stride_b *= size if in_b else 1
    return tuple(reversed(axes))
