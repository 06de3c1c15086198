"""Graph -> Plan: places every live buffer in one arena, with the lower bound beside the result."""

from __future__ import annotations

from codegen.graph import Graph
from codegen.memory.lifetimes import Buffer, find_buffers
from codegen.memory.packing import NODE_BUDGET, Item, pack
from codegen.memory.plan import ARENA_ALIGNMENT, Placement, Plan


def make_plan(graph: Graph, node_budget: int = NODE_BUDGET) -> Plan:
    """Plan the arena of a graph.

    Args:
        graph: after the passes; layer i of the plan is graph.ops[i].
        node_budget: branch-and-bound nodes before the best packing so far is taken.
    Returns:
        A Plan whose `optimal` tells whether a smaller arena was proved impossible for these lifetimes.
    """
    buffers = find_buffers(graph)
    items = [Item(_units(b.bytes), b.first, b.last) for b in buffers.items]
    packing = pack(items, node_budget)
    tensors: dict[int, Placement] = {}
    scratch: dict[int, Placement] = {}
    for buffer, offset in zip(buffers.items, packing.offsets, strict=True):
        placement = _placement(buffer, offset)
        if buffer.scratch_of is not None:
            scratch[buffer.scratch_of] = placement
        for t in buffer.tensors:
            tensors[t] = placement
    return Plan(
        graph=graph,
        tensors=dict(sorted(tensors.items())),
        scratch=scratch,
        shared=buffers.shared,
        arena_bytes=packing.height * ARENA_ALIGNMENT,
        lower_bound=packing.lower_bound * ARENA_ALIGNMENT,
        bound_layer=packing.bound_layer,
        optimal=packing.optimal,
    )


def _units(size: int) -> int:
    return -(-size // ARENA_ALIGNMENT)


def _placement(buffer: Buffer, offset: int) -> Placement:
    return Placement(offset * ARENA_ALIGNMENT, buffer.bytes, buffer.first, buffer.last)
