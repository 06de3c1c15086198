"""`python -m tests.cost BOARD`: counts all models of tests/cost/models.py on a board and fits its cost table.

Writes codegen/cost/tables/<table>.json and tests/cost/counts/<table>.json, in three or four minutes a board.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.progress import track

from codegen.board import Board
from codegen.cost.estimate import TABLES
from codegen.cost.fit import cycles_of, describe, fit, samples_of, write_table
from codegen.errors import TinyfaceError, ToolError
from codegen.lowering.kernel import kernels_of
from codegen.lowering.target import Target
from codegen.memory.options import PlanOptions
from codegen.ops.registry import REGISTRY
from host_tools.boards import load_board
from host_tools.measure.bench import flags_of, measure
from host_tools.measure.cost_counts import source
from host_tools.measure.counting import count_layers, emulator_of
from host_tools.models import ModelRef, resolve
from host_tools.project.toolchains import find_toolchain, version_of
from host_tools.project.write import plan_of
from host_tools.terminal.console import ERR
from tests.cost.check import leave_out, totals_of
from tests.cost.forced import NONE_FORCED, Forced, rounds_of
from tests.cost.models import REAL, graph_of, made_models, real_models

COUNTS = Path(__file__).resolve().parent / "counts"
ESP32_CLASS = "de233_fpu"
"""The variant of qemu-xtensa whose counts are the ESP32's."""


def count_all(
    board: Board,
    models: Mapping[str, Callable[[], bytes]],
    track: Callable[[Iterable[str]], Iterable[str]],
    kept: Sequence[Mapping[str, Any]] = (),
    forced: bool = True,
) -> dict[str, Any]:
    """Counts of models on an emulated board.

    Args:
        models: name -> function that gives the bytes.
        track: wraps the names to show progress.
        kept: runs that are taken as they were counted before.
        forced: False leaves out the runs with forced kernels.
    Returns:
        COUNTS.json with names for paths; the REAL models have a "total", of the unmarked build. Each model
        that can take kernels for the board's core alone is counted again with these, in each round that
        forces one upon a layer which has not met it yet.
    Raises:
        ToolError: a compiler or emulator is missing, or it is the one of another core.
        BoardError: a count does not repeat, or a board answers wrong bytes.
    """
    toolchain = find_toolchain(board.toolchain)
    if board.cost_table == "esp32" and toolchain.variant != ESP32_CLASS:
        raise ToolError(
            f"its core {toolchain.variant} is not the ESP32's",
            board.name,
            "Name the toolchain in TINYFACE_XTENSA.",
        )
    runs: list[Mapping[str, Any]] = []
    known = {(run["model"], tuple(run.get("forced", ()))): run for run in kept}
    untold = replace(board, cost_table="")  # the table may be broken: it is about to be written
    with tempfile.TemporaryDirectory(prefix="tinyface-cost-") as place:
        for name in track(list(models)):
            file = Path(place) / f"{name}.tflite"
            file.write_bytes(models[name]())
            ref = resolve(str(file))
            met: set[tuple[str, str]] = set()
            for taken in (NONE_FORCED, *(rounds_of(board.core) if forced else ())):
                run = known.get((name, taken.functions))
                if run is None and (not taken.functions or not _taken(ref, untold, taken) <= met):
                    of = {"forced": list(taken.functions)} if taken.functions else {}
                    run = {"model": name, **of, **_run(name, ref, untold, taken.options())}
                if run is not None:
                    met |= {(layer, kernel) for layer, kernel, _ in run["layers"] if kernel}
                    runs.append(run)
    shown = [name for name in dict.fromkeys((*REAL, *models)) if name in models]
    return {
        "source": source(board.name, emulator_of(board), version_of(toolchain.cc), flags_of(), shown),
        "runs": runs,
    }


