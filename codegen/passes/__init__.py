"""Rewrites of a Graph that keep every output bit; `optimize` runs them to a fixed point."""

from __future__ import annotations

from codegen.graph import Graph
from codegen.passes.base import Pass
from codegen.passes.compact import compact
from codegen.passes.drop_dead import DropDeadOp
from codegen.passes.drop_identity import DropIdentity
from codegen.passes.fold_constants import FoldConstants
from codegen.passes.fold_pad import FoldPad

PASSES: tuple[Pass, ...] = (FoldConstants(), DropIdentity(), FoldPad(), DropDeadOp())
"""In the order in which they are tried; each removes an op or a reason to try it again."""


def optimize(graph: Graph) -> Graph:
    """The graph after all passes: fewer ops, the same outputs bit for bit, layers named anew."""
    changed = True
    while changed:
        changed = False
        for rewrite in PASSES:
            position = 0
            while position < len(graph.ops):
                if rewrite.match(graph, position):
                    graph, changed = rewrite.transform(graph, position), True
                else:
                    position += 1
    return compact(graph)


__all__ = ["PASSES", "Pass", "compact", "optimize"]
