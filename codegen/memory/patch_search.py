"""Finds the cheapest patches that bring a plan down to a number of bytes: where it does not fit.

The same number of bytes gives the same plan everywhere, and so does the number of bytes that this plan takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from codegen.graph import Graph
from codegen.memory.patches import Patch, apply_patch, possible_patches
from codegen.memory.plan import ARENA_ALIGNMENT, Plan
from codegen.memory.planner import layer_needs, make_plan

MAX_TRIES = 100
"""Patched graphs that are looked at before the search gives up (a few seconds of Python)."""

PLAN_TRIES = 5
"""As many of them counts a plan made in vain: its buffers find no place although each layer would."""


class PatchSearch:
    """Plans of one graph with some of its layers in bands; what one search learns, the next one knows."""

    def __init__(self, graph: Graph, overlap: bool) -> None:
        """Args:
        graph: after the passes, whole.
        overlap: as in `make_plan`.
        """
        self._whole = _Patched(graph, overlap)
        self._plans: dict[int, Plan | None] = {}

    def plan(self, ram: int) -> Plan | None:
        """A plan of at most `ram` bytes, None where none was found; asking again for the bytes that it takes
        finds the same plan."""
        plan = self._search(ram)
        while plan is not None:
            again = self._search(plan.arena_bytes)
            if again is not None and again.arena_bytes == plan.arena_bytes:
                return again
            plan = again or self._search(plan.arena_bytes - ARENA_ALIGNMENT)
        return None

    def _search(self, ram: int) -> Plan | None:
        if ram not in self._plans:
            self._plans[ram] = _Search(ram).plan(self._whole, 0)
        return self._plans[ram]


class _Patched:
    """A graph, some of whose layers may run in bands, and what is known of it.

    Attributes:
        graph: itself.
    """

    def __init__(self, graph: Graph, overlap: bool) -> None:
        self.graph, self._overlap = graph, overlap
        self._possible: dict[int, list[Patch]] = {}
        self._needs: dict[Patch, tuple[int, ...]] = {}
        self._taken: dict[Patch, _Patched] = {}
        self._tried: tuple[Patch, _Patched] | None = None

    @cached_property
    def needs(self) -> tuple[int, ...]:
        """See `layer_needs`."""
        return layer_needs(self.graph, overlap=self._overlap)

    @cached_property
    def plan(self) -> Plan:
        """The plan of the graph as it is."""
        return make_plan(self.graph, overlap=self._overlap)

    def possible(self, position: int) -> list[Patch]:
        """Patches around a layer, the cheapest first."""
        if position not in self._possible:
            self._possible[position] = possible_patches(self.graph, position, self._overlap)
        return self._possible[position]

    def needs_with(self, patch: Patch) -> tuple[int, ...]:
        """`needs` with one more patch. Of the graphs only the last is kept: few that are tried are taken."""
        if patch not in self._needs:
            self._tried = patch, _Patched(apply_patch(self.graph, patch), self._overlap)
            self._needs[patch] = self._tried[1].needs
        return self._needs[patch]

    def take(self, patch: Patch) -> _Patched:
        """With one more patch."""
        if patch not in self._taken:
            last = self._tried if self._tried and self._tried[0] == patch else None
            self._taken[patch] = last[1] if last else _Patched(apply_patch(self.graph, patch), self._overlap)
        return self._taken[patch]


class _Search:
    """Patches around the first layer that needs more than `ram`, the cheapest first, then around the next."""

    def __init__(self, ram: int) -> None:
        self.ram, self.tries = ram, MAX_TRIES

    def plan(self, here: _Patched, done: int) -> Plan | None:
        """A plan of at most `ram` bytes with patches from layer `done` on; None where none was found."""
        position = next((n for n, need in enumerate(here.needs) if need > self.ram), None)
        if position is None:
            if here.plan.arena_bytes <= self.ram:
                return here.plan
            self.tries -= PLAN_TRIES
            return None
        for patch in self._patches(here, position, done):
            after = here.take(patch)
            found = self.plan(after, len(after.graph.ops) - (len(here.graph.ops) - patch.end))
            if found is not None:
                return found
        return None

    def _patches(self, here: _Patched, position: int, done: int) -> Iterator[Patch]:
        """Patches around a layer that leave no layer up to their end above `ram`, and none behind it above
        what that needs now; the cheapest first."""
        if position < done:
            return
        for patch in here.possible(position):
            if patch.start < done or patch.least > self.ram:
                continue
            self.tries -= 1
            if self.tries < 0:
                return
            after = here.needs_with(patch)
            behind = len(here.graph.ops) - patch.end
            front, back = after[: len(after) - behind], after[len(after) - behind :]
            if max(front) <= self.ram and all(
                now <= max(self.ram, then) for now, then in zip(back, here.needs[patch.end :], strict=True)
            ):
                yield patch
