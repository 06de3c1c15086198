"""The next cheaper option for the arena: what a report says of it, its time and its constants in RAM too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.board import Board
from codegen.cost.copies import copied_bytes
from codegen.cost.estimate import Calibration, estimate
from codegen.cost.time_range import TimeRange, total
from codegen.memory.options import PlannedOption, next_smaller
from codegen.memory.plan import Plan
from codegen.memory_report import arena_place


@dataclass(frozen=True)
class NextOption:
    """A way to a smaller arena.

    Attributes:
        flags: how to ask for it on the command line.
        arena_bytes, extra_macs, moved_bytes: see codegen.memory.options.Option.
        copied_bytes: RAM of constants that the board then copies from flash at start.
        milliseconds: of an inference then; None without a cost table.
    """

    flags: str
    arena_bytes: int
    extra_macs: int
    moved_bytes: int
    copied_bytes: int
    milliseconds: TimeRange | None


def next_option(
    options: Sequence[PlannedOption], plan: Plan, board: Board, calibration: Calibration | None = None
) -> NextOption | None:
    """The cheapest way to an arena that is smaller than a plan's; None where there is none.

    Args:
        options: their plans have the constants that are copied (codegen.cost.copies).
        board, calibration: as in codegen.cost.estimate.estimate.
    """
    cheapest = next_smaller([way.option for way in options], plan.arena_bytes)
    way = next((way for way in options if way.option is cheapest), None)
    if way is None:
        return None
    costs = estimate(way.plan, board, calibration, arena_place(way.plan, board) == "PSRAM")
    option = way.option
    return NextOption(
        flags=option.flags,
        arena_bytes=option.arena_bytes,
        extra_macs=option.extra_macs,
        moved_bytes=option.moved_bytes,
        copied_bytes=copied_bytes(way.plan),
        milliseconds=total(cost.milliseconds for cost in costs) if board.cost_table else None,
    )
