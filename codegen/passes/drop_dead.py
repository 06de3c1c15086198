"""Drops ops whose outputs nobody reads."""

from __future__ import annotations

from codegen.graph import Graph
from codegen.passes.base import Pass, readers, without


class DropDeadOp(Pass):
    """An op without a reader and without a model output goes."""

    def match(self, graph: Graph, position: int) -> bool:
        outputs = graph.ops[position].outputs
        return not any(t in graph.outputs or readers(graph, t) for t in outputs)

    def transform(self, graph: Graph, position: int) -> Graph:
        return without(graph, position)
