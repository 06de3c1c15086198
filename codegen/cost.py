"""Instructions and milliseconds of each layer, from a table of what the kernels cost on a core.

`python -m codegen.cost fit COUNTS.json -o TABLE.json` fits a table to counts measured under an emulator;
`python -m codegen.cost show TABLE.json COUNTS.json` prints how well a table meets counts.

COUNTS.json: {"source": "how they were counted", "runs": [{"model": "path/to.tflite", "layers":
[{"name": "00 CONV_2D", "instructions": 123}, ...]}]}, one entry a layer of the optimised graph; paths
are relative to the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.board import Board
from codegen.errors import BoardError, DataError
from codegen.graph import Graph
from codegen.memory.plan import Plan

TABLES = Path(__file__).resolve().parent / "cost_tables"
LABEL = "estimate, uncalibrated"
"""Stands beside every millisecond: instructions are counted or fitted, cycles are assumed."""

FEATURES = ("macs", "outputs", "patches", "inputs", "layer")
"""What a kernel's instructions are a sum of: multiply-accumulates, elements written, input values
gathered for all windows (macs / output channels), elements read, and 1 a layer."""

CYCLES = {
    "cycles_per_instruction": 1.06,
    "cycles_source": (
        "published 380 ms for person_detect with ESP-NN on an ESP32 at 240 MHz, divided by its 86.0 M "
        "instructions counted on the ESP32-class core"
    ),
}
"""Default of a fitted table: 380 ms * 240 MHz / 86.0 M instructions."""


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs on a board.

    Attributes:
        instructions: from the cost table; 0 for a layer without code.
        milliseconds: instructions * cycles per instruction / clock; read LABEL beside it.
        fitted: False where the table has no entry for the kernel and its average stood in.
    """

    instructions: float
    milliseconds: float
    fitted: bool


@dataclass(frozen=True)
class CostTable:
    """One file of codegen/cost_tables.

    Attributes:
        name: file stem.
        measured: False while the numbers are a guess that no count stands behind.
        source: how the instructions were counted.
        cycles_per_instruction, cycles_source: and where that figure comes from.
        kernels: kernel function -> feature -> instructions a unit.
        average: the same for kernels without an entry.
    """

    name: str
    measured: bool
    source: str
    cycles_per_instruction: float
    cycles_source: str
    kernels: Mapping[str, Mapping[str, float]]
    average: Mapping[str, float]

    def instructions(self, function: str, features: Mapping[str, float]) -> float:
        """Instructions of one call."""
        weights = self.kernels.get(function, self.average)
        return sum(weights.get(name, 0.0) * value for name, value in features.items())


def load_table(name: str) -> CostTable:
    """A table by the name that board.toml gives.

    Raises:
        BoardError: there is no such table, or it can't be read.
    """
    path = TABLES / f"{name}.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
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


def estimate(plan: Plan, board: Board) -> list[LayerCost]:
    """Cost of each layer of a plan on a board.

    Raises:
        BoardError: the board names a cost table that does not exist.
    """
    if not board.cost_table:
        return [LayerCost(0.0, 0.0, False) for _ in plan.graph.ops]
    table, costs = load_table(board.cost_table), []
    for position, op in enumerate(plan.graph.ops):
        call = op.render(plan.graph)
        if call is None:
            costs.append(LayerCost(0.0, 0.0, True))
            continue
        count = table.instructions(call.function, layer_features(plan.graph, position))
        milliseconds = 1000 * count * table.cycles_per_instruction / board.clock_hz
        costs.append(LayerCost(count, milliseconds, call.function in table.kernels))
    return costs


def layer_features(graph: Graph, position: int) -> dict[str, float]:
    """The FEATURES of one layer."""
    op = graph.ops[position]
    macs, outputs = op.macs(graph), op.output_elements(graph)
    channels = graph.tensor(op.outputs[0]).shape[-1] if graph.tensor(op.outputs[0]).shape else 1
    inputs = sum(graph.tensor(t).elements for t in op.inputs if t >= 0 and not graph.tensor(t).is_constant)
    values = (macs, outputs, macs / channels, inputs, 1)
    return dict(zip(FEATURES, map(float, values), strict=True))


