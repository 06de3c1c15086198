"""Layers take kernels with less scratch where RAM is short: the best ones that the bytes allow.

Lowering gives each layer its kernels in order (`Lowered.candidates`); here some of the first are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codegen.graph import Graph, Op
from codegen.memory.plan import ARENA_ALIGNMENT


def can_spare(graph: Graph) -> bool:
    """Some layer has a kernel that needs less scratch than the one it takes."""
    return any(_least(graph, op) < op.scratch_bytes(graph) for op in graph.ops)


def one_core_where(graph: Graph, needs: Sequence[int], ram: int) -> Graph:
    """The graph in which each layer that needs more than `ram` is computed by one core: its output may lie
    over its input again, and there is one scratch.

    Args:
        needs: of each layer, as `Plan.layer_bytes` tells them.
    """
    ops = [
        replace(op, alone=True) if need > ram and _divided(graph, op) else op
        for op, need in zip(graph.ops, needs, strict=True)
    ]
    return replace(graph, ops=tuple(ops))


def _divided(graph: Graph, op: Op) -> bool:
    call = graph.call(op)
    return call is not None and call.halves is not None


def spared(graph: Graph, needs: Sequence[int], ram: int) -> Graph:
    """The graph in which each layer that needs more than `ram` takes its best kernel that does not, or else
    the one with the least scratch.

    Args:
        needs: of each layer, as `Plan.layer_bytes` tells them.
    """
    ops = []
    for op, need in zip(graph.ops, needs, strict=True):
        besides = need - _aligned(op.scratch_bytes(graph))
        allowed = max(0, (ram - besides) // ARENA_ALIGNMENT * ARENA_ALIGNMENT)
        short = need > ram and _least(graph, op) < op.scratch_bytes(graph)
        ops.append(replace(op, most_scratch=allowed) if short else op)
    return replace(graph, ops=tuple(ops))


def least_scratch(graph: Graph) -> Graph:
    """The graph in which each layer takes the best kernel of those with the least scratch."""
    return replace(graph, ops=tuple(replace(op, most_scratch=_least(graph, op)) for op in graph.ops))


def _least(graph: Graph, op: Op) -> int:
    """Scratch of the kernel that needs least."""
    known = (candidate.scratch_bytes for candidate in graph.lowered(op).candidates)
    return min(known, default=op.scratch_bytes(graph))


def _aligned(size: int) -> int:
    return size + -size % ARENA_ALIGNMENT
