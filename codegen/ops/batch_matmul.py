"""BATCH_MATMUL: products of matrices, of two activations or of one and a constant on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.numerics.arithmetic import check_accumulators, quantize_multiplier
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import dense_strides
from codegen.ops.weighted import finish
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

MAX_RANK = 5
"""As many axes as TFLite-Micro takes: three of batches, two of a matrix."""


@REGISTRY.add
@dataclass(frozen=True)
class BatchMatMul(Op):
    """Matrices [rows, depth] times matrices [depth, columns]; batches broadcast.

    Attributes:
        turned: whether the matrices of the first and of the second input are stored transposed.
    """

    kind = "BATCH_MATMUL"
    tflite_options = TfliteOptions(101, {"adj_x": Field(0, "bool"), "adj_y": Field(1, "bool")})
    kernels = ("tfk_batch_matmul_s8", "tfk_batch_matmul_left_s8")
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

    def render(self, graph: Graph) -> KernelCall:
        a, b = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        (rows, depth), (_, columns) = self._matrices(a, b)
        multiplier, shift = _multiplier(a, b, y)
        batch = (1,) * (MAX_RANK - len(y.shape)) + y.shape[:-2]
        constant = a.data if a.data is not None else b.data
        return KernelCall(
            header="batch_matmul.h",
            function="tfk_batch_matmul_left_s8" if a.is_constant else "tfk_batch_matmul_s8",
            struct="tfk_batch_matmul_params",
            params={
                "batch": batch,
                "a_batch": _batch_strides(a.shape),
                "b_batch": _batch_strides(b.shape),
                "rows": rows,
                "columns": columns,
                "depth": depth,
                "a_row": 1 if self.turned[0] else depth,
                "a_step": rows if self.turned[0] else 1,
                "b_column": depth if self.turned[1] else 1,
                "b_step": 1 if self.turned[1] else columns,
                "a_zero_point": a.zero_point,
                "b_zero_point": b.zero_point,
                "output_zero_point": y.zero_point,
                "multiplier": multiplier,
                "shift": shift,
            },
            tables=() if constant is None else (ConstTable("matrix", "int8_t", constant),),
            inputs=tuple(t for t in self.inputs if not graph.tensor(t).is_constant),
            outputs=self.outputs,
            weight_table=None if constant is None else 0,
        )


def _multiplier(a: Tensor, b: Tensor, y: Tensor) -> tuple[int, int]:
    """The real kernel multiplies the input scales in float32."""
    return quantize_multiplier(float(np.float32(a.scale) * np.float32(b.scale)) / y.scale)


def _batch_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Elements from one matrix to the next along three axes of batches; 0 where one is repeated."""
    shape = (1,) * (MAX_RANK - len(shape)) + shape
    strides = dense_strides(shape)[: MAX_RANK - 2]
    return tuple(0 if size == 1 else stride for size, stride in zip(shape, strides, strict=False))
