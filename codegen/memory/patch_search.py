"""Finds the cheapest patches that bring a plan down to a number of bytes: where it does not fit.

The same number of bytes gives the same plan everywhere, and so does the number of bytes that this plan takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from codegen.graph import Graph
from codegen.memory.patches import Patch, apply_patch, possible_patches
from codegen.memory.plan import ARENA_ALIGNMENT, Plan
from codegen.memory.planner import layer_needs, make_plan

MAX_TRIES = 100
"""Patched graphs that are looked at before the search gives up (a few seconds of Python)."""


def patched_plan(graph: Graph, ram: int, overlap: bool) -> Plan | None:
    """A plan of at most `ram` bytes, None where none was found.

    Args:
        graph: after the passes, whole.
        ram: bytes; asking again for those that the plan takes finds the same plan.
    """
    plan = _Search(ram, overlap).plan(graph, 0)
    while plan is not None:
        again = _Search(plan.arena_bytes, overlap).plan(graph, 0)
        if again is not None and again.arena_bytes == plan.arena_bytes:
            return again
        plan = again or _Search(plan.arena_bytes - ARENA_ALIGNMENT, overlap).plan(graph, 0)
    return None


class _Search:
    """Patches around the first layer that needs more than `ram`, the cheapest first, then around the next."""

    def __init__(self, ram: int, overlap: bool) -> None:
        self.ram, self.overlap, self.tries = ram, overlap, MAX_TRIES

    def plan(self, graph: Graph, done: int) -> Plan | None:
        """A plan of at most `ram` bytes with patches from layer `done` on; None where none was found."""
        needs = layer_needs(graph, overlap=self.overlap)
        position = next((n for n, need in enumerate(needs) if need > self.ram), None)
        if position is None:
            plan = make_plan(graph, overlap=self.overlap)
            return plan if plan.arena_bytes <= self.ram else None
        for patch, patched in self._patches(graph, position, done, needs):
            found = self.plan(patched, len(patched.ops) - (len(graph.ops) - patch.end))
            if found is not None:
                return found
        return None

    def _patches(
        self, graph: Graph, position: int, done: int, needs: tuple[int, ...]
    ) -> Iterator[tuple[Patch, Graph]]:
        """Patches around a layer that leave no layer up to their end above `ram`, and none behind it above
        what that needs now; the cheapest first."""
        if position < done:
            return
        for patch in possible_patches(graph, position, self.overlap):
            if patch.start < done or patch.least > self.ram:
                continue
            self.tries -= 1
            if self.tries < 0:
                return
            patched = apply_patch(graph, patch)
            after = layer_needs(patched, overlap=self.overlap)
            behind = len(graph.ops) - patch.end
            front, back = after[: len(after) - behind], after[len(after) - behind :]
            if max(front) <= self.ram and all(
                now <= max(self.ram, then) for now, then in zip(back, needs[patch.end :], strict=True)
            ):
                yield patch, patched