def without(runs: Iterable[Mapping[str, Any]], kernels: Sequence[str], core: str) -> list[Mapping[str, Any]]:
    """Runs that no such kernel took part in, under the kernels that are forced today.

    Args:
        kernels: C functions.
        core: the board's.
    """
    rounds = {forced.functions for forced in rounds_of(core)}
    kinds = {kernel.function: kernel.kinds for kind in REGISTRY.classes for kernel in kernels_of(kind)}
    found: list[Mapping[str, Any]] = []
    for run in runs:
        old = set(run.get("forced", ()))
        same = [today for today in rounds if old == set(today)]
        forced = same or [today for today in rounds if old <= set(today)] if old else [()]
        if len(forced) != 1 or any(kernel in kernels for _, kernel, _ in run["layers"]):
            continue
        added = set(forced[0]) - old if old else set()
        met = {kind for function in added for kind in kinds[function]}
        touched = any(layer.split()[-1] in met for layer, _, _ in run["layers"])
        if not (touched and _may_take(run["model"], core, added)):
            of = {"forced": list(forced[0])} if old else {}
            rest = {key: value for key, value in run.items() if key not in ("model", "forced")}
            found.append({"model": run["model"], **of, **rest})
    return found


def _may_take(model: str, core: str, functions: Collection[str]) -> bool:
    """True where one of these kernels may compute a layer of a model."""
    graph = replace(graph_of(model), target=Target(core))
    return any(
        candidate.function in functions for op in graph.ops for candidate in graph.lowered(op).candidates
    )


def _taken(ref: ModelRef, board: Board, forced: Forced) -> set[tuple[str, str]]:
    """The layers that take one of these kernels when they are forced to, and which."""
    graph = plan_of(ref, board, forced.options()).graph
    calls = [(graph.layer_name(number), graph.call(op)) for number, op in enumerate(graph.ops)]
    return {
        (layer, call.function)
        for layer, call in calls
        if call is not None and call.function in forced.functions
    }


def _run(name: str, ref: ModelRef, board: Board, options: PlanOptions) -> dict[str, Any]:
    """One entry of "runs"."""
    if name not in REAL:
        layers = count_layers(ref, board, options)
        return {"model": name, "layers": [list(layer) for layer in layers]}
    bench = measure(ref, board, options=options)
    rows = [[layer.name, layer.kernel, layer.instructions] for layer in bench.layers]
    return {"model": name, "total": bench.instructions, "layers": rows}


def write_counts(counts: Mapping[str, Any], file: Path) -> None:
    """One line a layer, so that a difference can be read."""
    runs = []
    for run in counts["runs"]:
        facts = {key: value for key, value in run.items() if key != "layers"}
        rows = ",\n  ".join(json.dumps(row) for row in run["layers"])
        runs.append(f'{json.dumps(facts)[:-1]}, "layers": [\n  {rows}]}}')
    listed = ",\n".join(runs)
    text = f'{{"source": {json.dumps(counts["source"])}, "runs": [\n{listed}]}}\n'
    temporary = file.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def report(counts: Mapping[str, Any]) -> list[str]:
    """How tables that never saw a REAL model meet it."""
    samples, lines = samples_of(counts, graph_of), []
    for (model, forced), total in totals_of(counts).items():
        lines.append(f"fitted without it: {leave_out(samples, [model], model, total, forced)}")
        lines.append(f"without the real:  {leave_out(samples, REAL, model, total, forced)}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Exit status 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m tests.cost", description=__doc__)
    parser.add_argument("board", help="an emulated board; its board.toml names the table")
    parser.add_argument("--keep", action="store_true", help="fit again to the counts that are there")
    parser.add_argument(
        "--only", nargs="+", metavar="KERNEL", help="count again what these take part in: the rest is kept"
    )
    options = parser.parse_args(arguments)
    try:
        board = load_board(options.board)
        emulator_of(board)
        file = COUNTS / f"{board.cost_table}.json"
        if options.keep:
            counts = json.loads(file.read_text(encoding="utf-8"))
        else:
            models = {**made_models(), **real_models()}
            missing = [name for name in REAL if name not in models]
            if missing:
                print(
                    f"left out: {', '.join(missing)} (TINYFACE_DATA names no folder with them)",
                    file=sys.stderr,
                )
            before = json.loads(file.read_text(encoding="utf-8"))["runs"] if options.only else []
            counts = count_all(
                board,
                models,
                lambda names: track(names, board.name, console=ERR, disable=not ERR.is_terminal),
                without(before, options.only or (), board.core),
            )
            write_counts(counts, file)
        samples = samples_of(counts, graph_of)
        table = fit(samples, counts["source"], cycles_of(board.cost_table))
        write_table(table, TABLES / f"{board.cost_table}.json")
    except TinyfaceError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*describe(table, samples), *report(counts)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
