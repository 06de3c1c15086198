"""An arena outside internal RAM: what a network moves of it, and whether a smaller one inside is faster."""

from __future__ import annotations

from codegen.graph import Graph
from codegen.lowering.target import Prices
from codegen.memory.plan import Plan


def moved_bytes(graph: Graph, position: int) -> int:
    """What a layer moves of an arena outside: its inputs come, its outputs come and go."""
    op = graph.ops[position]
    inputs = sum(graph.tensor(t).bytes for t in op.inputs if t >= 0 and not graph.tensor(t).is_constant)
    return inputs + 2 * sum(graph.tensor(t).bytes for t in op.outputs)


def faster(inside: Plan, outside: Plan, prices: Prices | None) -> Plan:
    """Of a plan whose arena lies inside and one whose arena lies outside, the one that is expected to take
    less from start to end; the one inside where they take the same, and where nothing has a price."""
    if prices is None:
        return inside
    return outside if _elapsed(outside, prices, moves=True) < _elapsed(inside, prices) else inside


def _elapsed(plan: Plan, prices: Prices, moves: bool = False) -> float:
    """Of one run; kernels without a price add nothing.

    Args:
        moves: the arena lies outside.
    """
    graph, whole = plan.graph, 0.0
    for position, op in enumerate(graph.ops):
        call = graph.call(op)
        if call is not None:
            whole += prices.elapsed(call, op.work(graph)) or 0.0
            whole += prices.outside(moved_bytes(graph, position)) if moves else 0.0
    return whole
