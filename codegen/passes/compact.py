"""Removes tensors that nothing refers to and numbers the others anew, in their old order."""

from __future__ import annotations

from dataclasses import replace

from codegen.graph import Graph
from codegen.passes.base import renumber


def compact(graph: Graph) -> Graph:
    """The same graph without unused tensors; model inputs stay even where nobody reads them."""
    used = {*graph.inputs, *graph.outputs}
    for op in graph.ops:
        used.update(t for t in (*op.inputs, *op.outputs) if t >= 0)
    kept = sorted(used)
    mapping = {old: new for new, old in enumerate(kept)}
    return replace(renumber(graph, mapping), tensors=tuple(graph.tensors[t] for t in kept))
