"""How much work planning is, counted: each layer is lowered once, and every search for a plan ends."""

from __future__ import annotations

import cProfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from codegen.backends import aot
from codegen.graph import Graph, Op
from codegen.lowering.candidate import Candidate
from codegen.memory.check import check_plan
from codegen.memory.options import PlanOptions, Ways
from codegen.memory.order_search import LOOKS_A_NODE, LOOKS_A_STEP, NODE_BUDGET, OrderSearch
from codegen.memory.patch_search import PatchSearch
from codegen.memory.plan import Plan
from codegen.memory.planner import make_plan
from codegen.memory.reorder import plan_in_best_order
from codegen.ops import weighted
from codegen.ops.choosing import ChoosingOp
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.codegen.memory.fakes import FakeOp, graph
from tests.toys.detector import detector
from tests.toys.layers import Net
from tests.toys.models import TOYS


def read(data: bytes, name: str) -> Graph:
    return optimize(parse_model(data, name))


@pytest.fixture
def lowerings(monkeypatch: pytest.MonkeyPatch) -> Counter[Op]:
    """How often each layer was asked for the ways to compute it."""
    counts: Counter[Op] = Counter()
    for cls in (Op, ChoosingOp):
        plain = cls.candidates

        def counted(self: Op, graph: Graph, plain: Any = plain) -> tuple[Candidate, ...]:
            counts[self] += 1
            found: tuple[Candidate, ...] = plain(self, graph)
            return found

        monkeypatch.setattr(cls, "candidates", counted)
    return counts


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Channels of the layers whose table form was looked for."""
    channels: list[int] = []
    plain = weighted.table_form

    def counted(multipliers: Any, *rest: Any) -> Any:
        channels.append(len(multipliers))
        return plain(multipliers, *rest)

    monkeypatch.setattr(weighted, "table_form", counted)
    return channels


@pytest.mark.parametrize("name", ["mini_mobilenet", "mini_pfld", "two_heads"])
def test_each_layer_is_lowered_once_and_its_tables_are_solved_once(
    name: str, lowerings: Counter[Op], solved: list[int]
) -> None:
    """To plan, to list what less would cost, and to write the C of it all."""
    g = read(TOYS[name](), name)
    ways = Ways(g)
    plan = ways.plan()
    ways.options()
    aot.generate(plan)
    with_weights = [op for op in g.ops if len(op.inputs) > 1 and g.tensor(op.inputs[1]).is_constant]
    assert {lowerings[op] for op in g.ops} == {1}
    assert len(solved) <= len(with_weights)


def test_bands_share_the_tables_of_their_layer(solved: list[int]) -> None:
    g = read(TOYS["mini_mobilenet"](), "mini_mobilenet")
    ways = Ways(g)
    whole = ways.plan()
    before = len(solved)
    plan = ways.plan(PlanOptions(ram=whole.arena_bytes * 9 // 10))
    aot.generate(plan)
    assert len(plan.graph.ops) > len(g.ops)
    assert len(solved) == before


def test_what_one_search_learns_the_next_one_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question again, or one that leads to the same bands, patches no graph again."""
    from codegen.memory import patch_search

    g = read(TOYS["mini_mobilenet"](), "mini_mobilenet")
    applied = []
    plain = patch_search.apply_patch
    monkeypatch.setattr(
        patch_search, "apply_patch", lambda graph, patch: applied.append(patch) or plain(graph, patch)
    )
    search = PatchSearch(g, True)
    ram = Ways(g).plan().arena_bytes * 9 // 10
    first = search.plan(ram)
    assert first is not None
    assert applied
    applied.clear()
    assert search.plan(ram) is first
    assert search.plan(first.arena_bytes) is first
    assert not applied


