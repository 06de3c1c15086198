"""Which constants a board copies from flash to internal RAM at start.

A line of flash that the cache does not hold costs hundreds of cycles, and an inference of a network that is
larger than the cache misses all its lines. Constants that lie in RAM miss none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codegen.board import Board
from codegen.cost.memory import memories_of
from codegen.memory.options import PlannedOption, PlanOptions
from codegen.memory.plan import Plan


@dataclass(frozen=True)
class _Held:
    """Tables of a layer, or of several that share them.

    Attributes:
        plan: which of the plans.
        layers: positions.
        bytes: of the tables.
        lines: of flash that all these layers miss in one inference.
    """

    plan: int
    layers: tuple[int, ...]
    bytes: int
    lines: int


def with_copies(plans: Sequence[Plan], board: Board | None, options: PlanOptions) -> list[Plan]:
    """The plans of a program's networks, with the layers whose constants lie in RAM.

    First come those that save most lines a byte, of alike ones the first.

    Args:
        options: `copies` of it, or what the board allows; with `ram` no more than it leaves beside the arena.
    """
    room = options.copies
    if room is None:
        room = 0 if board is None else board.memory.copies
        if options.ram is not None:
            room = min(room, options.ram - max((plan.arena_bytes for plan in plans), default=0))
    copied = [set[int]() for _ in plans]
    held = [part for index, plan in enumerate(plans) for part in _held(index, plan, board)]
    for part in sorted(held, key=lambda part: -part.lines / part.bytes):
        if part.bytes <= room:
            room -= part.bytes
            copied[part.plan].update(part.layers)
    return [replace(plan, copied=frozenset(layers)) for plan, layers in zip(plans, copied, strict=True)]


def options_with_copies(
    number: int, plans: Sequence[Plan], ways: Sequence[PlannedOption], board: Board | None
) -> tuple[PlannedOption, ...]:
    """Other ways to plan one of a program's networks, with the layers whose constants lie in RAM then.

    Args:
        number: of the network; the others stay as `plans` has them.
    """
    found = []
    for way in ways:
        all_plans = [way.plan if n == number else plan for n, plan in enumerate(plans)]
        found.append(replace(way, plan=with_copies(all_plans, board, way.asked)[number]))
    return tuple(found)


def copied_bytes(plan: Plan) -> int:
    """RAM of the constants that a plan copies."""
    copies = (part for part in _held(0, plan, None) if plan.copied.issuperset(part.layers))
    return sum(part.bytes for part in copies)


def _held(index: int, plan: Plan, board: Board | None) -> list[_Held]:
    graph, layers = plan.graph, dict[object, list[int]]()
    memories = None if board is None else memories_of(board.chip)
    calls = [graph.call(op) for op in graph.ops]
    for position, call in enumerate(calls):
        if call is not None and call.tables:
            layers.setdefault(graph.constants_of(position), []).append(position)
    found = []
    for positions in layers.values():
        sharing = [call for position in positions if (call := calls[position]) is not None]
        size = sum(-(-table.values.nbytes // 16) * 16 for table in sharing[0].tables)
        lines = 0 if memories is None else sum(memories.lines_missed(call) for call in sharing)
        found.append(_Held(index, tuple(positions), size, lines))
    return found
