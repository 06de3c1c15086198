"""SPLIT, SPLIT_V and UNPACK: a tensor cut along one axis into several outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import KernelCall
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

MAX_OUTPUTS = 16


@dataclass(frozen=True)
class Cut(Op):
    """Pieces of the input, one after the other along an axis.

    Attributes:
        axis: of the input, not negative.
        lengths: elements along the axis that each output gets.
    """

    kernels = ("tfk_split_s8",)

    axis: int
    lengths: tuple[int, ...]

    @classmethod
    def _checked(
        cls, raw: RawOp, tensors: Sequence[Tensor], number: int, axis: int, lengths: Sequence[int], where: str
    ) -> Op:
        """The op, once input `number` and all outputs fit the cut.

        Args:
            lengths: as the file gives them; UNPACK's outputs have no such axis.
        """
        x = tensors[raw.inputs[number]]
        if sum(lengths) != x.shape[axis] or min(lengths) < 1:
            checks.refuse(f"its outputs take {list(lengths)} of {x.shape[axis]} elements", where)
        for t, length in zip(raw.outputs, lengths, strict=True):
            y = tensors[t]
            if y.dtype != "int8":
                checks.refuse(f"an output is {y.dtype}, not int8", where)
            middle = [] if cls.kind == "UNPACK" else [length]
            checks.check_shape(y, [*x.shape[:axis], *middle, *x.shape[axis + 1 :]], "output", where)
        return cls((raw.inputs[number],), raw.outputs, axis, tuple(lengths))

    @classmethod
    def _check_counts(cls, raw: RawOp, inputs: int, where: str) -> None:
        if len(raw.outputs) > MAX_OUTPUTS:
            checks.refuse(
                f"it has {len(raw.outputs)} outputs, and {MAX_OUTPUTS} at most are taken",
                where,
                f"Split in two steps, so that no layer has more than {MAX_OUTPUTS} outputs.",
            )
        if len(raw.inputs) != inputs or not raw.outputs:
            checks.refuse(f"it has {len(raw.inputs)} inputs and {len(raw.outputs)} outputs", where)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        pieces = np.split(inputs[0], np.cumsum(self.lengths)[:-1], self.axis)
        shapes = [graph.tensor(t).shape for t in self.outputs]
        return tuple(piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True))

    def render(self, graph: Graph) -> KernelCall:
        shape = graph.tensor(self.inputs[0]).shape
        inner = math.prod(shape[self.axis + 1 :])
        runs = [length * inner for length in self.lengths]
        return KernelCall(
            header="split.h",
            function="tfk_split_s8",
            struct="tfk_split_params",
            params={
                "rows": math.prod(shape[: self.axis]),
                "outputs": len(runs),
                "run_bytes": tuple(runs + [0] * (MAX_OUTPUTS - len(runs))),
            },
            inputs=self.inputs,
            outputs=self.outputs,
            output_array=True,
        )


def _axis(raw: RawOp, tensors: Sequence[Tensor], number: int, x: Tensor, where: str) -> int:
    """Input `number`: the axis as a constant."""
    values = checks.constant_integers(raw, tensors, number, where)
    if len(values) != 1:
        checks.refuse("its axis is not one number", where)
    return checks.axis_of(values[0], x.shape, where)


@REGISTRY.add
@dataclass(frozen=True)
class Split(Cut):
    """Equal pieces."""

    kind = "SPLIT"
    tflite_options = TfliteOptions(35, {"num_splits": Field(0)})
    constraints = "int8, constant axis, 1 to 16 outputs of one size"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        cls._check_counts(raw, 2, where)
        x = checks.activation_input(raw, tensors, 1, where)
        axis, count = _axis(raw, tensors, 0, x, where), len(raw.outputs)
        if raw.options["num_splits"] != count or x.shape[axis] % count:
            checks.refuse(f"{x.shape[axis]} elements do not split into {count} equal outputs", where)
        return cls._checked(raw, tensors, 1, axis, [x.shape[axis] // count] * count, where)


@REGISTRY.add
@dataclass(frozen=True)
class SplitV(Cut):
    """Pieces of given sizes."""

    kind = "SPLIT_V"
    tflite_options = TfliteOptions(79, {"num_splits": Field(0)})
    constraints = "int8, constant axis and sizes (one may be -1: the rest), 1 to 16 outputs"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        cls._check_counts(raw, 3, where)
        x = checks.activation_input(raw, tensors, 0, where)
        axis = _axis(raw, tensors, 2, x, where)
        sizes = checks.constant_integers(raw, tensors, 1, where, ("int32", "int64"))
        if len(sizes) != len(raw.outputs) or raw.options["num_splits"] != len(sizes):
            checks.refuse(f"it has {len(raw.outputs)} outputs for the sizes {sizes}", where)
        if sizes.count(-1) == 1:
            rest = x.shape[axis] - sum(sizes) - 1
            sizes = [rest if size == -1 else size for size in sizes]
        return cls._checked(raw, tensors, 0, axis, sizes, where)


@REGISTRY.add
@dataclass(frozen=True)
class Unpack(Cut):
    """Pieces of one element, without the axis."""

    kind = "UNPACK"
    tflite_options = TfliteOptions(64, {"num": Field(0), "axis": Field(1)})
    constraints = "int8, any axis, 1 to 16 outputs"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        cls._check_counts(raw, 1, where)
        x = checks.activation_input(raw, tensors, 0, where)
        axis = checks.axis_of(raw.options["axis"], x.shape, where)
        if raw.options["num"] != len(raw.outputs):
            checks.refuse(f"it has {len(raw.outputs)} outputs, its options say {raw.options['num']}", where)
        return cls._checked(raw, tensors, 0, axis, [1] * len(raw.outputs), where)