def fit(counts: Mapping[str, Any], folder: Path, cycles: Mapping[str, Any] = CYCLES) -> dict[str, Any]:
    """A cost table (as JSON) fitted to counts, kernel by kernel: non-negative least squares.

    A layer weighs by the inverse root of its count: large layers matter more, small ones are not lost.

    Args:
        counts: content of COUNTS.json.
        folder: where its model paths start.
        cycles: cycles_per_instruction and cycles_source of the table.
    Raises:
        DataError: the counts do not belong to the models.
    """
    import numpy as np
    from scipy.optimize import nnls

    samples = _samples(counts, folder)

    def weights(rows: list[tuple[dict[str, float], float]]) -> dict[str, float]:
        matrix = np.array([[row[name] / count**0.5 for name in FEATURES] for row, count in rows])
        size = matrix.max(axis=0)
        size[size == 0] = 1.0
        solution, _ = nnls(matrix / size, np.array([count**0.5 for _, count in rows]))
        return {n: float(f"{v:.6g}") for n, v in zip(FEATURES, solution / size, strict=True) if v > 0}

    kernels = {name: weights(rows) for name, rows in sorted(samples.items())}
    errors = {
        name: round(100 * max(abs(_total(kernels[name], row) / count - 1) for row, count in rows), 1)
        for name, rows in sorted(samples.items())
    }
    return {
        "measured": True,
        "source": str(counts.get("source", "")),
        **cycles,
        "kernels": kernels,
        "average": weights([row for rows in samples.values() for row in rows]),
        "layers_fitted": {name: len(rows) for name, rows in sorted(samples.items())},
        "worst_layer_error_percent": errors,
    }


def _total(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def _samples(counts: Mapping[str, Any], folder: Path) -> dict[str, list[tuple[dict[str, float], float]]]:
    """Kernel function -> (features, instructions) of every counted layer."""
    from codegen.passes import optimize
    from codegen.tflite_reader import read_model

    samples: dict[str, list[tuple[dict[str, float], float]]] = {}
    for run in counts["runs"]:
        graph = optimize(read_model(folder / run["model"]))
        positions = {graph.layer_name(i): i for i in range(len(graph.ops))}
        if sorted(layer["name"] for layer in run["layers"]) != sorted(positions):
            raise DataError("the counted layers are not those of the model", run["model"], "Count again.")
        for layer in run["layers"]:
            position, count = positions[layer["name"]], float(layer["instructions"])
            call = graph.ops[position].render(graph)
            if call is not None and count > 0:
                samples.setdefault(call.function, []).append((layer_features(graph, position), count))
    if not samples:
        raise DataError("the counts hold no layer", "counts", "Count at least one model.")
    return samples


def main(arguments: list[str] | None = None) -> int:
    """Command line of `python -m codegen.cost`."""
    parser = argparse.ArgumentParser(prog="python -m codegen.cost", description="Fit or show a cost table.")
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit", help="fit a table to counted instructions")
    fitting.add_argument("counts", type=Path)
    fitting.add_argument("-o", "--output", type=Path, required=True)
    fitting.add_argument("--cpi", type=float, help="cycles per instruction, where it is not the ESP32's")
    fitting.add_argument("--cpi-source", default="", help="where that figure comes from")
    showing = commands.add_parser("show", help="compare a table with counted instructions")
    showing.add_argument("table", type=Path)
    showing.add_argument("counts", type=Path)
    options = parser.parse_args(arguments)
    counts = json.loads(options.counts.read_text(encoding="utf-8"))
    if options.command == "fit":
        if (options.cpi is None) != (options.cpi_source == ""):
            parser.error("--cpi and --cpi-source belong together")
        cycles = CYCLES
        if options.cpi is not None:
            cycles = {"cycles_per_instruction": options.cpi, "cycles_source": options.cpi_source}
        table = fit(counts, options.counts.parent, cycles)
        temporary = options.output.with_suffix(".tmp")
        temporary.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
        temporary.replace(options.output)
    else:
        table = json.loads(options.table.read_text(encoding="utf-8"))
    for name, rows in sorted(_samples(counts, options.counts.parent).items()):
        weights = table["kernels"].get(name, table["average"])
        counted, modelled = sum(c for _, c in rows), sum(_total(weights, row) for row, _ in rows)
        print(f"{name}: {len(rows)} layers, {counted:,.0f} counted, {modelled:,.0f} modelled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
