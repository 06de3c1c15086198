"""`tinyface analyze`: what a model costs on a board, layer by layer, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tools.commands.options import DEFAULT_BOARD, BoardName, Json, Model, Runtime, RuntimeOption
from host_tools.console import OUT, print_json, reported, table

if TYPE_CHECKING:
    from codegen.report import Analysis


@reported("Nothing was changed.")
def command(
    model: Model,
    board: BoardName = DEFAULT_BOARD,
    runtime: RuntimeOption = Runtime.aot,
    as_json: Json = False,
) -> None:
    """Say what a model costs on a board: arena, flash, milliseconds a layer.

    Exit code 2 where it does not fit, with by how much and what would.
    """
    from codegen.report import analyze
    from host_tools.boards import load_board
    from host_tools.models import resolve
    from host_tools.project import plan_of

    report = analyze(plan_of(resolve(model)), load_board(board), runtime.value)
    if as_json:
        print_json(report.to_json())
    else:
        show(report)
    report.require_fit()


def show(report: Analysis) -> None:
    """Prints the tables."""
    layers = table(
        f"{report.model} on {report.board_title} ({report.runtime})",
        "layer",
        "output",
        ">MACs",
        ">constants",
        ">live bytes",
        ">1000 instr.",
        ">ms",
    )
    for layer in report.layers:
        layers.add_row(
            layer.name,
            " ".join("x".join(map(str, shape)) for shape in layer.outputs),
            f"{layer.macs:,}",
            f"{layer.weight_bytes:,}",
            f"{layer.live_bytes:,}",
            f"{layer.instructions / 1000:,.0f}",
            f"{layer.milliseconds:.2f}",
        )
    layers.add_section()
    layers.add_row(
        "all layers",
        "",
        f"{report.macs:,}",
        f"{report.weight_bytes:,}",
        f"{report.arena_bytes:,}",
        f"{report.instructions / 1000:,.0f}",
        f"{report.milliseconds:.1f}",
    )
    OUT.print(layers)
    OUT.print(
        f"instructions and milliseconds: {report.estimate_label} ({report.estimate_source})", markup=False
    )
    memory = table("Memory, bytes", "kind", ">model", ">firmware", ">budget", ">free", "what it is")
    for part in report.memory:
        memory.add_row(
            part.kind,
            f"{part.model_bytes:,}",
            f"{part.app_bytes:,}",
            f"{part.budget_bytes:,}",
            f"{part.free_bytes:,}",
            part.note,
        )
    OUT.print(memory)
    if report.arena_bytes and report.runtime == "aot":
        proof = "no placement of these buffers is smaller" if report.optimal else "the best placement found"
        OUT.print(
            f"arena {report.arena_bytes:,} bytes, lower bound {report.lower_bound:,} "
            f"(in layer {report.bound_layer}): {proof}",
            markup=False,
        )
