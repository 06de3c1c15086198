"""STRIDED_SLICE: every n-th element along each axis, as Python's x[a:b:n] and x[i] take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import StridedCopy, View, dense_strides
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

MAX_RANK = 4
"""As many axes as TFLite-Micro takes."""


@REGISTRY.add
@dataclass(frozen=True)
class StridedSlice(StridedCopy):
    """Along each axis `count` elements from `begin` on, `step` apart.

    Attributes:
        begin, step, count: one an axis of the input; the output has fewer axes where x[i] drops one.
    """

    kind = "STRIDED_SLICE"
    tflite_options = TfliteOptions(
        32,
        {
            "begin_mask": Field(0),
            "end_mask": Field(1),
            "ellipsis_mask": Field(2),
            "new_axis_mask": Field(3),
            "shrink_axis_mask": Field(4),
            "offset": Field(5, "bool"),
        },
    )
    constraints = (
        "int8, at most 4 axes, constant int32 begin, end and strides for every axis (some may be negative, "
        "an axis that goes has stride 1); refused: ellipsis, new axis and offset, which TFLite-Micro ignores"
    )
    tflite_micro = "refuses a fifth axis; ignores ellipsis_mask, new_axis_mask and offset"

    begin: tuple[int, ...]
    step: tuple[int, ...]
    count: tuple[int, ...]

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (4,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, range(1, MAX_RANK + 1), "input", where)
        for name in ("ellipsis_mask", "new_axis_mask", "offset"):
            if raw.options[name]:
                checks.refuse(f"it uses {name}, which TFLite-Micro ignores", where)
        begins, ends, steps = (checks.constant_integers(raw, tensors, n, where) for n in (1, 2, 3))
        if not len(begins) == len(ends) == len(steps) == len(x.shape):
            checks.refuse(f"it has not one begin, end and stride for each axis of {list(x.shape)}", where)
        chosen: list[tuple[int, int, int]] = []
        kept: list[int] = []
        for axis, size in enumerate(x.shape):
            drops = bool(raw.options["shrink_axis_mask"] >> axis & 1)
            begin = None if raw.options["begin_mask"] >> axis & 1 else begins[axis]
            end = None if raw.options["end_mask"] >> axis & 1 else ends[axis]
            if steps[axis] == 0 or (drops and (steps[axis] != 1 or not _inside(begins[axis], size))):
                checks.refuse(f"its begin {begins} and strides {steps} do not fit {list(x.shape)}", where)
            if drops:
                chosen.append((0 if begin is None else begin % size, 1, 1))
                continue
            found = range(size)[begin : end : steps[axis]]
            chosen.append((found.start, steps[axis], len(found)))
            kept.append(len(found))
        checks.check_shape(y, kept, "output", where)
        begin_at, step, count = zip(*chosen, strict=True)
        return cls(raw.inputs[:1], raw.outputs, begin_at, step, count)

    def view(self, graph: Graph) -> View:
        strides = dense_strides(graph.tensor(self.inputs[0]).shape)
        offset = sum(b * s for b, s in zip(self.begin, strides, strict=True))
        steps = (n * s for n, s in zip(self.step, strides, strict=True))
        return View(offset, tuple(zip(self.count, steps, strict=True)))

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        picked = inputs[0]
        for axis, (begin, step, count) in enumerate(zip(self.begin, self.step, self.count, strict=True)):
            picked = np.take(picked, begin + step * np.arange(count), axis)
        return (picked.reshape(graph.tensor(self.outputs[0]).shape),)


def _inside(index: int, size: int) -> bool:
    return -size <= index < size
