"""What bounds an arena: the buffers that live while the fullest layer runs."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.memory.plan import ARENA_ALIGNMENT, Plan


@dataclass(frozen=True)
class BoundPart:
    """One share of the lower bound.

    Attributes:
        what: "input", "output", "scratch", "kept for 07 ADD", or "shared" for bytes that count once.
        name: the tensor's name, "" where there is none.
        bytes: its share, rounded up to the arena's alignment; negative for what is shared.
    """

    what: str
    name: str
    bytes: int


def bound_parts(plan: Plan) -> tuple[BoundPart, ...]:
    """The parts of `plan.lower_bound`, largest first; they add up to it."""
    graph, at = plan.graph, plan.bound_layer
    inputs = graph.ops[at].inputs if 0 <= at < len(graph.ops) else graph.inputs
    outputs = graph.ops[at].outputs if 0 <= at < len(graph.ops) else ()
    parts: list[BoundPart] = []
    seen: set[int] = set()
    for t in plan.tensors:
        home = plan.shared.get(t, t)
        place = plan.tensors[home]
        if home in seen or not place.first <= at <= place.last:
            continue
        seen.add(home)
        members = [m for m in plan.tensors if plan.shared.get(m, m) == home]
        places = [plan.tensors[m] for m in members]
        size = max(p.offset + p.bytes for p in places) - min(p.offset for p in places)
        if set(members) & set(inputs):
            what = "input"
        elif set(members) & set(outputs):
            what = "output"
        else:
            what = "kept for " + (graph.layer_name(place.last) if place.last < len(graph.ops) else "the end")
        parts.append(BoundPart(what, graph.tensor(home).name, _rounded(size)))
    if at in plan.scratch:
        parts.append(BoundPart("scratch", "", _rounded(plan.scratch[at].bytes)))
    parts.sort(key=lambda p: -p.bytes)
    common = plan.lower_bound - sum(p.bytes for p in parts)
    if common:
        parts.append(BoundPart("shared", "", common))
    return tuple(parts)


def _rounded(size: int) -> int:
    return -(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT
