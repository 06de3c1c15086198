"""GATHER with constant indices: chosen slices of one axis, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.indexed_copy import IndexedCopy, Positions
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Gather(IndexedCopy):
    """The axis is replaced by the axes of the indices.

    Attributes:
        axis: not negative.
    """

    kind = "GATHER"
    tflite_options = TfliteOptions(23, {"axis": Field(0), "batch_dims": Field(1)})
    constraints = "int8, constant int32 indices of any shape inside the axis, any axis, batch_dims 0"
    tflite_micro = "refuses indices outside the axis; takes batch_dims, refused here"

    axis: int

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        indices = checks.constant_input(raw, tensors, 1, "int32", where)
        axis = checks.axis_of(raw.options["axis"], x.shape, where)
        if raw.options["batch_dims"] != 0:
            checks.refuse(f"its batch_dims is {raw.options['batch_dims']}, not 0", where)
        assert indices.data is not None
        chosen = indices.data.astype(np.int64)
        if chosen.min() < 0 or chosen.max() >= x.shape[axis]:
            checks.refuse(f"an index lies outside the {x.shape[axis]} elements of its axis", where)
        expected = [*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]]
        checks.check_shape(y, expected, "output", where)
        return cls(raw.inputs, raw.outputs, axis)

    def positions(self, graph: Graph) -> tuple[Positions | None, ...]:
        indices = graph.tensor(self.inputs[1]).data
        assert indices is not None
        rank = len(graph.tensor(self.inputs[0]).shape)
        chosen = indices.reshape(-1).astype(np.int64)
        return tuple(chosen if axis == self.axis else None for axis in range(rank))
