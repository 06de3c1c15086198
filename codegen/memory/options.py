"""The ways to plan one graph: with or without overlap, whole or patch-wise, and what each way costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from codegen.errors import BudgetError
from codegen.graph import GOALS, Graph
from codegen.memory.patch_search import patched_plan
from codegen.memory.patches import moved_bytes
from codegen.memory.plan import Plan
from codegen.memory.reorder import plan_in_best_order

MODES = ("overlap", "plain")
"""What `PlanOptions.memory` may be; overlap costs no instruction, so it comes first."""

WORTH_A_STEP = 0.9
"""The next cheaper option is one that brings the arena at least down to this part of it."""


NEAR_ENOUGH = 0.03
"""The smallest arena, which a refusal names, is looked for down to this part of it."""


@dataclass(frozen=True)
class PlanOptions:
    """How to plan.

    Attributes:
        memory: one of MODES. "overlap": an output may lie over the part of its layer's input that is read
            already; "plain": inputs and outputs lie apart, but for ops that work in place.
        ram: bytes that the arena may take; layers run patch-wise where it must be so, in the way that costs
            the fewest multiply-accumulates, then the fewest bytes to move, then the fewest bands. None:
            whatever the whole layers need.
        optimize: one of codegen.graph.GOALS, what kernels are chosen for.
    """

    memory: str = "overlap"
    ram: int | None = None
    optimize: str = GOALS[0]

    def __post_init__(self) -> None:
        if self.memory not in MODES:
            raise ValueError(f"memory is {self.memory!r}, not one of {MODES}")
        if self.optimize not in GOALS:
            raise ValueError(f"optimize is {self.optimize!r}, not one of {GOALS}")

    @property
    def overlap(self) -> bool:
        """True where outputs may lie over input that is read already."""
        return self.memory == "overlap"


@dataclass(frozen=True)
class Option:
    """One way to plan a graph.

    Attributes:
        flags: how to ask for it on the command line.
        arena_bytes: RAM of one invoke.
        extra_macs: multiply-accumulates more than the network has.
        moved_bytes: bytes of rows that bands take over from the ones before.
    """

    flags: str
    arena_bytes: int
    extra_macs: int
    moved_bytes: int = 0


DEFAULT_OPTIONS = PlanOptions()


def plan_for(graph: Graph, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """The plan of a graph (after the passes) under these options.

    Its layers may run in another order than the graph's, where that takes less. Patch-wise plans have another
    graph, in which some layers are many: one for each band.

    Raises:
        BudgetError: no way to plan it takes `options.ram` bytes or less; the smallest arena is named.
    """
    graph = _for_goal(graph, options.optimize)
    plan = _plan_within(graph, options)
    if plan is not None:
        return plan
    assert options.ram is not None  # without a limit there is always a plan
    smallest = _smallest(graph, options.ram, options.overlap)
    raise BudgetError(
        f"no plan with an arena of at most {options.ram:,} bytes was found; "
        f"the smallest found takes {smallest:,}",
        graph.name,
        f"Allow {smallest:,} bytes, or use a smaller input or fewer channels in the first layers.",
    )


def list_options(graph: Graph, options: PlanOptions = DEFAULT_OPTIONS) -> tuple[Option, ...]:
    """Ways with less and less arena, each the cheapest that gets there: plain, overlap, then the cheapest
    patch that is worth a step from where `options` stand."""
    now, graph = plan_for(graph, options), _for_goal(graph, options.optimize)
    plans = {mode: plan_in_best_order(graph, overlap=mode == "overlap") for mode in reversed(MODES)}
    ways = [Option(f"--memory {mode}", plan.arena_bytes, 0) for mode, plan in plans.items()]
    best = min(way.arena_bytes for way in ways)
    if best >= now.arena_bytes:
        whole = plans["overlap"].graph
        plan = patched_plan(whole, int(now.arena_bytes * WORTH_A_STEP), True)
        if plan is not None:
            extra, moved = plan.graph.macs - graph.macs, moved_bytes(plan.graph)
            ways.append(Option(f"--ram {plan.arena_bytes}", plan.arena_bytes, extra, moved))
    return tuple(w for n, w in enumerate(ways) if n == 0 or w.arena_bytes < ways[n - 1].arena_bytes)


def find_plan(graph: Graph, plan_hash: bytes, arena_bytes: int) -> Plan | None:
    """The plan of a graph (after the passes) with this hash and arena, whatever options made it."""
    for goal, mode in product(GOALS, MODES):
        plan = _plan_within(_for_goal(graph, goal), PlanOptions(mode, arena_bytes, goal))
        if plan is not None and plan.plan_hash == plan_hash:
            return plan
    return None


def next_smaller(options: Sequence[Option], arena_bytes: int) -> Option | None:
    """The cheapest way whose arena is below `arena_bytes`; None where there is none."""
    smaller = [o for o in options if o.arena_bytes < arena_bytes]
    return min(smaller, key=lambda o: (o.extra_macs, o.moved_bytes, -o.arena_bytes), default=None)


def _for_goal(graph: Graph, goal: str) -> Graph:
    return graph if graph.goal == goal else replace(graph, goal=goal)


def _plan_within(graph: Graph, options: PlanOptions) -> Plan | None:
    """The plan under these options, None where none is small enough."""
    whole = plan_in_best_order(graph, overlap=options.overlap)
    if options.ram is None or whole.arena_bytes <= options.ram:
        return whole
    return patched_plan(whole.graph, options.ram, options.overlap)


def _smallest(graph: Graph, too_little: int, overlap: bool) -> int:
    """About the smallest arena for which a plan is found: halves what lies between that and too little."""
    whole = plan_in_best_order(graph, overlap=overlap)
    found = whole.arena_bytes
    while found - too_little > NEAR_ENOUGH * found:
        middle = (found + too_little) // 2
        plan = patched_plan(whole.graph, middle, overlap)
        found, too_little = (found, middle) if plan is None else (plan.arena_bytes, too_little)
    return found
