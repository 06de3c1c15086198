"""Fits a cost table to counted instructions, kernel by kernel: non-negative least squares of relative errors.

`python -m codegen.cost.fit fit COUNTS.json -o TABLE.json` writes a table from counts of one's own models
(`tinyface bench --counts`); `python -m codegen.cost.fit show TABLE.json COUNTS.json` prints how well a table
meets counts. The tables of this repository are fitted by `python -m tests.cost`.

COUNTS.json: {"source": "how they were counted", "runs": [{"model": "path/to.tflite", "layers":
[["00 CONV_2D", "tfk_conv_2d_s8", 123], ...]}]}, one entry a layer of the optimised graph: name, kernel (""
where no code is needed), instructions; paths are relative to the file. A run with "forced", a list of
kernels, is of a build whose layers took those where they could: of it, they alone are fitted to.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codegen.cores import CORES, PLAIN
from codegen.cost.estimate import Weights, weigh, weights_for
from codegen.cost.features import ANY, FEATURES, contexts, layer_features, wider
from codegen.errors import DataError, TinyfaceError
from codegen.graph import Graph, Op
from codegen.lowering.kernel import kernels_of
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target
from codegen.ops.registry import REGISTRY
from codegen.plain_text import parse_json
from codegen.whole_file import write_whole

ESP32_CYCLES = {
    "cycles_per_instruction": 1.0,
    "cycles_source": (
        "one to issue an instruction: esp-dsp's float dot product takes 1,047 published cycles for 1,037 "
        "counted instructions; what it waits for, taken branches and missed lines of flash come on top "
        "(docs/performance.md)"
    ),
}
"""Of codegen/cost/cores/esp32.json, which holds the rest."""

ASSUMED_CYCLES = {
    "cycles_per_instruction": 1.0,
    "cycles_source": (
        "assumed one cycle an instruction: the emulator counts instructions and knows no wait states"
    ),
}

SMALL = 2000.0
"""Instructions. The error of a layer weighs by 1 / (count + SMALL): relative for all but small layers."""

USUAL_ERROR = 0.03
"""A larger relative error counts linearly, not squared: compilers have their moods."""

ROUNDS = 8
"""Of weighing errors anew."""

FEW = 8
"""A context with fewer counts has no weights of its own; a kernel with fewer is fitted to SIMPLE features."""

SIMPLE = ("layer", "macs", "outputs", "inputs")


@dataclass(frozen=True)
class Sample:
    """One counted layer.

    Attributes:
        model, layer: where it was counted.
        function, context, features: see codegen.cost.features.
        instructions: counted.
        forced: the kernels that the run's layers took where they could; () for a run as layers choose.
    """

    model: str
    layer: str
    function: str
    context: str
    features: Mapping[str, float]
    instructions: float
    forced: tuple[str, ...] = ()

    @property
    def fitted(self) -> bool:
        """A run of forced kernels counts for them alone: the others were counted where none was forced."""
        return not self.forced or self.function in self.forced


def cycles_of(table: str) -> Mapping[str, Any]:
    """Cycles per instruction of a table of this repository, and where the figure comes from."""
    return ESP32_CYCLES if table == "esp32" else ASSUMED_CYCLES


def samples_of(counts: Mapping[str, Any], graph_of: Callable[[str], Graph]) -> list[Sample]:
    """The counted layers.

    Args:
        counts: content of COUNTS.json.
        graph_of: the optimised graph of a "model" of it.
    Raises:
        DataError: the counts do not belong to the models, or to the kernels that they have now.
    """
    found: list[Sample] = []
    for run in counts["runs"]:
        name, forced = run["model"], tuple(run.get("forced", ()))
        counted = {layer: (kernel, count) for layer, kernel, count in run["layers"]}
        graph = replace(graph_of(name), target=Target(_core_of(kernel for kernel, _ in counted.values())))
        layers = [graph.layer_name(i) for i in range(len(graph.ops))]
        if counted.keys() != set(layers):
            raise DataError("the counted layers are not those of the model", name, "Count again.")
        rows = [counted[layer] for layer in layers]
        calls = [_call_of(graph, op, kernel, name) for op, (kernel, _) in zip(graph.ops, rows, strict=True)]
        for position, (call, context) in enumerate(zip(calls, contexts(calls), strict=True)):
            count = rows[position][1]
            if call is not None and count > 0:
                features = layer_features(graph, position, call)
                layer = layers[position]
                found.append(Sample(name, layer, call.function, context, features, float(count), forced))
    if not found:
        raise DataError("the counts hold no layer", "counts", "Count at least one model.")
    return found


def _core_of(kernels: Iterable[str]) -> str:
    """A core that runs all of them: PLAIN where each runs anywhere."""
    known = {kernel.function: kernel.core for kind in REGISTRY.classes for kernel in kernels_of(kind)}
    return max(
        (known.get(kernel, PLAIN) for kernel in kernels), key=lambda core: len(CORES[core]), default=PLAIN
    )


def _call_of(graph: Graph, op: Op, kernel: str, model: str) -> KernelCall | None:
    """The call of a counted kernel.

    Raises:
        DataError: it does not compute the layer.
    """
    lowered = graph.lowered(op)
    call = lowered.call_of(kernel)
    if (call is None) != (kernel == "" and not lowered.candidates):
        raise DataError("the counted kernels are not those of the model", model, "Count again.")
    return call


def fit(samples: Sequence[Sample], source: str, cycles: Mapping[str, Any]) -> dict[str, Any]:
    """A cost table (as JSON).

    Args:
        source: how the instructions were counted.
        cycles: cycles_per_instruction and cycles_source of the table.
    """
    samples = [sample for sample in samples if sample.fitted]
    kernels = {name: _contexts(rows) for name, rows in sorted(_by_kernel(samples).items())}
    return {
        "measured": True,
        "source": source,
        **cycles,
        "kernels": kernels,
        "average": _solve([sample for sample in samples if not sample.forced], SIMPLE),
        "layers_fitted": {name: len(rows) for name, rows in sorted(_by_kernel(samples).items())},
    }


def predict(table: Mapping[str, Any], sample: Sample) -> float:
    """Instructions of a layer by a table as JSON."""
    weights = weights_for(table["kernels"], table["average"], sample.function, sample.context)
    return weigh(weights, sample.features)


def _by_kernel(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.function, []).append(sample)
    return found


def _contexts(samples: Sequence[Sample]) -> dict[str, Weights]:
    """Weights of one kernel by context."""
    found = {ANY: _solve(samples, FEATURES if len(samples) >= FEW else SIMPLE)}
    for context in sorted({key for sample in samples for key in wider(sample.context)}):
        rows = [sample for sample in samples if context in wider(sample.context)]
        if FEW <= len(rows) < len(samples):
            found[context] = _solve(rows, FEATURES)
    return found


def _solve(samples: Sequence[Sample], features: Sequence[str]) -> Weights:
    """Every model weighs the same: the layers of one are compiled together, and often of one shape."""
    import numpy as np
    from scipy.optimize import nnls

    counts = np.array([sample.instructions for sample in samples])
    layers = Counter(sample.model for sample in samples)
    alike = np.array([layers[sample.model] for sample in samples])
    importance = 1 / (counts + SMALL) / np.sqrt(alike)
    values = np.array([[sample.features.get(name, 0.0) for name in features] for sample in samples])
    size = values.max(axis=0)
    size[size == 0] = 1.0
    trust = np.ones(len(counts))
    for _ in range(ROUNDS):
        weight = importance * trust
        solution, _ = nnls(values / size * weight[:, None], counts * weight)
        errors = np.abs(values / size @ solution - counts) / (counts + SMALL)
        trust = np.sqrt(np.minimum(1, USUAL_ERROR / np.maximum(errors, USUAL_ERROR)))
    return {n: float(f"{v:.6g}") for n, v in zip(features, solution / size, strict=True) if v > 0}


def write_table(table: Mapping[str, Any], file: Path) -> None:
    """Writes a table, whole or not at all."""
    write_whole(file, (json.dumps(table, indent=2) + "\n").encode())


def describe(table: Mapping[str, Any], samples: Sequence[Sample]) -> list[str]:
    """A line a kernel: how many layers, counted and modelled instructions, worst layer."""
    lines = []
    for name, rows in sorted(_by_kernel([sample for sample in samples if sample.fitted]).items()):
        counted, modelled = sum(row.instructions for row in rows), sum(predict(table, row) for row in rows)
        worst = max(rows, key=lambda row: abs(predict(table, row) / row.instructions - 1))
        error = 100 * (predict(table, worst) / worst.instructions - 1)
        lines.append(
            f"{name}: {len(rows)} layers, {counted:,.0f} counted, {modelled:,.0f} modelled; worst "
            f"{error:+.1f} % of {worst.instructions:,.0f} in {worst.model}, {worst.layer}"
        )
    return lines


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m codegen.cost.fit", description="Fit or show a cost table."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit", help="fit a table to counted instructions")
    fitting.add_argument("counts", type=Path)
    fitting.add_argument("-o", "--output", type=Path, required=True)
    fitting.add_argument("--cpi", type=float, help="cycles per instruction, where it is not one")
    fitting.add_argument("--cpi-source", default="", help="where that figure comes from")
    showing = commands.add_parser("show", help="compare a table with counted instructions")
    showing.add_argument("table", type=Path)
    showing.add_argument("counts", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "fit" and (options.cpi is None) != (options.cpi_source == ""):
        parser.error("--cpi and --cpi-source belong together")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Command line of `python -m codegen.cost.fit`; exit status 2 for what the user can mend."""
    from codegen.passes import optimize
    from codegen.tflite.reader import read_model

    options = _arguments(arguments)
    try:
        counts = parse_json(options.counts.read_text(encoding="utf-8"))
        folder = options.counts.parent
        samples = samples_of(counts, lambda model: optimize(read_model(folder / model)))
        if options.command == "fit":
            cycles = cycles_of(options.output.stem)
            if options.cpi is not None:
                cycles = {"cycles_per_instruction": options.cpi, "cycles_source": options.cpi_source}
            table = fit(samples, str(counts["source"]), cycles)
            write_table(table, options.output)
        else:
            table = parse_json(options.table.read_text(encoding="utf-8"))
    except TinyfaceError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{options.counts}: it can't be used ({error})", file=sys.stderr)
        return 2
    print("\n".join(describe(table, samples)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
