"""What a board's cost table says of kernels before one is chosen: the seam between choice and cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from codegen.board import Board
from codegen.cores import GOALS
from codegen.cost.cycles import Core, core_named
from codegen.cost.estimate import load_table
from codegen.cost.features import ANY, FORM, work_features
from codegen.cost.memory import memories_of
from codegen.errors import OptionError
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target, Work
from codegen.memory.options import PlanOptions
from codegen.memory_report import ARENA_GUARD_BYTES, internal_budget

STANDS_IN = {"xtensa-mac16": "esp32"}
"""Core -> the table that kernels are chosen by for boards without one of their own: an ESP32-S3 takes the
same instructions as an ESP32. Of its milliseconds that says nothing."""

LOOPS = {
    "tfk_conv_2d_short_strips_s8": "tfk_conv_2d_strips_s8",
    "tfk_conv_2d_shortest_strips_s8": "tfk_conv_2d_strips_s8",
    "tfk_depthwise_conv_2d_thin_bands_s8": "tfk_depthwise_conv_2d_bands_s8",
    "tfk_depthwise_conv_2d_thin_5x5_s8": "tfk_depthwise_conv_2d_5x5_s8",
}
"""Kernels with little scratch -> the one whose loops they run. Of one layer they all wait for the same loads;
what is counted of each is the mean of other layers, and not what tells them apart."""


@dataclass(frozen=True)
class TablePrices:
    """Prices of a table of codegen/cost/tables.

    Attributes:
        name: of the table.
        chip, clock_hz, flash_mode: whose flash is read, and of the board; "", 0 and "": none is.
        psram: whether there is memory outside internal RAM for an arena.
    """

    name: str
    chip: str = ""
    clock_hz: int = 0
    flash_mode: str = ""
    psram: bool = False

    def price(self, call: KernelCall, work: Work) -> float | None:
        """Predicted cycles of one run, however often the kernel's shape occurs.

        Missed lines of flash are left out: its tables are not made yet. None for a kernel that the table does
        not know.

        Raises:
            BoardError: there is no such table.
        """
        return _price(self.name, call.function, tuple(call.params.items()), work)

    def elapsed(self, call: KernelCall, work: Work) -> float | None:
        """Predicted cycles from start to end, missed lines of flash included.

        Raises:
            BoardError: there is no such table.
        """
        core = _core(self.name, self.chip, self.clock_hz, self.flash_mode)
        if call.halves is None:
            count = _count(self.name, call.function, tuple(call.params.items()), work)
            return None if count is None else core.cycles(_looping(call), count).total
        counts = [
            _count(self.name, call.function, tuple(half.params.items()), work.part(half.shape))
            for half in call.halves.both
        ]
        known = [count for count in counts if count is not None]
        return core.elapsed(_looping(call), known).total if len(known) == len(counts) else None

    def outside(self, moved: int) -> float:
        """Predicted cycles of waiting for bytes of an arena in PSRAM; without any an arena can't lie there.

        Raises:
            BoardError: there is no such table.
        """
        if not self.psram:
            return math.inf
        core = _core(self.name, self.chip, self.clock_hz, self.flash_mode)
        return core.psram_cycles(moved)


def _looping(call: KernelCall) -> KernelCall:
    """As if it waited as the kernel of its loops does."""
    return replace(call, function=LOOPS.get(call.function, call.function))


Fields = tuple[tuple[str, int | tuple[int, ...]], ...]


@lru_cache(maxsize=1 << 16)
def _price(name: str, function: str, params: Fields, work: Work) -> float | None:
    """Cycles without flash, None for an unknown kernel. Kept: a search for bands lowers many layers that
    differ in their place alone."""
    count = _count(name, function, params, work)
    if count is None:
        return None
    return _core(name, "", 0, "").cycles(_looping(_call(function, params)), count).total


def _call(function: str, params: Fields) -> KernelCall:
    """Without tables and tensors."""
    return KernelCall(header="", function=function, struct="", params=dict(params))


@lru_cache(maxsize=1 << 16)
def _count(name: str, function: str, params: Fields, work: Work) -> float | None:
    """Instructions, None for an unknown kernel. Kept as prices are."""
    table = _table(name)
    if function not in table.kernels:
        return None
    call = _call(function, params)
    context = f"{ANY}; {FORM}{call.params['row']}" if "row" in call.params else ANY
    return table.instructions(function, context, work_features(work, call))


_table = cache(load_table)


@cache
def _core(name: str, chip: str, clock_hz: int, flash_mode: str) -> Core:
    core = core_named(name, _table(name).cycles_per_instruction)
    return replace(core, clock_hz=clock_hz, memories=memories_of(chip, flash_mode))


def target_of(board: Board | None, goal: str = GOALS[0], cores: int = 1) -> Target:
    """What C for a board is generated for; plain C without one.

    Raises:
        OptionError: it has not as many cores, or nothing is known of what its layers cost.
    """
    if board is None:
        return Target(goal=goal)
    table = board.cost_table or STANDS_IN.get(board.core, "")
    if cores > 1 and (cores > board.cores or not table):
        raise OptionError(
            f"the board {board.name} has one core for layers",
            f"--cores {cores}",
            "Leave it out; `tinyface boards --json` tells the cores of each board.",
        )
    chip = board.chip if memories_of(board.chip) else table
    psram = board.memory.psram > 0
    prices = TablePrices(table, chip, board.clock_hz, board.flash.mode, psram) if table else None
    return Target(board.core, goal, prices, cores)


def aimed_at(board: Board | None, options: PlanOptions) -> PlanOptions:
    """The options for a board's core and prices; the goal is theirs, and prices where they have some."""
    cores, own = options.target.cores, options.target.prices
    target = target_of(board, options.optimize, cores)
    if board is not None and target.prices and (cores > 1 or board.memory.psram):
        options = replace(options, internal=internal_budget(board) - ARENA_GUARD_BYTES)
    return replace(options, target=target if own is None else replace(target, prices=own))


def targets_of(board: Board) -> tuple[Target, ...]:
    """One for each goal, and one for all cores."""
    one = tuple(target_of(board, goal) for goal in GOALS)
    return one if board.cores == 1 else (*one, target_of(board, cores=board.cores))
