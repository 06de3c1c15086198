"""GATHER_ND with constant indices: single elements or slices from places of several axes."""

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
from codegen.ops.indexed_copy import INDEXED_COPY, indexed_call
from codegen.ops.registry import REGISTRY
from codegen.ops.strided_copy import dense_strides
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions

MAX_DEPTH = 5
"""Axes that an index of TFLite-Micro has at most."""


@REGISTRY.add
@dataclass(frozen=True)
class GatherNd(Op):
    """int8 [d_0, ..., d_k-1, rest] and indices [places, k] -> [places, rest]."""

    kind = "GATHER_ND"
    tflite_options = TfliteOptions(83)
    kernels = (INDEXED_COPY,)
    constraints = "int8, constant int32 indices of at most 5 axes each, inside the tensor"
    tflite_micro = "refuses an index outside the tensor"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        indices = checks.constant_input(raw, tensors, 1, "int32", where)
        depth = indices.shape[-1] if indices.shape else 0
        if not 1 <= depth <= min(MAX_DEPTH, len(x.shape)):
            checks.refuse(f"its indices {list(indices.shape)} do not fit {list(x.shape)}", where)
        assert indices.data is not None
        places = indices.data.astype(np.int64)
        if ((places < 0) | (places >= np.array(x.shape[:depth]))).any():
            checks.refuse(f"an index lies outside {list(x.shape)}", where)
        checks.check_shape(y, (*indices.shape[:-1], *x.shape[depth:]), "output", where)
        return cls(raw.inputs, raw.outputs)

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (inputs[0][tuple(np.moveaxis(inputs[1], -1, 0))],)

    def render(self, graph: Graph) -> KernelCall:
        x, indices = (graph.tensor(t) for t in self.inputs)
        assert indices.data is not None
        depth = indices.shape[-1]
        strides = np.array(dense_strides(x.shape)[:depth], np.int64)
        offsets = (indices.data.astype(np.int64) @ strides).reshape(-1)
        run = math.prod(x.shape[depth:])
        return indexed_call(1, x.elements, (offsets,), run, self.inputs[:1], self.outputs)
