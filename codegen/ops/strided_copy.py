"""What TRANSPOSE, SLICE, STRIDED_SLICE, BROADCAST_TO and others share: a tensor read through strides."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.graph import Graph, Op
from codegen.lowering.access_order import runs
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered

STRIDED_COPY = "tfk_strided_copy_s8"
MAX_AXES = 6
"""Nested loops of the kernel."""


@dataclass(frozen=True)
class View:
    """Elements of a dense tensor: element (i, j, ...) lies at offset + i * stride_0 + j * stride_1 + ...

    Attributes:
        offset: of the first element.
        axes: (size, stride) of each axis, outermost first; a stride may be 0 or negative.
    """

    offset: int
    axes: tuple[tuple[int, int], ...]

    def merged(self) -> tuple[tuple[int, int], ...]:
        """The axes as few nested loops: without those of one element, neighbours in one row joined."""
        loops: list[tuple[int, int]] = []
        for size, stride in self.axes:
            if size == 1:
                continue
            if loops and loops[-1][1] == size * stride:
                loops[-1] = (loops[-1][0] * size, stride)
            else:
                loops.append((size, stride))
        return tuple(loops)

    def is_whole(self, elements: int) -> bool:
        """True where it is a tensor of so many elements, byte for byte."""
        return self.offset == 0 and self.merged() in ((), ((elements, 1),)) and self.size == elements

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(size for size, _ in self.axes)


def dense_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Elements from one step of an axis to the next in a dense tensor."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


@dataclass(frozen=True)
class StridedCopy(Op):
    """An op whose output is a View of its first input; where that is the whole input, nothing is copied."""

    kernels = (STRIDED_COPY,)

    @abstractmethod
    def view(self, graph: Graph) -> View:
        """The elements of the input in the order of the output."""

    def macs(self, graph: Graph) -> int:
        return 0

    def render(self, graph: Graph) -> KernelCall | None:
        view = self.view(graph)
        if view.is_whole(graph.tensor(self.inputs[0]).elements):
            return None
        loops = view.merged()
        loops = ((1, 0),) * (MAX_AXES - len(loops)) + loops
        return KernelCall(
            header="strided_copy.h",
            function=STRIDED_COPY,
            struct="tfk_strided_copy_params",
            params={
                "offset": view.offset,
                "size": tuple(size for size, _ in loops),
                "stride": tuple(stride for _, stride in loops),
            },
            inputs=(self.inputs[0],),
            outputs=self.outputs,
        )

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        return ((self.outputs[0], self.inputs[0]),) if graph.call(self) is None else ()


@ordered(STRIDED_COPY)
def _strided_copy(p: Params) -> AccessOrder:
    """The innermost loop is one run where it reads neighbours, or one element again and again."""
    *loops, (size, stride) = zip(p["size"], p["stride"], strict=True)
    starts = np.array([p["offset"]], np.int64)
    for count, step in loops:
        starts = (starts[:, None] + np.arange(count, dtype=np.int64) * step).reshape(-1)
    if stride == 1:
        return runs(starts, size, p["input_bytes"])
    if stride == 0:
        order = runs(starts, 1, p["input_bytes"])
        return AccessOrder(np.repeat(order.written, size), order.last_read)
    starts = (starts[:, None] + np.arange(size, dtype=np.int64) * stride).reshape(-1)
    return runs(starts, 1, p["input_bytes"])
