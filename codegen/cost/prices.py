"""What a board's cost table says of kernels before one is chosen: the seam between choice and cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from codegen.board import Board
from codegen.cores import GOALS
from codegen.cost.cycles import Core, core_named
from codegen.cost.estimate import load_table
from codegen.cost.features import ANY, FORM, work_features
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target, Work
from codegen.memory.options import PlanOptions

STANDS_IN = {"xtensa-mac16": "esp32"}
"""Core -> the table that kernels are chosen by for boards without one of their own: an ESP32-S3 takes the
same instructions as an ESP32. Of its milliseconds that says nothing."""


@dataclass(frozen=True)
class TablePrices:
    """Prices of a table of codegen/cost/tables.

    Attributes:
        name: of the table.
    """

    name: str

    def price(self, call: KernelCall, work: Work) -> float | None:
        """Predicted cycles of one run, however often the kernel's shape occurs.

        Missed lines of flash are left out: its tables are not made yet. None for a kernel that the table does
        not know.

        Raises:
            BoardError: there is no such table.
        """
        return _price(self.name, call.function, tuple(call.params.items()), work)


@lru_cache(maxsize=1 << 16)
def _price(
    name: str, function: str, params: tuple[tuple[str, int | tuple[int, ...]], ...], work: Work
) -> float | None:
    """See TablePrices.price. Kept: a search for bands lowers many layers that differ in their place alone."""
    table = _table(name)
    if function not in table.kernels:
        return None
    call = KernelCall(header="", function=function, struct="", params=dict(params), tables=(), inputs=())
    context = f"{ANY}; {FORM}{call.params['row']}" if "row" in call.params else ANY
    count = table.instructions(function, context, work_features(work, call))
    return _core(name).cycles(call, count).total


_table = cache(load_table)


@cache
def _core(name: str) -> Core:
    return core_named(name, _table(name).cycles_per_instruction)


def target_of(board: Board | None, goal: str = GOALS[0]) -> Target:
    """What C for a board is generated for; plain C without one."""
    if board is None:
        return Target(goal=goal)
    table = board.cost_table or STANDS_IN.get(board.core, "")
    return Target(board.core, goal, TablePrices(table) if table else None)


def aimed_at(board: Board | None, options: PlanOptions) -> PlanOptions:
    """The options for a board's core and prices; the goal is theirs, and prices where they have some."""
    target, own = target_of(board, options.optimize), options.target.prices
    return replace(options, target=target if own is None else replace(target, prices=own))


def targets_of(board: Board) -> tuple[Target, ...]:
    """One for each goal."""
    return tuple(target_of(board, goal) for goal in GOALS)
