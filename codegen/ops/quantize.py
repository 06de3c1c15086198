"""QUANTIZE: int8 of one scale to int8 or int16 of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.numerics.arithmetic import check_accumulators, clamp, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.choosing import ChoosingOp
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions

_RANGES = {"int8": (-128, 127), "int16": (-32768, 32767)}


@REGISTRY.add
@dataclass(frozen=True)
class Quantize(ChoosingOp):
    """Requantization, element by element."""

    kind = "QUANTIZE"
    tflite_options = TfliteOptions(89)
    constraints = "int8 to int8 or int16 (no float and no uint8)"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = tensors[raw.outputs[0]]
        if y.dtype not in _RANGES:
            checks.refuse(f"its output is {y.dtype}", where)
        checks.check_shape(y, x.shape, "output", where)
        multiplier, shift = quantize_multiplier(x.scale / y.scale)
        # The zero point of an int16 output may be 2**15: the bound of the check allows for 256.
        check_accumulators([255 if y.dtype == "int8" else 1 << 16], [multiplier], [shift], where)
        return cls(raw.inputs, raw.outputs)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (self.layer(graph).outputs_of(inputs[0].astype(np.int64)),)

    def layer(self, graph: Graph) -> QuantizeLayer:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        return QuantizeLayer(x, replace(y), self.inputs, self.outputs)  # what is kept for y must not hold it

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        same = graph.tensor(self.outputs[0]).dtype == "int8"
        return ((self.outputs[0], self.inputs[0]),) if same else ()


@dataclass(frozen=True, eq=False)
class QuantizeLayer:
    """What kernels of QUANTIZE are told of a layer.

    Attributes:
        x, y: input and output.
        inputs, outputs: tensors of the graph that a kernel passes.
    """

    x: Tensor
    y: Tensor
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def scaling(self) -> tuple[int, int]:
        """Multiplier and shift."""
        return quantize_multiplier(self.x.scale / self.y.scale)

    def outputs_of(self, values: NDArray[np.int64]) -> NDArray[Any]:
        """Of inputs of any shape."""
        steps = requantize(values - self.x.zero_point, *self.scaling)
        found: NDArray[Any] = clamp(steps + self.y.zero_point, *_RANGES[self.y.dtype], self.y.dtype)
        return found

    def every_output(self) -> NDArray[Any]:
        """For inputs -128 .. 127: [256], of the output's type."""
        return self.outputs_of(np.arange(-128, 128, dtype=np.int64))
