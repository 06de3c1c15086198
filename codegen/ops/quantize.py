"""QUANTIZE: int8 of one scale to int8 or int16 of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import KernelCall
from codegen.numerics.arithmetic import check_accumulators, clamp, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions

_RANGES = {"int8": (-128, 127), "int16": (-32768, 32767)}


@REGISTRY.add
@dataclass(frozen=True)
class Quantize(Op):
    """Requantization, element by element."""

    kind = "QUANTIZE"
    tflite_options = TfliteOptions(89)
    kernels = ("tfk_quantize_s8_s8", "tfk_quantize_s8_s16")
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
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        multiplier, shift = quantize_multiplier(x.scale / y.scale)
        steps = requantize(inputs[0].astype(np.int64) - x.zero_point, multiplier, shift)
        return (clamp(steps + y.zero_point, *_RANGES[y.dtype], y.dtype),)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        multiplier, shift = quantize_multiplier(x.scale / y.scale)
        return KernelCall(
            header="quantize.h",
            function="tfk_quantize_s8_s8" if y.dtype == "int8" else "tfk_quantize_s8_s16",
            struct="tfk_quantize_params",
            params={
                "elements": y.elements,
                "input_zero_point": x.zero_point,
                "output_zero_point": y.zero_point,
                "multiplier": multiplier,
                "shift": shift,
            },
            inputs=self.inputs,
            outputs=self.outputs,
        )

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        same = graph.tensor(self.outputs[0]).dtype == "int8"
        return ((self.outputs[0], self.inputs[0]),) if same else ()
