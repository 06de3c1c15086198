"""The ways to plan one graph: with or without overlap, whole or patch-wise, and what each way costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from codegen.errors import BudgetError
from codegen.graph import GOALS, Graph
from codegen.memory.patches import Patch, apply_patch, possible_patches
from codegen.memory.plan import Plan
from codegen.memory.planner import least_arena, make_plan
from codegen.memory.reorder import plan_in_best_order

MODES = ("overlap", "plain")
"""What `PlanOptions.memory` may be; overlap costs no instruction, so it comes first."""

WORTH_A_STEP = 0.9
"""The next cheaper option is one that brings the arena at least down to this part of it."""


@dataclass(frozen=True)
class PlanOptions:
    """How to plan.

    Attributes:
        memory: one of MODES. "overlap": an output may lie over the part of its layer's input that is read
            already; "plain": inputs and outputs lie apart, but for ops that work in place.
        ram: bytes that the arena may take; the first layers run patch-wise where it must be so, in the way
            that costs the fewest multiply-accumulates. None: whatever the whole layers need.
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
    """

    flags: str
    arena_bytes: int
    extra_macs: int


DEFAULT_OPTIONS = PlanOptions()


def plan_for(graph: Graph, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """The plan of a graph (after the passes) under these options.

    Its layers may run in another order than the graph's, where that takes less. Patch-wise plans have another
    graph, whose first layers are those of the bands.

    Raises:
        BudgetError: no way to plan it takes `options.ram` bytes or less; the smallest arena is named.
    """
    graph = replace(graph, goal=options.optimize)
    whole = plan_in_best_order(graph, overlap=options.overlap)
    if options.ram is None or whole.arena_bytes <= options.ram:
        return whole
    for _, plan in _patched_plans(whole, options.ram, options.overlap):
        if plan.arena_bytes <= options.ram:
            return plan
    candidates = _patched_plans(whole, whole.arena_bytes - 1, options.overlap)
    smallest = min((plan.arena_bytes for _, plan in candidates), default=whole.arena_bytes)
    raise BudgetError(
        f"no plan with an arena of at most {options.ram:,} bytes was found; "
        f"the smallest found takes {smallest:,}",
        graph.name,
        f"Allow {smallest:,} bytes, or use a smaller input or fewer channels in the first layers.",
    )


def list_options(graph: Graph, options: PlanOptions = DEFAULT_OPTIONS) -> tuple[Option, ...]:
    """Ways with less and less arena, each the cheapest that gets there: plain, overlap, then the cheapest
    patch that is worth a step from where `options` stand."""
    now, graph = plan_for(graph, options), replace(graph, goal=options.optimize)
    plans = {mode: plan_in_best_order(graph, overlap=mode == "overlap") for mode in reversed(MODES)}
    ways = [Option(f"--memory {mode}", plan.arena_bytes, 0) for mode, plan in plans.items()]
    best = min(way.arena_bytes for way in ways)
    if best >= now.arena_bytes:
        limit = int(now.arena_bytes * WORTH_A_STEP)
        for patch, plan in _patched_plans(plans["overlap"], limit, True):
            if plan.arena_bytes <= limit:
                ways.append(Option(f"--ram {plan.arena_bytes}", plan.arena_bytes, patch.extra_macs))
                break
    return tuple(w for n, w in enumerate(ways) if n == 0 or w.arena_bytes < ways[n - 1].arena_bytes)


def find_plan(graph: Graph, plan_hash: bytes, arena_bytes: int) -> Plan | None:
    """The plan of a graph (after the passes) with this hash and arena, whatever options made it."""
    for goal, mode in product(GOALS, MODES):
        try:
            plan = plan_for(graph, PlanOptions(mode, arena_bytes, goal))
        except BudgetError:
            continue  # this mode has no plan as small as that
        if plan.plan_hash == plan_hash:
            return plan
    return None


def next_smaller(options: Sequence[Option], arena_bytes: int) -> Option | None:
    """The cheapest way whose arena is below `arena_bytes`; None where there is none."""
    smaller = [o for o in options if o.arena_bytes < arena_bytes]
    return min(smaller, key=lambda o: (o.extra_macs, -o.arena_bytes), default=None)


def _patched_plans(whole: Plan, ram: int, overlap: bool) -> Iterator[tuple[Patch, Plan]]:
    """Plans of patches, cheapest first, without those whose lower bound is above `ram`."""
    graph = whole.graph
    for patch in possible_patches(graph):
        source, result = graph.ops[0].inputs[0], graph.ops[patch.layers - 1].outputs[0]
        behind = max(whole.layer_bytes[patch.layers :], default=0)
        beside = graph.tensor(source).bytes + graph.tensor(result).bytes
        if max(behind, beside) > ram:
            continue  # the first input and the last output live side by side
        patched = apply_patch(graph, patch)
        if least_arena(patched, overlap=overlap) <= ram:
            yield patch, make_plan(patched, overlap=overlap)
