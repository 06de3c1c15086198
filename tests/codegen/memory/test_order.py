"""The order of the layers: the best one by brute force, a plan that says what it proved, names that stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.memory.check import check_plan
from codegen.memory.lifetimes import find_buffers
from codegen.memory.options import PlanOptions, find_plan, plan_for
from codegen.memory.order_search import OrderSearch
from codegen.memory.packing import lower_bound
from codegen.memory.plan import ARENA_ALIGNMENT
from codegen.memory.planner import make_plan, packing_items
from codegen.memory.reorder import plan_in_best_order, reordered
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.codegen.memory.fakes import FakeOp, graph, graphs
from tests.toys.models import TOYS

UNLIMITED = 1 << 60


def all_orders(g: Graph) -> Iterator[tuple[int, ...]]:
    """Every order in which each layer comes after those that write its inputs."""
    makers = {t: n for n, op in enumerate(g.ops) for t in op.outputs}
    needs = [{makers[t] for t in op.inputs if t in makers} for op in g.ops]

    def go(order: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(order) == len(g.ops):
            yield order
        for n in range(len(g.ops)):
            if n not in order and needs[n] <= set(order):
                yield from go((*order, n))

    return go(())


def least_arena(g: Graph, overlap: bool) -> int:
    """The lower bound of a plan in bytes, without the plan."""
    return lower_bound(packing_items(find_buffers(g, overlap)))[0] * ARENA_ALIGNMENT


@settings(max_examples=400, deadline=None)
@given(graphs(), st.booleans())
def test_the_search_knows_what_the_planner_finds(g: Graph, overlap: bool) -> None:
    """The peak of an order, computed over sets of layers, is the lower bound of its plan."""
    search = OrderSearch(g, overlap)
    assert search.peak * ARENA_ALIGNMENT == least_arena(g, overlap)


@settings(max_examples=200, deadline=None)
@given(graphs(layers=6), st.booleans())
def test_the_peak_is_the_least_of_all_orders(g: Graph, overlap: bool) -> None:
    orders = list(all_orders(g))
    search = OrderSearch(g, overlap)
    assert sorted(search.orders(UNLIMITED)) == sorted(orders)
    search.run()
    least = min(least_arena(reordered(g, order), overlap) for order in orders)
    assert search.proved * ARENA_ALIGNMENT == search.peak * ARENA_ALIGNMENT == least
    assert least_arena(reordered(g, search.order), overlap) == least


@settings(max_examples=150, deadline=None)
@given(graphs(layers=5), st.booleans())
def test_the_arena_is_the_least_of_all_orders(g: Graph, overlap: bool) -> None:
    plan = plan_in_best_order(g, overlap=overlap)
    check_plan(plan)
    arenas = {order: make_plan(reordered(g, order), overlap=overlap).arena_bytes for order in all_orders(g)}
    least = min(arenas.values())
    assert plan.any_order_bytes is not None
    assert plan.any_order_bytes <= least <= plan.arena_bytes
    if len(arenas) <= 24:  # as many as are packed
        assert plan.any_order_bytes == plan.arena_bytes == least
    if plan.graph.labels:  # another order only where it saves something
        assert plan.arena_bytes < arenas[tuple(range(len(g.ops)))]


def branches() -> Graph:
    """One input, a wide and a narrow branch behind a small layer each: first finish one, then the other.

    The file runs layer by layer: both wide tensors live at once.
    """
    sizes = [64, 640, 640, 32, 32, 64]
    ops = [
        FakeOp((0,), (1,)), FakeOp((0,), (2,)), FakeOp((1,), (3,)), FakeOp((2,), (4,)), FakeOp((3, 4), (5,)),
    ]  # fmt: skip
    return graph(sizes, ops, [0], [5])


def test_one_branch_after_the_other() -> None:
    g = branches()
    assert make_plan(g).arena_bytes == 64 + 640 + 640
    plan = plan_in_best_order(g)
    check_plan(plan)
    assert plan.arena_bytes == plan.any_order_bytes == 64 + 640 + 32
    assert [plan.graph.layer_name(n) for n in range(5)] == [
        "00 FAKE",
        "02 FAKE",
        "01 FAKE",
        "03 FAKE",
        "04 FAKE",
    ]


def test_the_order_of_the_file_stays_where_none_is_better() -> None:
    for name in sorted(TOYS):
        g = optimize(parse_model(TOYS[name](), name))
        plan = plan_in_best_order(g)
        assert plan.any_order_bytes is not None
        assert plan.any_order_bytes <= plan.arena_bytes <= make_plan(g).arena_bytes
        if plan.arena_bytes == make_plan(g).arena_bytes:
            assert plan.graph is g


def test_a_search_that_stops_early_keeps_the_bound() -> None:
    """Without nodes the file's order stays, and what is proved is what one layer alone needs."""
    g = branches()
    plan = plan_in_best_order(g, node_budget=0)
    assert plan.graph is g
    assert plan.any_order_bytes == 640 + 64
    few = plan_in_best_order(g, node_budget=2)
    assert few.any_order_bytes is not None
    assert few.any_order_bytes <= 736 <= few.arena_bytes