def tree(leaves: int) -> Graph:
    """Leaves of many sizes that layers join two by two, all leaves first in the file."""
    sizes, ops = [64], []
    for n in range(leaves):
        sizes.append(160 + 16 * (n * 7 % 11))
        ops.append(FakeOp((0,), (n + 1,)))
    waiting = list(range(1, leaves + 1))
    while len(waiting) > 1:
        a, b, *waiting = waiting
        sizes.append(48 + 16 * (len(sizes) * 5 % 7))
        ops.append(FakeOp((a, b), (len(sizes) - 1,)))
        waiting.append(len(sizes) - 1)
    return graph(sizes, ops, [0], waiting)


def skips(layers: int) -> Graph:
    """A chain whose layers also read what lies three, five and nine layers back."""
    sizes = [64 + 16 * (n * 7 % 13) for n in range(layers + 1)]
    ops = [
        FakeOp(tuple(dict.fromkeys(max(0, n - back) for back in (0, 3, 5, 9))), (n + 1,))
        for n in range(layers)
    ]
    return graph(sizes, ops, [0], [layers])


def side_by_side(branches: int, length: int) -> Graph:
    """Chains that all start at the input and end as outputs, written layer by layer."""
    sizes, ops, ends = [64], [], [0] * branches
    for step in range(length):
        for n in range(branches):
            sizes.append(32 + 16 * ((n * 5 + step * 3) % 9))
            ops.append(FakeOp((ends[n],), (len(sizes) - 1,)))
            ends[n] = len(sizes) - 1
    return graph(sizes, ops, [0], ends)


LARGE = {
    "a tree of 300 leaves": lambda: tree(300),
    "300 layers with skips": lambda: skips(300),
    "60 outputs": lambda: side_by_side(60, 1),
    "30 branches of 10": lambda: side_by_side(30, 10),
    "a chain of 300": lambda: side_by_side(1, 300),
}

QUICK = ("60 outputs", "a chain of 300")
"""Planned in the default tests, the others in the slow run."""
MOST_CALLS = 16_000_000
"""Of functions, to plan any of them; none of the searches alone knew an end before."""


def calls(work: Callable[[], object]) -> int:
    """Functions called, those of the interpreter included: the same number on every machine."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name not in QUICK else ()) for name in LARGE],
)
def test_large_graphs_are_planned_with_bounded_work(name: str) -> None:
    g = LARGE[name]()
    plans: list[Plan] = []
    assert calls(lambda: plans.append(plan_in_best_order(g))) <= MOST_CALLS
    (plan,) = plans
    check_plan(plan)
    assert sorted(op.outputs for op in plan.graph.ops) == sorted(op.outputs for op in g.ops)
    assert plan.arena_bytes <= make_plan(g, node_budget=0).arena_bytes


def add_tree(leaves: int) -> Graph:
    """Real layers: one input, a convolution a leaf, and sums two by two, all leaves first in the file."""
    net = Net(3)
    x = net.input(1, 8, 8, 8, scale=0.05, zero_point=3)
    waiting = [net.conv(x, 8) for _ in range(leaves)]
    while len(waiting) > 1:
        a, b, *waiting = waiting
        waiting.append(net.add(a, b))
    return read(net.model.finish([x], waiting), "add_tree")


def test_a_wide_add_tree_of_300_layers_pays_for_all_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its search ends with the budget: what layers need is worked out no more often than that allows."""
    g = add_tree(151)
    assert len(g.ops) == 301
    worked_out = Counter[str]()
    plain = OrderSearch._step
    monkeypatch.setattr(
        OrderSearch, "_step", lambda self, *rest: worked_out.update("s") or plain(self, *rest)
    )
    plan = plan_in_best_order(g)
    check_plan(plan)
    allowed = 2 * NODE_BUDGET * LOOKS_A_NODE // LOOKS_A_STEP  # of both searches
    assert 10_000 < worked_out["s"] <= allowed + 2 * len(g.ops) ** 2


def test_a_detector_of_60_layers() -> None:
    g = read(detector(), "detector")
    assert len(g.ops) >= 60
    plan = Ways(g).plan()
    check_plan(plan)
    assert plan.optimal
