"""Computes ops whose inputs are all constant, with the op's own reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codegen.graph import Graph
from codegen.passes.base import Pass, without


class FoldConstants(Pass):
    """The outputs become constants of the graph."""

    def match(self, graph: Graph, position: int) -> bool:
        present = [t for t in graph.ops[position].inputs if t >= 0]
        return bool(present) and all(graph.tensor(t).is_constant for t in present)

    def transform(self, graph: Graph, position: int) -> Graph:
        op = graph.ops[position]
        tensors = list(graph.tensors)
        inputs = [data for t in op.inputs if t >= 0 and (data := graph.tensor(t).data) is not None]
        values = op.reference(graph, inputs)
        for t, value in zip(op.outputs, values, strict=True):
            data = np.array(value)
            data.setflags(write=False)
            tensors[t] = replace(tensors[t], data=data)
        return without(replace(graph, tensors=tuple(tensors)), position)
