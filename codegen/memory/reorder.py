"""Graph -> Plan of the order of its layers that takes the smallest arena; layers keep the file's names.

The file's order stays where none takes less. A chain of layers has one order, so nothing is searched there.
"""

from __future__ import annotations

from dataclasses import replace

from codegen.graph import Graph
from codegen.memory.order_search import NODE_BUDGET, OrderSearch
from codegen.memory.plan import ARENA_ALIGNMENT, Plan
from codegen.memory.planner import make_plan

PLAN_BUDGET = 24
"""Orders that are packed one by one, where the packing of the best one does not reach its bound."""

PACKED_LAYERS = 2_000
"""Layers of all these orders together, so that large graphs do not take minutes."""

PACKING_BUDGET = 5_000
"""Nodes of each of these packings."""


def reordered(graph: Graph, order: tuple[int, ...]) -> Graph:
    """The graph with its layers in another order, each under the number it had.

    Args:
        order: positions in `graph.ops`; every layer must come after those that write its inputs.
    """
    if order == tuple(range(len(graph.ops))):
        return graph
    return replace(
        graph,
        ops=tuple(graph.ops[n] for n in order),
        labels=tuple(graph.label(n) for n in order),
    )


def plan_in_best_order(
    graph: Graph,
    *,
    overlap: bool = True,
    node_budget: int = NODE_BUDGET,
    plan_budget: int = PLAN_BUDGET,
) -> Plan:
    """Plan the arena over all orders of the layers.

    First the order whose fullest step holds least is searched (exact); only where its packing is larger
    than that are other orders packed one by one. Both budgets count, so that a plan is the same everywhere.

    Args:
        graph: after the passes.
        overlap: as in `make_plan`.
        node_budget: sets of layers looked at in each of the two searches.
        plan_budget: orders packed in the second one.
    Returns:
        A Plan whose graph may have another order; `any_order_bytes` tells what no order goes below.
    """
    best = make_plan(graph, overlap=overlap)
    if any(op.views(graph) for op in graph.ops):
        return best
    search = OrderSearch(graph, overlap, node_budget)
    search.run()
    bound = search.proved * ARENA_ALIGNMENT
    if best.arena_bytes > bound and search.peak * ARENA_ALIGNMENT < best.arena_bytes:
        best = _smaller(best, make_plan(reordered(graph, search.order), overlap=overlap))
    if best.arena_bytes > bound:
        best, bound = _pack_orders(graph, best, bound, overlap, node_budget, plan_budget)
    return replace(best, any_order_bytes=min(bound, best.arena_bytes))


def _pack_orders(
    graph: Graph, best: Plan, bound: int, overlap: bool, node_budget: int, plan_budget: int
) -> tuple[Plan, int]:
    """The smallest of the plans of all orders, and what none of them goes below.

    Orders with a step that holds as much as the best plan so far are left out.
    """
    plan_budget = min(plan_budget, PACKED_LAYERS // max(1, len(graph.ops)))
    search, proved = OrderSearch(graph, overlap, node_budget), best.proved_bytes
    limit = best.arena_bytes // ARENA_ALIGNMENT - 1
    for order in search.orders(limit):
        if plan_budget == 0:
            return best, bound
        plan_budget -= 1
        other = reordered(graph, order)
        plan = (
            best
            if other.labels == best.graph.labels
            else make_plan(other, node_budget=PACKING_BUDGET, overlap=overlap)
        )
        proved = min(proved, plan.proved_bytes)
        best = _smaller(best, plan)
        if best.arena_bytes <= bound:
            return best, bound
    complete = search.budget >= 0
    return best, max(bound, min(proved, best.arena_bytes)) if complete else bound


def _smaller(one: Plan, other: Plan) -> Plan:
    return other if other.arena_bytes < one.arena_bytes else one
