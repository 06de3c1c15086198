"""DEPTH_TO_SPACE and SPACE_TO_DEPTH: blocks of a picture's pixels become channels, and back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import StridedCopy, View, dense_strides
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

RANK = 4
"""[N, height, width, channels]"""


@dataclass(frozen=True)
class Blocks(StridedCopy):
    """The output is the input seen with six axes, in another order of those.

    Attributes:
        block: side of a block in pixels.
    """

    block: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, (RANK,), "input", where)
        op = cls(raw.inputs, raw.outputs, raw.options["block_size"])
        if op.block < 1 or not op.fits(x.shape):
            checks.refuse(f"its blocks of {op.block} do not fit {list(x.shape)}", where)
        checks.check_shape(y, op.result(x.shape), "output", where)
        return op

    @abstractmethod
    def fits(self, shape: Sequence[int]) -> bool:
        """Blocks come out even in an input of this shape."""

    @abstractmethod
    def result(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The output's shape."""

    @abstractmethod
    def split(self, shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The input's shape with six axes, and in which order the output has them."""

    def view(self, graph: Graph) -> View:
        split, order = self.split(graph.tensor(self.inputs[0]).shape)
        strides = dense_strides(split)
        return View(0, tuple((split[axis], strides[axis]) for axis in order))

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        split, order = self.split(inputs[0].shape)
        return (inputs[0].reshape(split).transpose(order).reshape(graph.tensor(self.outputs[0]).shape),)


@REGISTRY.add
@dataclass(frozen=True)
class DepthToSpace(Blocks):
    """Channels become blocks of pixels."""

    kind = "DEPTH_TO_SPACE"
    tflite_options = TfliteOptions(94, {"block_size": Field(0)})
    constraints = "int8, 4 axes, as many channels as come out even in blocks"

    def fits(self, shape: Sequence[int]) -> bool:
        return shape[3] % (self.block * self.block) == 0

    def result(self, shape: Sequence[int]) -> tuple[int, ...]:
        n, height, width, channels = shape
        return n, height * self.block, width * self.block, channels // (self.block * self.block)

    def split(self, shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        n, height, width, channels = shape
        depth = channels // (self.block * self.block)
        return (n, height, width, self.block, self.block, depth), (0, 1, 3, 2, 4, 5)


@REGISTRY.add
@dataclass(frozen=True)
class SpaceToDepth(Blocks):
    """Blocks of pixels become channels."""

    kind = "SPACE_TO_DEPTH"
    tflite_options = TfliteOptions(19, {"block_size": Field(0)})
    constraints = "int8, 4 axes, height and width that come out even in blocks"

    def fits(self, shape: Sequence[int]) -> bool:
        return shape[1] % self.block == 0 == shape[2] % self.block

    def result(self, shape: Sequence[int]) -> tuple[int, ...]:
        n, height, width, channels = shape
        return n, height // self.block, width // self.block, channels * self.block * self.block

    def split(self, shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        n, height, width, channels = shape
        rows, columns = height // self.block, width // self.block
        return (n, rows, self.block, columns, self.block, channels), (0, 1, 3, 2, 4, 5)
