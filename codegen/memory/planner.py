"""Graph -> Plan: places every live buffer in one arena, with the lower bound beside the result.

A layer is two steps of the packer's time: first it reads (its input counts whole, an output that may
overlap it only up to the distance they must keep), then all is written (the output counts whole).
"""

from __future__ import annotations

from codegen.graph import Graph
from codegen.memory.item import Item
from codegen.memory.lifetimes import Buffer, Buffers, find_buffers
from codegen.memory.packing import NODE_BUDGET, live_units, pack
from codegen.memory.plan import ARENA_ALIGNMENT, Placement, Plan


def make_plan(graph: Graph, *, node_budget: int = NODE_BUDGET, overlap: bool = True) -> Plan:
    """Plan the arena of a graph.

    Args:
        graph: after the passes; layer i of the plan is graph.ops[i].
        node_budget: branch-and-bound nodes before the best packing so far is taken.
        overlap: outputs may lie over the part of their layer's input that is read already.
    Returns:
        A Plan whose `optimal` tells whether a smaller arena was proved impossible for these lifetimes.
    """
    buffers = find_buffers(graph, overlap)
    items = packing_items(buffers)
    packing = pack(items, node_budget)
    tensors: dict[int, Placement] = {}
    scratch: dict[int, Placement] = {}
    for buffer, offset in zip(buffers.items, packing.offsets, strict=True):
        placement = _placement(buffer, offset)
        if buffer.scratch_of is not None:
            scratch[buffer.scratch_of] = placement
        for t in buffer.tensors:
            at = buffers.inside.get(t)
            tensors[t] = placement if at is None else _part(placement, at, graph.tensor(t).bytes)
    return Plan(
        graph=graph,
        tensors=dict(sorted(tensors.items())),
        scratch=scratch,
        shared=buffers.shared,
        overlaid=_overlaid(buffers, tensors),
        arena_bytes=packing.height * ARENA_ALIGNMENT,
        layer_bytes=_layer_bytes(items, len(graph.ops)),
        lower_bound=packing.lower_bound * ARENA_ALIGNMENT,
        bound_layer=packing.bound_step // 2,
        proved_bytes=packing.proved * ARENA_ALIGNMENT,
    )


def layer_needs(graph: Graph, *, overlap: bool = True) -> tuple[int, ...]:
    """`Plan.layer_bytes`, without the plan."""
    return _layer_bytes(packing_items(find_buffers(graph, overlap)), len(graph.ops))


def packing_items(buffers: Buffers) -> list[Item]:
    """The buffers as the packer sees them, in steps of half a layer."""
    lows = {o.output: _units(o.distance) for o in buffers.overlaps}
    sources = {o.source for o in buffers.overlaps}
    return [
        Item(_units(b.bytes), 2 * b.first, 2 * b.last + (0 if n in sources else 1), lows.get(n))
        for n, b in enumerate(buffers.items)
    ]


def _layer_bytes(items: list[Item], layers: int) -> tuple[int, ...]:
    """For each layer the lower bound of what lives while it runs."""
    steps = live_units(items, range(2 * layers))
    return tuple(max(pair) * ARENA_ALIGNMENT for pair in zip(steps[::2], steps[1::2], strict=True))


def _overlaid(buffers: Buffers, tensors: dict[int, Placement]) -> dict[int, int]:
    """The pairs that really have bytes in common."""
    found = {}
    for o in buffers.overlaps:
        a, b = tensors[o.output_tensor], tensors[o.source_tensor]
        if a.offset < b.offset + b.bytes and b.offset < a.offset + a.bytes:
            found[o.output_tensor] = o.source_tensor
    return dict(sorted(found.items()))


def _part(whole: Placement, at: int, size: int) -> Placement:
    return Placement(whole.offset + at, size, whole.first, whole.last)


def _units(size: int) -> int:
    return -(-size // ARENA_ALIGNMENT)


def _placement(buffer: Buffer, offset: int) -> Placement:
    return Placement(offset * ARENA_ALIGNMENT, buffer.bytes, buffer.first, buffer.last)
