"""The ways to plan one graph: with or without overlap, whole or patch-wise, and what each way costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from codegen.cores import GOALS
from codegen.errors import BudgetError
from codegen.graph import Graph
from codegen.lowering.target import PLAIN_C, Target
from codegen.memory.outside import faster
from codegen.memory.patch_search import PatchSearch
from codegen.memory.patches import moved_bytes
from codegen.memory.plan import ARENA_ALIGNMENT, Plan
from codegen.memory.reorder import plan_in_best_order
from codegen.memory.spared import can_spare, least_scratch, one_core_where, spared

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
        ram: bytes that the arena may take. Where it must be so, layers take slower kernels with less scratch,
            or run patch-wise, in the way that costs the fewest multiply-accumulates, then the fewest bytes to
            move, then the fewest bands; of the two what the target's prices call cheaper. None: whatever the
            whole layers need.
        target: what kernels are chosen for.
        copies: bytes of RAM that constants may be copied to; None: what the board allows, and with `ram` no
            more of it than the arena leaves.
        internal: bytes of the board's internal RAM for an arena. A larger one goes outside, where every layer
            waits for it: without `ram` it is planned as with so much `ram` where that is possible and the
            target's prices expect it to be faster. None: it does not matter.
    """

    memory: str = "overlap"
    ram: int | None = None
    target: Target = PLAIN_C
    copies: int | None = None
    internal: int | None = None

    def __post_init__(self) -> None:
        if self.memory not in MODES:
            raise ValueError(f"memory is {self.memory!r}, not one of {MODES}")

    @property
    def optimize(self) -> str:
        """One of codegen.lowering.target.GOALS."""
        return self.target.goal

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


@dataclass(frozen=True, eq=False)
class PlannedOption:
    """An option and what it stands for.

    Attributes:
        option: what it costs.
        asked: what its flags ask for.
        plan: what they give.
    """

    option: Option
    asked: PlanOptions
    plan: Plan


DEFAULT_OPTIONS = PlanOptions()

PLAIN_TARGETS = tuple(Target(goal=goal) for goal in GOALS)
"""Without a board."""


