"""What two cores make of a plan, and what they can't go below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.board import Board
from codegen.cost.cycles import core_of
from codegen.cost.estimate import LayerCost, load_table
from codegen.cost.time_range import TimeRange, total
from codegen.memory.plan import Plan


@dataclass(frozen=True)
class TwoCores:
    """A plan for two cores, of which some layers are in halves, or none where its arena leaves no room.

    Attributes:
        divided: how many layers are.
        instructions: of an inference, on the core that runs all layers and on the one that helps it.
        one_core: milliseconds of the same kernels on one core.
        speedup: of the expected milliseconds.
        alone: the part of the time on one core that layers take which are not divided.
        bound: the speed-up that these allow at most (Amdahl's law): 1 / (alone + (1 - alone) / 2).
        handover_cycles, handover_source: what a divided layer takes besides, and where that comes from.
        unlimited_divided, unlimited_arena_bytes: how many layers are where the arena may take any room, and
            what it takes then; None where that was not planned.
    """

    divided: int
    instructions: tuple[float, float]
    one_core: TimeRange
    speedup: float
    alone: float
    bound: float
    handover_cycles: float
    handover_source: str
    unlimited_divided: int | None
    unlimited_arena_bytes: int | None


def two_cores(
    plan: Plan, board: Board, costs: Sequence[LayerCost], unlimited: Plan | None = None
) -> TwoCores | None:
    """Of a plan on a board with a cost table; None where no layer is in halves and nobody asked for that.

    Args:
        costs: of codegen.cost.estimate.estimate.
        unlimited: the plan for two cores that may take any arena; None: not asked for.
    """
    if not board.cost_table or (plan.cores == 1 and unlimited is None):
        return None
    core = core_of(board, load_table(board.cost_table).cycles_per_instruction)
    single, elapsed = total(cost.alone for cost in costs), total(cost.milliseconds for cost in costs)
    assert single is not None
    assert elapsed is not None  # each cost has both
    undivided = sum(cost.alone.middle for cost in costs if not cost.per_core)
    whole = undivided / single.middle if single.middle else 1.0  # a network may have no code at all
    first = sum(cost.per_core[0] if cost.per_core else cost.instructions for cost in costs)
    second = sum(cost.per_core[1] for cost in costs if cost.per_core)
    return TwoCores(
        divided=sum(bool(cost.per_core) for cost in costs),
        instructions=(first, second),
        one_core=single,
        speedup=single.middle / elapsed.middle if elapsed.middle else 1.0,
        alone=whole,
        bound=1 / (whole + (1 - whole) / 2),
        handover_cycles=core.handover_cycles,
        handover_source=core.handover_source,
        unlimited_divided=None if unlimited is None else _divided(unlimited),
        unlimited_arena_bytes=None if unlimited is None else unlimited.arena_bytes,
    )


def _divided(plan: Plan) -> int:
    """How many of its layers are in halves."""
    calls = (plan.graph.call(op) for op in plan.graph.ops)
    return sum(call is not None and call.halves is not None for call in calls)
