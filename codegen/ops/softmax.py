"""SOFTMAX over the last axis in fixed point, as gemmlowp computes exp and 1 / x."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ScaleError
from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.numerics.arithmetic import (
    quantize_multiplier,
    rounding_divide_by_power,
    rounding_doubling_high_mul,
)
from codegen.numerics.fixed_point import exp_on_negative, saturate, two_over_one_plus
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

INTEGER_BITS = 5
"""Differences to the largest input are Q5.26: exp(-32) is nothing."""
SUM_BITS = 12
"""The sum of the exponentials is Q12.19."""
MAX_CLASSES = 4095
"""The sum over more equal classes leaves 32 bits."""
_OUTPUT = {"int8": (1 / 256, -128, 0.0), "int16": (1 / 65536, -32768, 0.001 / 65536)}


@REGISTRY.add
@dataclass(frozen=True)
class Softmax(Op):
    """softmax(beta * x) of every row.

    Attributes:
        beta: a float32 value.
    """

    kind = "SOFTMAX"
    tflite_options = TfliteOptions(9, {"beta": Field(0, "real")})
    kernels = ("tfk_softmax_s8_s8", "tfk_softmax_s8_s16")
    constraints = (
        "int8 to int8 (scale 1/256, zero point -128) or int16 (scale 1/65536, zero point -32768), at most "
        "4095 classes, over the last axis"
    )
    tflite_micro = (
        "refuses other output scales; with int8 it stops at a row whose exponentials sum to 512 or more (512 "
        "equal classes), whose probabilities are rounded to 0 here"
    )

    beta: float

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = tensors[raw.outputs[0]]
        checks.check_rank(x, range(1, 7), "input", where)
        if y.dtype not in _OUTPUT:
            checks.refuse(f"its output is {y.dtype}", where)
        checks.check_shape(y, x.shape, "output", where)
        scale, zero_point, tolerance = _OUTPUT[y.dtype]
        if abs(y.scale - scale) > tolerance or y.zero_point != zero_point:
            checks.refuse(
                f"its output has scale {y.scale:g} and zero point {y.zero_point} instead of 1/"
                f"{round(1 / scale)} and {zero_point}",
                where,
                "Quantize the model again.",
            )
        if x.shape[-1] > MAX_CLASSES:
            checks.refuse(
                f"it has {x.shape[-1]:,} classes, more than {MAX_CLASSES:,}: the sum over so many equal ones "
                "leaves 32 bits",
                where,
                "End the model before SOFTMAX: its input has the same order of classes.",
            )
        beta = raw.options["beta"]
        if not math.isfinite(beta) or not beta * x.scale * (1 << (31 - INTEGER_BITS)) > 1:
            raise ScaleError(f"beta {beta:g} times its input scale is too small", where, "Quantize it again.")
        return cls(raw.inputs, raw.outputs, beta)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        table = exponentials(self.beta, x.scale)  # int64 [differences]
        rows = inputs[0].reshape(-1, x.shape[-1]).astype(np.int64)
        difference = rows.max(axis=1, keepdims=True) - rows
        exponential = np.where(difference < len(table), table[np.minimum(difference, len(table) - 1)], 0)
        total = rounding_divide_by_power(exponential, SUM_BITS).sum(axis=1)
        scales, bits = np.array([reciprocal(int(t)) for t in total], np.int64).T[..., None]
        low, high = np.iinfo(y.dtype).min, np.iinfo(y.dtype).max
        exponent = bits + 31 - 8 * np.dtype(y.dtype).itemsize
        result = rounding_divide_by_power(rounding_doubling_high_mul(exponential, scales), exponent) + low
        result = np.where(difference < len(table), np.clip(result, low, high), low)
        return (result.astype(y.dtype).reshape(y.shape),)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        table = exponentials(self.beta, x.scale)
        return KernelCall(
            header="softmax.h",
            function="tfk_softmax_s8_s8" if y.dtype == "int8" else "tfk_softmax_s8_s16",
            struct="tfk_softmax_params",
            params={
                "rows": x.elements // x.shape[-1],
                "classes": x.shape[-1],
                "differences": len(table),
            },
            tables=(ConstTable("exponential", "int32_t", table.astype(np.int32)),),
            inputs=self.inputs,
            outputs=self.outputs,
        )

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        same = graph.tensor(self.outputs[0]).dtype == "int8"
        return ((self.outputs[0], self.inputs[0]),) if same else ()


@lru_cache(maxsize=64)
def exponentials(beta: float, scale: float) -> NDArray[np.int64]:
    """exp(-beta * scale * d) in Q0.31 for d = 0, 1, ...: int64, at most 256 values.

    Differences beyond the end of the table count as 0, as in TFLite-Micro.
    """
    real = min(beta * scale * (1 << (31 - INTEGER_BITS)), (1 << 31) - 1.0)
    multiplier, shift = quantize_multiplier(real)
    radius = math.floor(((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS)) / (1 << shift))
    difference = -np.arange(min(radius, 255) + 1, dtype=np.int64)
    return exp_on_negative(rounding_doubling_high_mul(difference << shift, multiplier), INTEGER_BITS)


def reciprocal(total: int) -> tuple[int, int]:
    """1 / total of a Q12.19 sum: a Q0.31 mantissa and the bits that the sum lies above one."""
    headroom = 32 - total.bit_length()
    fraction = ((total << headroom) - (1 << 31)) & 0xFFFFFFFF  # x of 1 + x, in Q0.31
    double = two_over_one_plus(np.asarray(fraction, np.int64))
    return int(saturate(double << 1)), SUM_BITS - headroom