def ladder(width: int) -> Graph:
    """Many branches of two layers each that one layer joins: far too many orders to list."""
    sizes = [64]
    ops = []
    for n in range(width):
        sizes += [320 + 16 * (n % 5), 16 + 16 * (n % 3)]
        ops.append(FakeOp((0,), (2 * n + 1,)))
    ops += [FakeOp((2 * n + 1,), (2 * n + 2,)) for n in range(width)]
    sizes.append(64)
    ops.append(FakeOp(tuple(2 * n + 2 for n in range(width)), (2 * width + 1,)))
    return graph(sizes, ops, [0], [2 * width + 1])


def test_many_branches_are_proved_all_the_same() -> None:
    """Sets of layers, not orders, are what the search walks over: these have millions of orders."""
    g = ladder(9)
    search = OrderSearch(g, True)
    search.run()
    assert search.proved == search.peak
    plan = plan_in_best_order(g)
    assert plan.arena_bytes == plan.any_order_bytes < make_plan(g).arena_bytes / 4


def test_too_many_branches_get_a_good_order_and_an_honest_gap() -> None:
    g = ladder(24)
    plan = plan_in_best_order(g)
    check_plan(plan)
    assert plan.any_order_bytes is not None
    assert plan.any_order_bytes < plan.arena_bytes < make_plan(g).arena_bytes / 6
    again = plan_in_best_order(ladder(24))
    assert (again.graph.labels, again.tensors) == (plan.graph.labels, plan.tensors)


@pytest.mark.parametrize("mode", ["plain", "overlap"])
def test_two_heads_in_c(mode: str) -> None:
    """A network whose file runs both heads at once: fewer bytes, and the same ones come out."""
    from tests.codegen.memory.test_patches import check_trace

    g = optimize(parse_model(TOYS["two_heads"](), "two_heads"))
    whole, plan = make_plan(g, overlap=mode == "overlap"), plan_for(g, PlanOptions(mode))
    assert plan.arena_bytes < whole.arena_bytes
    assert plan.arena_bytes == plan.any_order_bytes
    labels = [g.label(n) for n in range(len(g.ops))]
    assert sorted(plan.graph.labels) == labels != list(plan.graph.labels)
    check_trace(plan, 5, 4)
    assert {plan.graph.layer_name(n) for n in range(len(g.ops))} == {
        g.layer_name(n) for n in range(len(g.ops))
    }
    found = find_plan(g, plan.plan_hash, plan.arena_bytes)
    assert found is not None
    assert found.graph.labels == plan.graph.labels


def test_layers_keep_their_values_under_their_names() -> None:
    import numpy as np

    g = optimize(parse_model(TOYS["two_heads"](), "two_heads"))
    other = plan_for(g).graph
    inputs = [np.arange(g.tensor(t).bytes).astype(np.int8).reshape(g.tensor(t).shape) for t in g.inputs]
    ours, theirs = run(g, inputs), run(other, inputs)
    for position, layer in enumerate(theirs.layers):
        same = ours.layers[int(other.label(position))]
        assert g.layer_name(int(other.label(position))) == other.layer_name(position)
        assert all((a == b).all() for a, b in zip(layer, same, strict=True))
