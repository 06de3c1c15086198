"""MEAN and SUM over any axes: the sum of the steps is scaled to the output in fixed point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.overlap import ordered
from codegen.numerics.arithmetic import check_accumulators, clamp, quantize_multiplier, requantize
from codegen.ops.reduction import AXES, Reduction, output_by_output
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor


@REGISTRY.add
@dataclass(frozen=True)
class Sum(Reduction):
    """Sum over some axes."""

    kind = "SUM"
    kernels = ("tfk_mean_s8",)
    constraints = AXES + ", any scales"

    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        multiplier, shift = self.scaling(x, y)
        check_accumulators([255 * self.count(x)], [multiplier], [shift], where)

    def scaling(self, x: Tensor, y: Tensor) -> tuple[int, int]:
        """Multiplier and shift from summed steps to output steps."""
        return quantize_multiplier(x.scale / y.scale)

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        total = inputs[0].astype(np.int64).sum(axis=self.axes) - x.zero_point * self.count(x)
        scaled = requantize(np.asarray(total, np.int64), *self.scaling(x, y)) + y.zero_point
        return (clamp(scaled, -128, 127).reshape(y.shape),)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        multiplier, shift = self.scaling(x, y)
        return KernelCall(
            header="mean.h",
            function="tfk_mean_s8",
            struct="tfk_mean_params",
            params={
                **self.groups(x.shape),
                "start": -x.zero_point * self.count(x),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": y.zero_point,
            },
            inputs=(self.inputs[0],),
            outputs=self.outputs,
        )


@REGISTRY.add
@dataclass(frozen=True)
class Mean(Sum):
    """Mean over some axes: the sum, with 1 / count folded into its scale."""

    kind = "MEAN"

    def scaling(self, x: Tensor, y: Tensor) -> tuple[int, int]:
        """The same with 1 / count folded in (truncated, as TFLite-Micro does it)."""
        multiplier, shift = super().scaling(x, y)
        count = self.count(x)
        room = min(count.bit_length() - 1, 32, 31 + shift)
        return (multiplier << room) // count, shift - room


ordered("tfk_mean_s8")(output_by_output)
