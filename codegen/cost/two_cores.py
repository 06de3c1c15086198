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
    """A plan of which some layers are in halves.

    Attributes:
        divided: how many layers are.
        instructions: of an inference, on the core that runs all layers and on the one that helps it.
        one_core: milliseconds of the same kernels on one core.
        speedup: of the expected milliseconds.
        alone: the part of the time on one core that layers take which are not divided.
        bound: the speed-up that these allow at most (Amdahl's law): 1 / (alone + (1 - alone) / 2).
        handover_cycles, handover_source: what a divided layer takes besides, and where that comes from.
    """

    divided: int
    instructions: tuple[float, float]
    one_core: TimeRange
    speedup: float
    alone: float
    bound: float
    handover_cycles: float
    handover_source: str


def two_cores(plan: Plan, board: Board, costs: Sequence[LayerCost]) -> TwoCores | None:
    """Of a plan on a board with a cost table; None where no layer is in halves.

    Args:
        costs: of codegen.cost.estimate.estimate.
    """
    if plan.cores == 1 or not board.cost_table:
        return None
    core = core_of(board, load_table(board.cost_table).cycles_per_instruction)
    single, elapsed = total(cost.alone for cost in costs), total(cost.milliseconds for cost in costs)
    assert single is not None
    assert elapsed is not None  # each cost has both
    whole = sum(cost.alone.middle for cost in costs if not cost.per_core) / single.middle
    first = sum(cost.per_core[0] if cost.per_core else cost.instructions for cost in costs)
    second = sum(cost.per_core[1] for cost in costs if cost.per_core)
    return TwoCores(
        divided=sum(bool(cost.per_core) for cost in costs),
        instructions=(first, second),
        one_core=single,
        speedup=single.middle / elapsed.middle,
        alone=whole,
        bound=1 / (whole + (1 - whole) / 2),
        handover_cycles=core.handover_cycles,
        handover_source=core.handover_source,
    )
