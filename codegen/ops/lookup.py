"""What ops of one int8 tensor share: the kernel looks every value up in a table of 256 outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.numerics.arithmetic import clamp
from codegen.ops import checks
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp

INPUTS = np.arange(-128, 128, dtype=np.int64)
"""All inputs, in the order of the table."""


@dataclass(frozen=True)
class Lookup(Op):
    """An op of one value at a time: 256 outputs, computed at generation, define it wholly."""

    kernels = ("tfk_lookup_s8",)
    proof = "table = TFLite-Micro for all 256 inputs, at drawn scales and zero points; C = reference"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_shape(y, x.shape, "output", where)
        op = cls(raw.inputs, raw.outputs, *cls.options(raw))
        op.check(x, y, where)
        return op

    @classmethod
    def options(cls, raw: RawOp) -> tuple[Any, ...]:
        """Values of the fields that the subclass adds."""
        return ()

    @abstractmethod
    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        """Refuse scales and options for which TFLite-Micro stops, is undefined, or computes another function.

        Raises:
            UnsupportedOpError: such scales or options.
        """

    @abstractmethod
    def outputs_of(self, x: Tensor, y: Tensor) -> NDArray[np.int64]:
        """The outputs for INPUTS before they are limited to int8."""

    def table(self, x: Tensor, y: Tensor) -> NDArray[np.int8]:
        """The outputs for -128 .. 127: int8 [256]."""
        values: NDArray[np.int8] = clamp(self.outputs_of(x, y), -128, 127)
        return values

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        return (self.table(x, y)[inputs[0].astype(np.int64) + 128],)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        return KernelCall(
            header="lookup.h",
            function="tfk_lookup_s8",
            struct="tfk_lookup_params",
            params={"elements": y.elements},
            tables=(ConstTable("outputs", "int8_t", self.table(x, y)),),
            inputs=self.inputs,
            outputs=self.outputs,
        )

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        return ((self.outputs[0], self.inputs[0]),)


def check_output(y: Tensor, steps: int, zero_point: int, where: str) -> None:
    """The output has the scale 1/steps and this zero point: TFLite-Micro takes that for granted."""
    if y.scale != 1 / steps or y.zero_point != zero_point:
        checks.refuse(
            f"its output has scale {y.scale:g} and zero point {y.zero_point} instead of 1/{steps} and "
            f"{zero_point}",
            where,
            "Quantize the model again.",
        )