class Ways:
    """The ways to plan one graph; what two of them have in common is made once."""

    def __init__(self, graph: Graph) -> None:
        """Args:
        graph: after the passes.
        """
        self.graph = graph
        self._wholes: dict[tuple[Target, bool], Plan] = {}
        self._on_fewer_cores: dict[tuple[Target, bool, int], Plan] = {}
        self._patches: dict[tuple[Target, bool, bool], PatchSearch] = {}
        self._with_less_scratch: dict[tuple[Target, bool, int], Plan | None] = {}

    def plan(self, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
        """See `plan_for`."""
        plan, inside = self.within(options), options.internal
        if plan is not None and options.ram is None and inside is not None and plan.arena_bytes > inside:
            smaller = self.within(replace(options, ram=inside))
            plan = plan if smaller is None else faster(smaller, plan, options.target.prices)
        if plan is not None:
            return plan
        smallest = self._smallest(options)
        raise BudgetError(
            f"no plan with an arena of at most {options.ram:,} bytes was found; "
            f"the smallest found takes {smallest:,}",
            self.graph.name,
            f"Allow {smallest:,} bytes, or use a smaller input or fewer channels in the first layers.",
        )

    def within(self, options: PlanOptions) -> Plan | None:
        """The plan under these options, None where none is small enough."""
        whole = self._planned_whole(options)
        if options.ram is None or whole.arena_bytes <= options.ram:
            return whole
        plan = self._squeezed(options, options.ram)
        while plan is not None:  # asking again for the bytes that it takes finds the same plan
            again = self._squeezed(options, plan.arena_bytes)
            if again is not None and again.arena_bytes == plan.arena_bytes:
                return again
            plan = again or self._squeezed(options, plan.arena_bytes - ARENA_ALIGNMENT)
        return None

    def options(self, options: PlanOptions = DEFAULT_OPTIONS) -> tuple[PlannedOption, ...]:
        """The options of `list_options`, each with its plan."""
        now, ways = self.plan(options), list[PlannedOption]()
        modes = {mode: replace(options, memory=mode) for mode in reversed(MODES)}
        for mode, asked in modes.items():
            plan = self._planned_whole(asked)
            ways.append(PlannedOption(Option(f"--memory {mode}", plan.arena_bytes, 0), asked, plan))
        best = min(way.option.arena_bytes for way in ways)
        if best >= now.arena_bytes:
            less = int(now.arena_bytes * WORTH_A_STEP)
            squeezed = self.within(replace(modes["overlap"], ram=less))
            if squeezed is not None:
                extra, moved = squeezed.graph.macs - self.graph.macs, moved_bytes(squeezed.graph)
                arena = squeezed.arena_bytes
                option = Option(f"--ram {arena}", arena, extra, moved)
                ways.append(PlannedOption(option, replace(modes["overlap"], ram=arena), squeezed))
        arenas = [way.option.arena_bytes for way in ways]
        return tuple(way for n, way in enumerate(ways) if n == 0 or arenas[n] < arenas[n - 1])

    def unlimited(self, options: PlanOptions) -> Plan:
        """The plan under these options where neither `ram` nor internal RAM limits it."""
        return self._planned_whole(options)

    def _planned_whole(self, options: PlanOptions) -> Plan:
        """Without bands, whatever it takes."""
        key = options.target, options.overlap
        if key not in self._wholes:
            known, target = self.graph.target, options.target
            graph = self.graph if known == target else replace(self.graph, target=target)
            self._wholes[key] = plan_in_best_order(graph, overlap=options.overlap)
        return self._wholes[key]

    def _squeezed(self, options: PlanOptions, ram: int) -> Plan | None:
        """Less than the whole layers with their best kernels need; None where nothing is small enough.

        Slower kernels or bands, what is cheaper; both only where each by itself is not enough.
        """
        plans = [self._spared(options, ram), self._patched(options, ram)]
        whole = self._whole(options, ram)
        plans += [whole] if whole.arena_bytes <= ram else []
        found = [plan for plan in plans if plan is not None]
        if not found and can_spare(self._planned_whole(options).graph):
            both = self._patched(options, ram, spare=True)
            found = [] if both is None else [both]
        return min(found, key=lambda plan: _price(plan, options.target), default=None)

    def _whole(self, options: PlanOptions, ram: int) -> Plan:
        """Whole layers with their best kernels; those that need more than `ram` run on one core."""
        whole = self._planned_whole(options)
        if options.target.cores == 1:
            return whole
        key = options.target, options.overlap, ram
        if key not in self._on_fewer_cores:
            graph = one_core_where(whole.graph, whole.layer_bytes, ram)
            self._on_fewer_cores[key] = plan_in_best_order(graph, overlap=options.overlap)
        return self._on_fewer_cores[key]

    def _spared(self, options: PlanOptions, ram: int) -> Plan | None:
        """Whole layers, some with kernels that need less scratch; None where none is small enough."""
        key = options.target, options.overlap, ram
        if key not in self._with_less_scratch:
            whole, found = self._whole(options, ram), None
            if can_spare(whole.graph):
                ways = spared(whole.graph, whole.layer_bytes, ram), least_scratch(whole.graph)
                plans = (plan_in_best_order(graph, overlap=options.overlap) for graph in ways)
                found = next((plan for plan in plans if plan.arena_bytes <= ram), None)
            self._with_less_scratch[key] = found
        return self._with_less_scratch[key]

    def _patched(self, options: PlanOptions, ram: int, spare: bool = False) -> Plan | None:
        """With bands in the order of the layers that is best without; None where none is small enough.
        One core computes them, for no output lies over what two of them read.

        Args:
            spare: all layers take kernels with the least scratch.
        """
        if options.target.cores > 1:
            return self._patched(replace(options, target=replace(options.target, cores=1)), ram, spare)
        key = options.target, options.overlap, spare
        if key not in self._patches:
            graph = self._planned_whole(options).graph
            self._patches[key] = PatchSearch(least_scratch(graph) if spare else graph, options.overlap)
        return self._patches[key].plan(ram)

    def _smallest(self, options: PlanOptions) -> int:
        """About the smallest arena that a plan is found for: halves what lies between it and too little."""
        assert options.ram is not None  # without a limit there is always a plan
        found, too_little = self._planned_whole(options).arena_bytes, options.ram
        while found - too_little > max(ARENA_ALIGNMENT, NEAR_ENOUGH * found):
            middle = (found + too_little) // 2
            plan = self._smallest_within(options, middle)
            found, too_little = (found, middle) if plan is None else (plan.arena_bytes, too_little)
        return found

    def _smallest_within(self, options: PlanOptions, ram: int) -> Plan | None:
        """A plan of at most `ram` bytes, whatever it costs: kernels take the least scratch."""
        spare = can_spare(self._planned_whole(options).graph)
        return self._spared(options, ram) or self._patched(options, ram, spare=spare)


def _price(plan: Plan, target: Target) -> float:
    """Of one run, by the prices of a target; 0 without prices. Kernels without one add nothing."""
    graph = plan.graph
    calls = ((graph.call(op), op) for op in graph.ops)
    return sum(target.price(call, op.work(graph)) or 0.0 for call, op in calls if call is not None)


def plan_for(graph: Graph, options: PlanOptions = DEFAULT_OPTIONS) -> Plan:
    """The plan of a graph (after the passes) under these options.

    Its layers may run in another order than the graph's, where that takes less. Patch-wise plans have another
    graph, in which some layers are many: one for each band.

    Raises:
        BudgetError: no way to plan it takes `options.ram` bytes or less; the smallest arena is named.
    """
    return Ways(graph).plan(options)


def list_options(graph: Graph, options: PlanOptions = DEFAULT_OPTIONS) -> tuple[Option, ...]:
    """Ways with less and less arena, each the cheapest that gets there: plain, overlap, then the cheapest
    patch that is worth a step from where `options` stand.

    Raises:
        BudgetError: as `plan_for`.
    """
    return tuple(way.option for way in Ways(graph).options(options))


def find_plan(
    graph: Graph, plan_hash: bytes, arena_bytes: int, targets: Sequence[Target] = PLAIN_TARGETS
) -> Plan | None:
    """The plan of a graph (after the passes) with this hash and arena, whatever options made it.

    Args:
        targets: for which it may have been made.
    """
    ways = Ways(graph)
    for target, mode in product(targets, MODES):
        plan = ways.within(PlanOptions(mode, arena_bytes, target))
        if plan is not None and plan.plan_hash == plan_hash:
            return plan
    return None


def next_smaller(options: Sequence[Option], arena_bytes: int) -> Option | None:
    """The cheapest way whose arena is below `arena_bytes`; None where there is none."""
    smaller = [o for o in options if o.arena_bytes < arena_bytes]
    return min(smaller, key=lambda o: (o.extra_macs, o.moved_bytes, -o.arena_bytes), default=None)
