"""The ways to plan one graph: with or without overlap, and what each way costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.graph import Graph
from codegen.memory.plan import Plan
from codegen.memory.planner import make_plan

MODES = ("overlap", "plain")
"""What `PlanOptions.memory` may be; overlap costs no instruction, so it comes first."""


@dataclass(frozen=True)
class PlanOptions:
    """How to plan.

    Attributes:
        memory: one of MODES. "overlap": an output may lie over the part of its layer's input that is read
            already; "plain": inputs and outputs lie apart, but for ops that work in place.
    """

    memory: str = "overlap"

    def __post_init__(self) -> None:
        if self.memory not in MODES:
            raise ValueError(f"memory is {self.memory!r}, not one of {MODES}")


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
    """The plan of a graph (after the passes) under these options."""
    return make_plan(graph, overlap=options.memory == "overlap")


def list_options(graph: Graph) -> tuple[Option, ...]:
    """All ways that differ in arena, largest arena first: each next one costs what it says."""
    ways = [
        Option(f"--memory {mode}", plan_for(graph, PlanOptions(mode)).arena_bytes, 0)
        for mode in reversed(MODES)
    ]
    return tuple(w for n, w in enumerate(ways) if n == 0 or w.arena_bytes < ways[n - 1].arena_bytes)


def find_plan(graph: Graph, plan_hash: bytes) -> Plan | None:
    """The plan of a graph (after the passes) that has this hash, whatever options made it."""
    for mode in MODES:
        plan = plan_for(graph, PlanOptions(mode))
        if plan.plan_hash == plan_hash:
            return plan
    return None


def next_smaller(options: Sequence[Option], arena_bytes: int) -> Option | None:
    """The cheapest way whose arena is below `arena_bytes`; None where there is none."""
    smaller = [o for o in options if o.arena_bytes < arena_bytes]
    return min(smaller, key=lambda o: (o.extra_macs, -o.arena_bytes), default=None)
