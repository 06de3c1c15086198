"""MEAN over any axes: the sum is scaled by input scale / (count * output scale) in fixed point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import check_accumulators, clamp, quantize_multiplier, requantize
from codegen.ops import checks
from codegen.ops.base import REGISTRY, KernelCall, Op, RawOp

if TYPE_CHECKING:
    from codegen.graph import Graph, Tensor


@REGISTRY.add
@dataclass(frozen=True)
class Mean(Op):
    """Mean over some axes of a tensor of at most four.

    Attributes:
        axes: the axes, none twice, ascending.
    """

    kind = "MEAN"
    constraints = "int8, at most 4 axes, constant axes (any), with or without keep_dims, any scales"

    axes: tuple[int, ...]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        axis = checks.constant_input(raw, tensors, 1, "int32", where)
        checks.check_rank(x, (1, 2, 3, 4), "input", where)
        rank = len(x.shape)
        assert axis.data is not None
        values = [int(a) for a in axis.data.reshape(-1)[:64]]
        if not values or not all(-rank <= a < rank for a in values):
            checks.refuse(f"its axes {values} do not exist in {list(x.shape)}", where)
        axes = tuple(sorted({a % rank for a in values}))
        kept = [1 if i in axes else d for i, d in enumerate(x.shape)]
        if not raw.options["keep_dims"]:
            kept = [d for i, d in enumerate(x.shape) if i not in axes]
        checks.check_shape(y, kept, "output", where)
        op = cls(raw.inputs, raw.outputs, axes)
        multiplier, shift = op._scaling(x, y)
        check_accumulators([255 * op._count(x)], [multiplier], [shift], where)
        return op

    def _count(self, x: Tensor) -> int:
        return math.prod(x.shape[a] for a in self.axes)

    def _scaling(self, x: Tensor, y: Tensor) -> tuple[int, int]:
        """Multiplier and shift with 1 / count folded in (truncated, as TFLite-Micro does it)."""
        multiplier, shift = quantize_multiplier(x.scale / y.scale)
        count = self._count(x)
        room = min(count.bit_length() - 1, 32, 31 + shift)
        return (multiplier << room) // count, shift - room

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        total = inputs[0].astype(np.int64).sum(axis=self.axes) - x.zero_point * self._count(x)
        mean = requantize(np.asarray(total, np.int64), *self._scaling(x, y)) + y.zero_point
        return (clamp(mean, -128, 127).reshape(y.shape),)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        multiplier, shift = self._scaling(x, y)
        count = self._count(x)
        groups = self._groups(x.shape)
        return KernelCall(
            header="mean.h",
            function="tfk_mean_s8",
            struct="tfk_mean_params",
            params={
                "kept_outer": groups[0],
                "reduced_outer": groups[1],
                "kept_middle": groups[2],
                "reduced_inner": groups[3],
                "kept_inner": groups[4],
                "start": -x.zero_point * count,
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": y.zero_point,
            },
            inputs=(self.inputs[0],),
            outputs=self.outputs,
        )

    def _groups(self, shape: tuple[int, ...]) -> list[int]:
        """Sizes of kept, reduced, kept, reduced, kept axes in memory order; neighbours are merged.

        Four axes alternate at most as kept-reduced-kept-reduced or reduced-kept-reduced-kept.
        """
        groups = [1, 1, 1, 1, 1]
        at = 0
        for axis, size in enumerate(shape):
            reduced = axis in self.axes
            if (at % 2 == 1) != reduced:
                at += 1
            groups[at] *= size
        return groups
