"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: every n-th pixel becomes a picture of its own, and back.

Exporters write a dilated convolution as a plain one between the two.
"""

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
from codegen.ops.indexed_copy import INDEXED_COPY, indexed_call
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import StridedCopy, View, dense_strides
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions

RANKS = (3, 4)
"""[N, height, channels] or [N, height, width, channels]"""
Pairs = tuple[tuple[int, int], tuple[int, int]]


def _four(shape: Sequence[int]) -> tuple[int, int, int, int]:
    """A shape of RANKS with a width."""
    n, height, *width, channels = shape
    return n, height, width[0] if width else 1, channels


def _read(raw: RawOp, tensors: Sequence[Tensor], where: str) -> tuple[Tensor, Tensor, tuple[int, int], Pairs]:
    """Input, output, block and (before, after) of height and width: 1 and (0, 0) where there is no width."""
    checks.check_counts(raw, (3,), where)
    x = checks.activation_input(raw, tensors, 0, where)
    y = checks.int8_output(raw, tensors, where)
    checks.check_rank(x, RANKS, "input", where)
    sides = len(x.shape) - 2
    block = checks.constant_integers(raw, tensors, 1, where)
    pairs = checks.constant_integers(raw, tensors, 2, where)
    if len(block) != sides or len(pairs) != 2 * sides or min(block) < 1 or min(pairs) < 0:
        checks.refuse(f"its blocks {block} and borders {pairs} do not fit {list(x.shape)}", where)
    block, pairs = [*block, 1], [*pairs, 0, 0]
    return x, y, (block[0], block[1]), ((pairs[0], pairs[1]), (pairs[2], pairs[3]))


@REGISTRY.add
@dataclass(frozen=True)
class SpaceToBatchNd(StridedCopy):
    """Picture (i, j) of a batch's block[0] * block[1] ones holds the pixels i, i + block[0], ... of it.

    Attributes:
        block: pixels from one that a picture takes to its next, down and across.
    """

    kind = "SPACE_TO_BATCH_ND"
    tflite_options = TfliteOptions(25)
    constraints = (
        "int8, 3 or 4 axes, constant int32 blocks in which height and width come out even, no paddings"
    )
    tflite_micro = "fills paddings with a byte of memory that it never sets, so they are refused here"

    block: tuple[int, int]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        x, y, block, pads = _read(raw, tensors, where)
        if any(map(any, pads)):
            checks.refuse(
                "it pads the picture, and TFLite-Micro fills that with a byte of memory that it never sets",
                where,
                "Put a PAD layer before it (tf.pad), or let the converter of TensorFlow 2 make one dilated "
                "CONV_2D of the three layers.",
            )
        n, height, width, channels = _four(x.shape)
        if height % block[0] or width % block[1]:
            checks.refuse(f"its blocks {list(block)} do not come out even in {list(x.shape)}", where)
        small = (n * block[0] * block[1], height // block[0], width // block[1], channels)
        checks.check_shape(y, small if len(x.shape) == 4 else (*small[:2], channels), "output", where)
        return cls(raw.inputs[:1], raw.outputs, block)

    def _split(self, shape: Sequence[int]) -> tuple[int, ...]:
        n, height, width, channels = _four(shape)
        down, across = self.block
        return n, height // down, down, width // across, across, channels

    def view(self, graph: Graph) -> View:
        split = self._split(graph.tensor(self.inputs[0]).shape)
        strides = dense_strides(split)
        return View(0, tuple((split[axis], strides[axis]) for axis in (2, 4, 0, 1, 3, 5)))

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        parts = inputs[0].reshape(self._split(inputs[0].shape)).transpose(2, 4, 0, 1, 3, 5)
        return (parts.reshape(graph.tensor(self.outputs[0]).shape),)


@REGISTRY.add
@dataclass(frozen=True)
class BatchToSpaceNd(Op):
    """The inverse of SPACE_TO_BATCH_ND, less a border.

    Attributes:
        block: as there.
        crops: rows (above, below) and columns (left, right) that are left out.
    """

    kind = "BATCH_TO_SPACE_ND"
    tflite_options = TfliteOptions(24)
    kernels = (INDEXED_COPY,)
    constraints = "int8, 3 or 4 axes, constant int32 blocks and crops"

    block: tuple[int, int]
    crops: Pairs

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        x, y, block, crops = _read(raw, tensors, where)
        n, height, width, channels = _four(x.shape)
        rows, columns = height * block[0] - sum(crops[0]), width * block[1] - sum(crops[1])
        if n % (block[0] * block[1]) or rows < 1 or columns < 1:
            checks.refuse(f"its blocks {list(block)} and crops {crops} do not fit {list(x.shape)}", where)
        large = (n // (block[0] * block[1]), rows, columns, channels)
        checks.check_shape(y, large if len(x.shape) == 4 else (*large[:2], channels), "output", where)
        return cls(raw.inputs[:1], raw.outputs, block, crops)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        _, height, width, channels = _four(inputs[0].shape)
        down, across = self.block
        parts = inputs[0].reshape(down, across, -1, height, width, channels).transpose(2, 3, 0, 4, 1, 5)
        large = parts.reshape(-1, height * down, width * across, channels)
        (top, bottom), (left, right) = self.crops
        kept = large[:, top : height * down - bottom, left : width * across - right]
        return (kept.reshape(graph.tensor(self.outputs[0]).shape),)

    def render(self, graph: Graph) -> KernelCall:
        shape = _four(graph.tensor(self.inputs[0]).shape)
        n, rows, columns, channels = _four(graph.tensor(self.outputs[0]).shape)
        batch, row, column, _ = dense_strides(shape)
        y, x = np.arange(rows) + self.crops[0][0], np.arange(columns) + self.crops[1][0]
        down, across = self.block
        tables = (
            np.arange(n) * batch,
            y % down * (across * n * batch) + y // down * row,
            x % across * (n * batch) + x // across * column,
        )
        return indexed_call(1, math.prod(shape), tables, channels, self.inputs, self.outputs)
