"""Instructions and milliseconds of each layer, from a table of what the kernels cost on a core.

A table of codegen/cost/tables is fitted to instructions counted under an emulator (codegen/cost/fit.py);
codegen/cost/cycles.py makes cycles of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codegen.board import Board
from codegen.cost.cycles import Core, Cycles, core_of
from codegen.cost.features import ANY, contexts, half_features, layer_features, wider
from codegen.cost.time_range import UNCALIBRATED, Spread, TimeRange
from codegen.errors import BoardError
from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.memory.outside import moved_bytes
from codegen.memory.plan import Plan
from codegen.plain_text import parse_json

TABLES = Path(__file__).resolve().parent / "tables"
LABEL = "estimate, uncalibrated"
"""Stands beside every millisecond: instructions are counted or fitted, cycles are a model's."""

NOTHING = TimeRange(0.0, 0.0, 0.0)
"""Milliseconds of a layer without code."""

Weights = Mapping[str, float]
"""Feature -> instructions a unit."""


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs on a board.

    Attributes:
        instructions: from the cost table; 0 for a layer without code. Of both cores, where two compute it.
        milliseconds: cycles / clock, with the range that they stand for; read the label beside it.
        fitted: False where the table has no entry for the kernel and its average stood in.
        cycles: what they are a sum of; None where a calibration gives them as a whole.
        per_core: the instructions of each core, where two compute it.
        alone: milliseconds of the same kernel on one core.
    """

    instructions: float
    milliseconds: TimeRange
    fitted: bool
    cycles: Cycles | None
    per_core: tuple[float, ...] = ()
    alone: TimeRange = NOTHING

    @property
    def longest(self) -> float:
        """Instructions from the layer's start to its end."""
        return max(self.per_core, default=self.instructions)


@dataclass(frozen=True)
class CostTable:
    """One file of codegen/cost/tables.

    Attributes:
        name: file stem.
        measured: False while the numbers are a guess that no count stands behind.
        source: how the instructions were counted.
        cycles_per_instruction, cycles_source: to issue one, without what it waits for; where that comes from.
        kernels: kernel function -> context (codegen.cost.features) -> weights; ANY stands for the contexts
            that have too few counts of their own.
        average: the weights of kernels without an entry.
    """

    name: str
    measured: bool
    source: str
    cycles_per_instruction: float
    cycles_source: str
    kernels: Mapping[str, Mapping[str, Weights]]
    average: Weights

    def instructions(self, function: str, context: str, features: Mapping[str, float]) -> float:
        """Instructions of one call."""
        return weigh(weights_for(self.kernels, self.average, function, context), features)


@dataclass(frozen=True)
class Calibration:
    """Cycles per instruction that a real board's microseconds show, waiting, flash and all.

    Attributes:
        date: of the measurement, "2026-11-20".
        layers: how many layers stand behind it.
        overall: cycles per instruction of all of them together.
        kernels: the same of each kernel function that had enough of them.
        spread: how far the layers' measured times lie from what these figures make of them.
    """

    date: str
    layers: int
    overall: float
    kernels: Mapping[str, float]
    spread: Spread

    @property
    def label(self) -> str:
        """Stands beside milliseconds in place of LABEL."""
        return f"calibrated on {self.date} with {self.layers} layers"

    def cycles_per_instruction(self, function: str) -> float:
        """Of one kernel."""
        return self.kernels.get(function, self.overall)


def weights_for(
    kernels: Mapping[str, Mapping[str, Weights]], average: Weights, function: str, context: str
) -> Weights:
    """The weights of a kernel where it is compiled in this context."""
    entry = kernels.get(function)
    return average if entry is None else next(entry[key] for key in wider(context) if key in entry)


def weigh(weights: Weights, features: Mapping[str, float]) -> float:
    """The weighted sum of features."""
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def load_table(name: str) -> CostTable:
    """A table by the name that board.toml gives.

    Raises:
        BoardError: there is no such table, or it can't be read.
    """
    path = TABLES / f"{name}.json"
    try:
        facts = parse_json(path.read_text(encoding="utf-8"))
        if any(ANY not in weights for weights in facts["kernels"].values()):
            raise ValueError("a kernel has no weights for any context: fit it again")
        return CostTable(
            name,
            bool(facts["measured"]),
            str(facts["source"]),
            float(facts["cycles_per_instruction"]),
            str(facts["cycles_source"]),
            facts["kernels"],
            facts["average"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        known = ", ".join(sorted(p.stem for p in TABLES.glob("*.json")))
        raise BoardError(
            f"no cost table {name!r} ({error})", "board.toml, cost_table", f"Known: {known}."
        ) from error


def table_hash(name: str) -> str:
    """SHA-256 of a table's file, in hexadecimal."""
    return hashlib.sha256((TABLES / f"{name}.json").read_bytes()).hexdigest()


def estimate(
    plan: Plan, board: Board, calibration: Calibration | None = None, in_psram: bool = False
) -> list[LayerCost]:
    """Cost of each layer of a plan on a board.

    Args:
        calibration: the board's own cycles per instruction, where they were measured: they take the place of
            the model's.
        in_psram: the arena lies in PSRAM.
    Raises:
        BoardError: the board names a cost table that does not exist.
    """
    graph = plan.graph
    if not board.cost_table:
        return [LayerCost(0.0, NOTHING, False, None) for _ in graph.ops]
    table, costs = load_table(board.cost_table), []
    core = core_of(board, table.cycles_per_instruction)
    calls = [graph.call(op) for op in graph.ops]
    for position, (call, context) in enumerate(zip(calls, contexts(calls), strict=True)):
        moved, copied = moved_bytes(graph, position) if in_psram else 0, position in plan.copied
        layer = _Layer(table, core, board.clock_hz, calibration, moved, copied)
        costs.append(layer.cost(graph, position, call, context))
    return costs


@dataclass(frozen=True)
class _Layer:
    """What one layer's cost depends on besides the layer.

    Attributes:
        moved_bytes: of an arena in PSRAM.
        copied: its constants lie in RAM.
    """

    table: CostTable
    core: Core
    clock_hz: int
    calibration: Calibration | None
    moved_bytes: int
    copied: bool

    def cost(self, graph: Graph, position: int, call: KernelCall | None, context: str) -> LayerCost:
        """See LayerCost."""
        if call is None:
            return LayerCost(0.0, NOTHING, True, None)
        whole = self.table.instructions(call.function, context, layer_features(graph, position, call))
        counts: tuple[float, ...] = ()
        if call.halves is not None:
            work = graph.ops[position].work(graph)
            first, second = (
                self.table.instructions(call.function, context, features)
                for features in half_features(work, call)
            )
            counts = first, second
        fitted, total = call.function in self.table.kernels, sum(counts) if counts else whole
        if self.calibration is not None:
            each = self.calibration.cycles_per_instruction(call.function)
            elapsed = self._time(max(counts, default=whole) * each)
            return LayerCost(total, elapsed, fitted, None, counts, self._time(whole * each))
        alone = self.core.cycles(call, whole, self.moved_bytes, self.copied)
        cycles = alone
        if counts:
            cycles = self.core.elapsed(call, counts, self.moved_bytes, self.copied)
        return LayerCost(total, self._time(cycles.total), fitted, cycles, counts, self._time(alone.total))

    def _time(self, cycles: float) -> TimeRange:
        spread = UNCALIBRATED if self.calibration is None else self.calibration.spread
        return spread.around(1000 * cycles / self.clock_hz)
