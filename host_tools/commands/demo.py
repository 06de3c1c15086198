"""`tinyface demo`: the whole way once on a simulated board, with real faces and proof."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from host_tools.commands.options import (
    DEFAULT_MODEL,
    MAX_SEED,
    Box,
    Cores,
    Json,
    Mean,
    MemoryOption,
    ModelArgument,
    ModelOption,
    OptimizeOption,
    PictureOption,
    Pictures,
    Ram,
    Runtime,
    Std,
    one_model,
    picture_wish,
    plan_options,
    refuse_box_alone,
    refuse_ignored,
)
from host_tools.terminal.console import ERR, EXIT_MISMATCH, OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from codegen.memory.options import PlanOptions
    from codegen.program_report import ProgramAnalysis
    from host_tools.models import ModelRef
    from host_tools.proof.demo import StageCount
    from host_tools.proof.validate import Verdict

PLACE = 110
STAGE_COLUMNS = (">worked in frames", ">runs", ">items")
REAL_BOARD = "esp32cam"
"""The chip whose milliseconds are estimated beside the simulation."""


@reported("The simulated board keeps its firmware; run it again.")
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    board: Annotated[str, typer.Option("--board", "-b", help="A simulated board with a camera.")] = "sim",
    memory: MemoryOption = None,
    ram: Ram = None,
    goal: OptimizeOption = None,
    cores: Cores = None,
    picture: PictureOption = None,
    mean: Mean = None,
    std: Std = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many distinct pictures.")] = 100,
    pictures: Pictures = None,
    box: Box = None,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--seed", min=0, max=MAX_SEED, help="Of the choice of faces.", show_default="0"),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PNG", help="Overlay picture to write.")
    ] = Path("tinyface-demo.png"),
    as_json: Json = False,
) -> None:
    """Flash a simulated ESP32-CAM, stream inferences of real faces, compare every byte, draw what it finds.

    Exit code 0: no byte differs. 1: some do. 2: it could not be done.
    """
    import time

    from rich.progress import Progress

    from codegen.errors import BoardError, PictureError
    from codegen.scratch import ScratchFolder
    from host_tools.boards import load_board
    from host_tools.flashing.simulated import flash
    from host_tools.measure.analysis_tables import show_stages
    from host_tools.models import resolve
    from host_tools.pictures.faces import demo_faces, scene_cast
    from host_tools.pictures.files import shots_from
    from host_tools.pictures.scenes import scene
    from host_tools.proof.demo import stream_and_compare, write_sheet
    from host_tools.proof.stimuli import require_no_memory

    start_s = time.monotonic()
    options = plan_options(Runtime.aot, memory, ram, goal, cores)
    refuse_box_alone(box, pictures)
    if pictures is not None:
        refuse_ignored({"--seed": seed}, "nothing is drawn at random where --pictures are given")
    wish = picture_wish(picture, mean, std)
    target = load_board(board)
    if target.kind == "serial" or not target.camera:
        raise BoardError(
            "the demo shows pictures to a simulated camera, and this board "
            + ("is a real one" if target.kind == "serial" else "has no camera"),
            f"--board {target.name}",
            "Use --board sim; `tinyface validate` compares every byte on any board.",
        )
    ref = resolve(one_model(model, named, DEFAULT_MODEL), picture=wish)
    if not any(stage.input.is_picture for stage in ref.program.stages):
        raise PictureError(
            f"{ref.name} has no card, and nobody calls its input a picture",
            "--picture",
            "Add --picture gray or --picture rgb where it is one; else use `tinyface validate`.",
        )
    if not ref.has_stages:
        require_no_memory(ref.graph)
    if pictures is not None:
        shots = shots_from(pictures, ref.margin, box, ref.sees_whole)[:count]
        faces = f"{len(shots)} pictures of {pictures}"
    elif ref.sees_whole:
        faces, actors = scene_cast(seed or 0)
        faces, shots = f"a scene of {count} frames, played by {faces}", scene(actors, count, seed or 0)
    else:
        faces, shots = demo_faces(count, ref.margin, seed or 0)
    note(f"faces: {faces}")
    flashed = flash(ref, target, "aot", options=options, step=note)
    with (
        ScratchFolder() as place,
        Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress,
    ):
        task = progress.add_task("stream and compare", total=len(shots))
        shown = stream_and_compare(ref, target, shots, place, options, lambda _: progress.advance(task))
    try:
        write_sheet(shown.drawn, output)
    except OSError as error:
        raise PictureError(
            f"the overlay can't be written ({error.strerror})", str(output), "Choose another with -o."
        ) from error
    verdict = shown.verdict
    costs = program_estimate(ref, options) if ref.has_stages else None
    report: dict[str, Any] = {
        "faces": faces,
        "frames": verdict.requests,
        "distinct_inputs": verdict.distinct_inputs,
        "mismatches": verdict.requests_differing,
        "bytes_compared": verdict.bytes_compared,
        "bytes_differing": verdict.bytes_differing,
        "items_compared": verdict.items_compared,
        "points_compared": verdict.points_compared,
        "first_layer": verdict.first_layer,
        "arena_guard_intact": verdict.arena_guard_intact,
        "model": ref.name,
        "model_hash": verdict.model_hash,
        "board": board,
        "arena_bytes": flashed.arena_bytes,
        "flash_bytes": flashed.flash_bytes,
        "ram_bytes": flashed.ram_bytes,
        "layers": [] if ref.has_stages else layer_estimates(ref, options),
        "stages": stage_facts(shown.stages, costs) if costs else [],
        "seconds": round(time.monotonic() - start_s, 2),
        "overlay": str(output),
    }
    if as_json:
        print_json(report)
    else:
        if costs:
            show_stages(costs)
        else:
            show_estimate(report)
        show(report, verdict)
    if not verdict.passed or verdict.requests != len(shots):
        raise typer.Exit(EXIT_MISMATCH)


def show_estimate(report: dict[str, Any]) -> None:
    """Prints what each layer takes on the real chip."""
    layers = report["layers"]
    timing = table(f"{report['model']} on the real ESP32-CAM, estimated", "layer", ">instructions", ">ms")
    for layer in layers:
        timing.add_row(
            layer["layer"],
            f"{layer['instructions']:,.0f}",
            f"{layer['ms']['low']:.2f} to {layer['ms']['high']:.2f}",
        )
    timing.add_section()
    count = sum(layer["instructions"] for layer in layers)
    low, high = (sum(layer["ms"][end] for layer in layers) for end in ("low", "high"))
    timing.add_row("all layers", f"{count:,.0f}", f"{low:.1f} to {high:.1f}")
    OUT.print(timing)


def show(report: dict[str, Any], verdict: Verdict) -> None:
    """Prints what was compared."""
    if report["stages"]:
        stages = table(f"{report['model']} on {report['board']}: all frames", "stage", *STAGE_COLUMNS)
        for stage in report["stages"]:
            stages.add_row(stage["name"], *(f"{stage[name]:,}" for name in ("frames", "runs", "items")))
        OUT.print(stages)
    shown = table(f"{report['model']} on {report['board']}", "what", ">value")
    shown.add_row("frames", f"{report['frames']:,} ({report['distinct_inputs']:,} distinct)")
    shown.add_row("mismatches", f"{report['mismatches']:,}")
    shown.add_row("bytes compared", f"{report['bytes_compared']:,}")
    for what, compared in (
        ("record items compared", verdict.items_compared),
        ("points compared", verdict.points_compared),
        ("layer CRCs compared", verdict.layers_compared),
    ):
        if compared:
            shown.add_row(what, f"{compared:,}")
    shown.add_row("arena", f"{report['arena_bytes']:,} bytes")
    shown.add_row("flash", f"{report['flash_bytes']:,} bytes")
    shown.add_row("time", f"{report['seconds']:.1f} s")
    shown.add_row("overlay", report["overlay"])
    OUT.print(shown)
    if verdict.first_layer:
        OUT.print(f"first layer that differs: {verdict.first_layer}", markup=False)


def layer_estimates(ref: ModelRef, options: PlanOptions) -> list[dict[str, Any]]:
    """Instructions and milliseconds of each layer on the real chip, from its cost table."""
    from dataclasses import asdict

    from codegen.report import analyze
    from host_tools.boards import load_board
    from host_tools.project.write import plan_of

    board = load_board(REAL_BOARD)
    layers = analyze(plan_of(ref, board, options), board).layers
    return [
        {
            "layer": layer.name,
            "instructions": layer.instructions,
            "ms": None if layer.milliseconds is None else asdict(layer.milliseconds),
        }
        for layer in layers
    ]


def stage_facts(counts: Sequence[StageCount], costs: ProgramAnalysis) -> list[dict[str, Any]]:
    """What each stage did in all frames, and what a frame of it costs on the real chip, at most."""
    from dataclasses import asdict

    return [
        {
            **asdict(count),
            "most_runs": cost.runs,
            "instructions": cost.instructions,
            "ms": None if cost.milliseconds is None else asdict(cost.milliseconds),
        }
        for count, cost in zip(counts, costs.stages, strict=True)
    ]


def program_estimate(ref: ModelRef, options: PlanOptions) -> ProgramAnalysis:
    """What a frame of a program costs on the real chip, at most."""
    from codegen.program_report import analyze_program
    from host_tools.boards import load_board
    from host_tools.project.stages import stage_plans

    board = load_board(REAL_BOARD)
    return analyze_program(ref.program, ref.model_hash, stage_plans(ref, board, options), board)
