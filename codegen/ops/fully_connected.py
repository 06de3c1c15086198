"""FULLY_CONNECTED: a matrix of weights [units, depth] times vectors of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.numerics.arithmetic import (
    activation_range,
    channel_multipliers,
    exact_matmul,
    quantize_multiplier,
)
from codegen.numerics.signed_table_form import SignedTableForm
from codegen.numerics.table_form import TableForm
from codegen.ops import checks
from codegen.ops.choosing import ChoosingOp
from codegen.ops.registry import REGISTRY
from codegen.ops.weighted import (
    Requantization,
    bias_input,
    bias_values,
    check_overflow,
    finish,
    mostly_fits,
    reachable,
    row_form,
    rows_of,
    settled,
    signed_form,
    signed_rows_of,
    usual,
    weight_input,
)
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class FullyConnected(ChoosingOp):
    """Vectors of `depth` consecutive inputs to vectors of `units` outputs.

    Attributes:
        activation: fused activation.
    """

    kind = "FULLY_CONNECTED"
    tflite_options = TfliteOptions(
        8,
        {
            "fused_activation_function": Field(0, "activation"),
            "weights_format": Field(1, "byte"),
            "keep_num_dims": Field(2, "bool"),
        },
    )
    constraints = (
        "int8 input of any rank, int8 weights [units, depth] (one scale or one a unit), int32 bias or none; "
        "activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )

    activation: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2, 3), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        weights = weight_input(raw, tensors, 0, where)
        checks.check_rank(weights, (2,), "weight tensor", where)
        if raw.options["weights_format"] != 0:
            checks.refuse(
                "its weights are stored shuffled", where, "Convert with the default weights format."
            )
        units, depth = weights.shape
        if not y.shape or y.shape[-1] != units or x.elements * units != y.elements * depth:
            checks.refuse(
                f"its weights {list(weights.shape)} do not fit {list(x.shape)} to {list(y.shape)}", where
            )
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        bias = bias_input(raw, tensors, units, where)
        op = cls(raw.inputs, raw.outputs, activation)
        if bias is not None:
            op._check_bias_scale(x, weights, bias, y, where)
        multipliers, shifts = op._multipliers(x, weights, y)
        assert weights.data is not None
        check_overflow(weights.data, bias, multipliers, shifts, where)
        return op

    @staticmethod
    def _check_bias_scale(x: Tensor, weights: Tensor, bias: Tensor, y: Tensor, where: str) -> None:
        """TFLite-Micro refuses per-tensor weights whose bias has another scale: so do we."""
        assert weights.quant is not None
        if len(weights.quant.scale) > 1:
            return
        bias_scale = 0.0 if bias.quant is None else bias.quant.scale[0]
        if not abs(x.scale * weights.scale - bias_scale) / y.scale <= 0.02:
            checks.refuse(
                "the scale of its bias is not input scale times weight scale", where, "Quantize it again."
            )

    @staticmethod
    def _multipliers(x: Tensor, weights: Tensor, y: Tensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """One pair a unit. With one scale the real kernel multiplies the scales in float32."""
        assert weights.quant is not None
        units = weights.shape[0]
        if len(weights.quant.scale) > 1:
            return channel_multipliers(x.scale, weights.quant.scale, y.scale, units)
        product = float(np.float32(x.scale) * np.float32(weights.scale))
        multiplier, shift = quantize_multiplier(product / y.scale)
        return (multiplier,) * units, (shift,) * units

    def macs(self, graph: Graph) -> int:
        return self.output_elements(graph) * graph.tensor(self.inputs[1]).shape[1]

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, weights = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        units, depth = weights.shape
        rows = inputs[0].reshape(-1, depth).astype(np.float64) - x.zero_point
        accumulators = exact_matmul(rows, inputs[1])
        accumulators += bias_values(inputs[2] if len(inputs) > 2 else None, units)
        multipliers, shifts = self._multipliers(x, weights, y)
        bounds = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        return (finish(accumulators, multipliers, shifts, y.zero_point, bounds).reshape(y.shape),)

    def layer(self, graph: Graph) -> FullyConnectedLayer:
        x, weights = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        units = weights.shape[0]
        assert weights.data is not None
        has_bias = len(self.inputs) > 2 and self.inputs[2] != -1
        bias = bias_values(graph.tensor(self.inputs[2]).data if has_bias else None, units)
        limits = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        multipliers, shifts = self._multipliers(x, weights, y)
        layer = settled(Requantization(bias, multipliers, shifts, y.zero_point, limits), weights.data)
        return FullyConnectedLayer(
            vectors=y.elements // units,
            weights=weights.data,
            input_zero_point=x.zero_point,
            requantization=layer,
            goal=graph.target.goal,
            inputs=self.inputs[:1],
            outputs=self.outputs,
        )


@dataclass(frozen=True, eq=False)
class FullyConnectedLayer:
    """What kernels of FULLY_CONNECTED are told of a layer.

    Attributes:
        vectors: how many the input holds.
        weights: int8 [units, depth].
        input_zero_point: of the input.
        requantization: how accumulators become outputs.
        goal: one of codegen.lowering.target.GOALS.
        inputs, outputs: tensors of the graph that a kernel passes.
    """

    vectors: int
    weights: NDArray[Any]
    input_zero_point: int
    requantization: Requantization
    goal: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @cached_property
    def usual(self) -> bool:
        """The fast kernels may compute it."""
        return usual(self.requantization, self.weights)

    @cached_property
    def started(self) -> NDArray[np.int64]:
        """The bias with the input's zero point folded in, int64 [units]."""
        sums = self.weights.astype(np.int64).sum(axis=1)
        folded: NDArray[np.int64] = self.requantization.bias - self.input_zero_point * sums
        return folded

    @cached_property
    def _reach(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return reachable(self.requantization.bias, self.weights, self.input_zero_point)

    @cached_property
    def _form(self) -> TableForm | None:
        return row_form(self.requantization, self._reach)

    @cached_property
    def _signed(self) -> SignedTableForm:
        return signed_form(self.requantization, self._reach)

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """What makes outputs of accumulators (codegen/kernels/requantize.h): in table form for speed, where
        there is one. They start with `started`."""
        return rows_of(self.requantization, self.started, self._form if self.goal == "speed" else None)

    @cached_property
    def tabled(self) -> bool:
        """The units have a table form of one of the two kinds, but for those that `mostly_fits` allows."""
        return self._form is not None or mostly_fits(self._signed, self.weights.shape[1])

    @cached_property
    def tabled_rows(self) -> NDArray[np.int32]:
        """The same in table form, else in signed table form, for inputs with 128 added."""
        started = self.started - 128 * self.weights.astype(np.int64).sum(axis=1)
        if self._form is not None:
            return rows_of(self.requantization, started, self._form)
        return signed_rows_of(self.requantization, started, self._signed)

    def geometry(self) -> dict[str, int | tuple[int, ...]]:
        """The first fields of the kernels' struct, up to the activation range."""
        units, depth = self.weights.shape
        return {
            "batches": self.vectors,
            "depth": depth,
            "units": units,
            "output_zero_point": self.requantization.zero_point,
            "activation_min": self.requantization.limits[0],
            "activation_max": self.requantization.limits[1],
        }
