"""`python -m tests.cost.waits`: counts what the kernels wait for, into codegen/cost/cores/esp32.json.

Its constants stay; "counted", "kernels" and "average" are written anew, from real models and MADE ones.
Their instructions stand in tests/cost/counts/esp32.json (made by `python -m tests.cost qemu-xtensa`).
With `--only KERNEL ...` these alone are counted, and all else stays.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.progress import track

from codegen.board import Board
from codegen.cost.cycles import CORES
from codegen.errors import TinyfaceError
from codegen.whole_file import write_whole
from host_tools.boards import load_board
from host_tools.measure.counting import emulator_of, make_flash
from host_tools.measure.waits import LATENCIES, count_waits
from host_tools.models import resolve
from host_tools.project.toolchains import find_toolchain, version_of
from host_tools.project.write import plan_of, write_project
from host_tools.terminal.console import ERR
from tests.cost.__main__ import COUNTS, ESP32_CLASS
from tests.cost.forced import Forced
from tests.cost.models import made_models, real_models

NAME = "esp32"
MADE = ("depthwise_other_0", "five_by_five_0", "elementwise_3", "pooling_1", "products_1", "transpose_conv")
"""Made models with most of the kernels that the real ones lack."""
LEAST = 2000
"""Instructions. Kernels with fewer in all take the average."""


def waits_of(
    model: bytes, board: Board, latencies: Mapping[str, int], forced: Sequence[str] = ()
) -> dict[str, Mapping[str, int]]:
    """Of each layer of a model, by its name.

    Args:
        forced: kernels that its layers take where they can; without any they take plain ones.
    """
    options = Forced(tuple(forced)).options()
    with tempfile.TemporaryDirectory(prefix="tinyface-waits-") as place:
        file = Path(place) / "model.tflite"
        file.write_bytes(model)
        ref = resolve(str(file))
        project = write_project(ref, board, "aot", Path(place) / "project", options=options).folder
        plan = plan_of(ref, board, options)
        found = count_waits(plan, board, make_flash(project, board, Path(place) / "flash.bin"), latencies)
    if found is None:
        raise SystemExit("the emulator takes no plugins here: qemu-plugin.h is missing")
    return {plan.graph.layer_name(n): layer for n, layer in enumerate(found)}


def shares(totals: Counter[str]) -> dict[str, float]:
    """Of counted sums: an instruction, to four digits."""
    count = totals["instructions"]
    waits = sum(totals[name] for name in LATENCIES)
    return {"waits": round(waits / count, 4), "taken": round(totals["taken"] / count, 4)}


def _met(run: Mapping[str, Any], only: Sequence[str]) -> bool:
    """True for a run that one of these kernels takes part in; for every run where there are none."""
    return not only or any(kernel in only for _, kernel, _ in run["layers"])


def main(arguments: list[str] | None = None) -> int:
    """Exit status 2 for what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m tests.cost.waits", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", metavar="KERNEL", default=(), help="count these; the rest is kept"
    )
    only = parser.parse_args(arguments).only
    board = replace(load_board("qemu-xtensa"), cost_table="")  # what it would read is about to be written
    toolchain = find_toolchain(board.toolchain)
    if toolchain.variant != ESP32_CLASS:
        print("its core is not the ESP32's: name the toolchain in TINYFACE_XTENSA", file=sys.stderr)
        return 2
    file = CORES / f"{NAME}.json"
    facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    latencies = {name: facts["waits"][name]["cycles"] for name in LATENCIES}
    counts = json.loads((COUNTS / f"{NAME}.json").read_text(encoding="utf-8"))
    made = made_models()
    models = {**{name: made[name] for name in MADE}, **real_models()}
    kernels: dict[str, Counter[str]] = {}
    runs = [run for run in counts["runs"] if run["model"] in models and _met(run, only)]
    names = {run["model"] for run in runs}
    for run in track(runs, "waits", console=ERR, disable=not ERR.is_terminal):
        try:
            waits = waits_of(models[run["model"]](), board, latencies, run.get("forced", ()))
        except TinyfaceError as error:
            print(f"{run['model']}: {error}", file=sys.stderr)
            return 2
        for name, kernel, instructions in run["layers"]:
            if kernel and kernel in run.get("forced", (kernel,)):
                counted = {**waits[name], "instructions": instructions}
                kernels.setdefault(kernel, Counter()).update(counted)
    found = {
        name: shares(totals) for name, totals in sorted(kernels.items()) if totals["instructions"] >= LEAST
    }
    if only:
        facts["kernels"] |= {name: found[name] for name in only if name in found}
        facts["kernels"] = dict(sorted(facts["kernels"].items()))
        write_whole(file, (json.dumps(facts, indent=2) + "\n").encode())
        return 0
    alone = {kernel for run in runs for kernel in run.get("forced", ())}
    everything = sum((totals for name, totals in kernels.items() if name not in alone), Counter[str]())
    facts["counted"] = (
        f"cycles of waiting and transfers of control an instruction, of all layers of {len(names)} models "
        f"together, on {board.name} ({emulator_of(board)}, firmware/boards/qemu-xtensa/waits.c), "
        f"{version_of(toolchain.cc)} -O2 -DNDEBUG"
    )
    facts["average"] = shares(everything)
    facts["kernels"] = found
    write_whole(file, (json.dumps(facts, indent=2) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
