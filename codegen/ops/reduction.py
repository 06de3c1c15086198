"""What reductions share: the axes, and their grouping into five runs in memory."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.graph import Graph, Op
from codegen.lowering.overlap import AccessOrder, Params
from codegen.ops import checks
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

AXES = "int8, at most 4 axes, constant axes (any), with or without keep_dims"


@dataclass(frozen=True)
class Reduction(Op):
    """Reduces some axes of a tensor of at most four.

    Attributes:
        axes: the axes, none twice, ascending.
    """

    tflite_options = TfliteOptions(27, {"keep_dims": Field(0, "bool")})

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
        op.check(x, y, where)
        return op

    @abstractmethod
    def check(self, x: Tensor, y: Tensor, where: str) -> None:
        """Refuse scales that the arithmetic can't hold.

        Raises:
            UnsupportedOpError: such scales.
        """

    def macs(self, graph: Graph) -> int:
        return 0

    def count(self, x: Tensor) -> int:
        """Elements that become one."""
        return math.prod(x.shape[axis] for axis in self.axes)

    def groups(self, shape: tuple[int, ...]) -> dict[str, int]:
        """Sizes of kept, reduced, kept, reduced, kept axes in memory order; neighbours are merged.

        Four axes alternate at most as kept-reduced-kept-reduced or reduced-kept-reduced-kept.
        """
        sizes = [1, 1, 1, 1, 1]
        at = 0
        for axis, size in enumerate(shape):
            reduced = axis in self.axes
            if (at % 2 == 1) != reduced:
                at += 1
            sizes[at] *= size
        names = ("kept_outer", "reduced_outer", "kept_middle", "reduced_inner", "kept_inner")
        return dict(zip(names, sizes, strict=True))


def output_by_output(p: Params) -> AccessOrder:
    """One output after the other, each from all that it sums."""
    kept = p["kept_outer"], p["kept_middle"], p["kept_inner"]
    output = np.arange(kept[0] * kept[1] * kept[2], dtype=np.int64)
    whole = (kept[0], p["reduced_outer"], kept[1], p["reduced_inner"], kept[2])
    read = np.broadcast_to(output.reshape(kept[0], 1, kept[1], 1, kept[2]), whole)
    return AccessOrder(output, read.reshape(-1))
