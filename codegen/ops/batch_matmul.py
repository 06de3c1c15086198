"""BATCH_MATMUL: products of matrices, of two activations or of one and a constant on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import ConstTable
from codegen.numerics.arithmetic import check_accumulators, quantize_multiplier
from codegen.ops import checks
from codegen.ops.choosing import ChoosingOp
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import dense_strides
from codegen.ops.weighted import (
    NARROW_ACCUMULATOR,
    Requantization,
    finish,
    open_rows_of,
    row_form,
    signed_form,
    turned_rows_of,
)
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

MAX_RANK = 5
"""As many axes as TFLite-Micro takes: three of batches, two of a matrix."""


@REGISTRY.add
@dataclass(frozen=True)
class BatchMatMul(ChoosingOp):
    """Matrices [rows, depth] times matrices [depth, columns]; batches broadcast.

    Attributes:
        turned: whether the matrices of the first and of the second input are stored transposed.
    """

    kind = "BATCH_MATMUL"
    tflite_options = TfliteOptions(101, {"adj_x": Field(0, "bool"), "adj_y": Field(1, "bool")})
    constraints = (
        "int8, 2 to 5 axes, batches equal or broadcast, adj_x and adj_y; one of the inputs may be constant; "
        "one scale and zero point each"
    )
    tflite_micro = "refuses a sixth axis"

    turned: tuple[bool, bool]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        a, b = (checks.operand(raw, tensors, number, where) for number in (0, 1))
        checks.check_not_all_constant((a, b), where)
        y = checks.int8_output(raw, tensors, where)
        for tensor, what in ((a, "first input"), (b, "second input")):
            checks.check_rank(tensor, range(2, MAX_RANK + 1), what, where)
        op = cls(raw.inputs, raw.outputs, (raw.options["adj_x"], raw.options["adj_y"]))
        (rows, depth), (depth_b, columns) = op._matrices(a, b)
        try:
            batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            batch = None
        if batch is None or depth != depth_b:
            checks.refuse(f"{list(a.shape)} and {list(b.shape)} are no product", where)
        checks.check_shape(y, (*batch, rows, columns), "output", where)
        multiplier, shift = _multiplier(a, b, y)
        check_accumulators([depth * 255 * 255], [multiplier], [shift], where)
        return op

    def _matrices(self, a: Tensor, b: Tensor) -> tuple[tuple[int, int], tuple[int, int]]:
        """(rows, depth) of the first input and (depth, columns) of the second."""
        first, second = (
            tensor.shape[-2:][:: -1 if turned else 1]
            for tensor, turned in zip((a, b), self.turned, strict=True)
        )
        return (first[0], first[1]), (second[0], second[1])

    def macs(self, graph: Graph) -> int:
        a, b = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        return self.output_elements(graph) * self._matrices(a, b)[0][1]

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        a, b = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        left, right = (
            np.swapaxes(values.astype(np.int64), -1, -2) if turned else values.astype(np.int64)
            for values, turned in zip(inputs, self.turned, strict=True)
        )
        sums = np.matmul(left - a.zero_point, right - b.zero_point)
        return (finish(sums, *_multiplier(a, b, y), y.zero_point, (-128, 127)),)

    def layer(self, graph: Graph) -> MatricesLayer:
        a, b = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        (rows, depth), (_, columns) = self._matrices(a, b)
        return MatricesLayer(
            a=a,
            b=b,
            y=replace(graph.tensor(self.outputs[0])),  # what is kept for a tensor must not hold it
            turned=self.turned,
            rows=rows,
            columns=columns,
            depth=depth,
            inputs=tuple(t for t in self.inputs if not graph.tensor(t).is_constant),
            outputs=self.outputs,
        )


@dataclass(frozen=True, eq=False)
class MatricesLayer:
    """What kernels of BATCH_MATMUL are told of a layer.

    Attributes:
        a, b: the inputs, at most one of them constant.
        y: the output.
        turned: as BatchMatMul has it.
        rows, columns, depth: of a product.
        inputs, outputs: tensors of the graph that a kernel passes.
    """

    a: Tensor
    b: Tensor
    y: Tensor
    turned: tuple[bool, bool]
    rows: int
    columns: int
    depth: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def constant_left(self) -> bool:
        """The first input is the constant one."""
        return self.a.is_constant

    @property
    def scaling(self) -> tuple[int, int]:
        """Multiplier and shift of all outputs."""
        return _multiplier(self.a, self.b, self.y)

    def constants(self) -> tuple[ConstTable, ...]:
        """The constant matrix, where there is one."""
        constant = self.a.data if self.a.data is not None else self.b.data
        return () if constant is None else (ConstTable("weights", "int8_t", constant),)

    def geometry(self) -> dict[str, int | tuple[int, ...]]:
        """The first fields of the kernels' structs, up to the zero points."""
        return {
            "batch": (1,) * (MAX_RANK - len(self.y.shape)) + self.y.shape[:-2],
            "a_batch": _batch_strides(self.a.shape),
            "b_batch": _batch_strides(self.b.shape),
            "rows": self.rows,
            "columns": self.columns,
            "depth": self.depth,
            "a_row": 1 if self.turned[0] else self.depth,
            "a_step": self.rows if self.turned[0] else 1,
            "b_column": self.depth if self.turned[1] else 1,
            "b_step": 1 if self.turned[1] else self.columns,
            "a_zero_point": self.a.zero_point,
            "b_zero_point": self.b.zero_point,
            "output_zero_point": self.y.zero_point,
        }

    @cached_property
    def numbers(self) -> NDArray[np.int32] | None:
        """What makes outputs of sums that start at 0, int32 [1, 5] in open form or [1, 7] in turned form
        (codegen/kernels/requantize.h); None where the layer has neither."""
        multiplier, shift = self.scaling
        points = self.a.zero_point, self.b.zero_point
        ends = np.outer(*(np.array([-128, 127], np.int64) - point for point in points))
        reach = self.depth * ends.min(keepdims=True)[0], self.depth * ends.max(keepdims=True)[0]
        if shift > -1 or max(abs(int(end[0])) for end in reach) >= NARROW_ACCUMULATOR:
            return None
        return solved_row(multiplier, shift, self.y.zero_point, (int(reach[0][0]), int(reach[1][0])))


@lru_cache(maxsize=64)
def solved_row(
    multiplier: int, shift: int, zero_point: int, reach: tuple[int, int]
) -> NDArray[np.int32] | None:
    """The row of all layers with these numbers, see MatricesLayer.numbers.

    Args:
        reach: least and largest sum.
    """
    none = np.zeros(1, np.int64)
    layer = Requantization(none, (multiplier,), (shift,), zero_point, (-128, 127))
    ends = np.array(reach[:1], np.int64), np.array(reach[1:], np.int64)
    form = row_form(layer, ends)
    found = None if form is None else open_rows_of(layer, none, form)
    if found is None:
        signed = signed_form(layer, ends)
        found = turned_rows_of(layer, none, signed) if signed.fits[0] else None
    return found


def _multiplier(a: Tensor, b: Tensor, y: Tensor) -> tuple[int, int]:
    """The real kernel multiplies the input scales in float32."""
    return quantize_multiplier(float(np.float32(a.scale) * np.float32(b.scale)) / y.scale)


def _batch_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Elements from one matrix to the next along three axes of batches; 0 where one is repeated."""
    shape = (1,) * (MAX_RANK - len(shape)) + shape
    strides = dense_strides(shape)[: MAX_RANK - 2]
    return tuple(0 if size == 1 else stride for size, stride in zip(shape, strides, strict=False))
