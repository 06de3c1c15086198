"""`tinyface analyze`: what a model costs on a board, layer by layer, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tools.commands.options import (
    DEFAULT_BOARD,
    BoardName,
    CopyConstants,
    Cores,
    FlashModeOption,
    Json,
    Mean,
    MemoryOption,
    ModelArgument,
    ModelOption,
    OptimizeOption,
    PictureOption,
    Ram,
    Runtime,
    RuntimeOption,
    Std,
    in_flash_mode,
    one_model,
    picture_wish,
    plan_options,
    refuse_ignored,
)
from host_tools.terminal.console import note, print_json, reported, working

if TYPE_CHECKING:
    from codegen.board import Board
    from codegen.memory.options import PlanOptions
    from host_tools.models import ModelRef

PLACE = 40


@reported("Nothing was changed.")
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    board: BoardName = DEFAULT_BOARD,
    runtime: RuntimeOption = Runtime.aot,
    picture: PictureOption = None,
    mean: Mean = None,
    std: Std = None,
    memory: MemoryOption = None,
    ram: Ram = None,
    copies: CopyConstants = None,
    goal: OptimizeOption = None,
    cores: Cores = None,
    flash_mode: FlashModeOption = None,
    as_json: Json = False,
) -> None:
    """Say what a model costs on a board: arena a layer, flash, milliseconds a layer.

    Of a program of several stages: each of its networks, runs a frame, and the memory of all together.
    Exit code 2 where it does not fit, with by how much and what would.
    """
    from codegen.cost.copies import options_with_copies, with_copies
    from codegen.cost.prices import aimed_at
    from codegen.errors import ModelError
    from codegen.memory.options import Ways
    from codegen.passes import optimize
    from codegen.report import analyze
    from host_tools.boards import load_board
    from host_tools.measure.analysis_tables import show, show_input, show_verdict
    from host_tools.measure.calibration_store import load_calibration
    from host_tools.models import resolve, true_cause

    typed = plan_options(runtime, memory, ram, goal, cores, copies)
    if runtime is Runtime.tflm:
        refuse_ignored({"--optimize": goal}, "what TensorFlow Lite Micro takes is not estimated by goal")
    wish = picture_wish(picture, mean, std)
    ref = resolve(one_model(model, named), core_needed=runtime is Runtime.aot, picture=wish)
    of_input = ref.program_under(runtime.value).input
    target = in_flash_mode(load_board(board), flash_mode)
    options = aimed_at(target, typed)
    if ref.has_stages:
        _of_program(ref, target, options, runtime, as_json)
        return
    if runtime is Runtime.tflm or isinstance(ref.core, ModelError):
        from host_tools.measure.tflm_report import TflmReport

        with working("measure the arena"), true_cause(ref):
            found = TflmReport(ref.file, target, ref.core)
        if as_json:
            print_json({**found.to_json(), "picture": of_input.to_json()})
        else:
            found.show()
            show_input(of_input)
        found.budget.require_fit()
        if not as_json:
            show_verdict(target.title, found.budget.memory)
        return
    with working("plan the arena, and what less of it would cost"):
        network = optimize(ref.graph)
        ways = Ways(network)
        (plan,) = with_copies([ways.plan(options)], target, options)
        others = options_with_copies(0, [plan], ways.options(options), target)
        unlimited = ways.unlimited(options) if options.target.cores > 1 else None
    report = analyze(
        plan,
        target,
        options=others,
        network_macs=network.macs,
        calibration=load_calibration(target, note),
        unlimited=unlimited,
    )
    if as_json:
        print_json({**report.to_json(), "picture": of_input.to_json()})
    else:
        show(report)
        show_input(of_input)
    report.require_fit()
    if not as_json:
        show_verdict(target.title, report.memory)


def _of_program(ref: ModelRef, target: Board, options: PlanOptions, runtime: Runtime, as_json: bool) -> None:
    """Says what a program of several stages costs.

    Raises:
        ModelError: it is asked for under TFLite-Micro.
        BudgetError: it does not fit.
    """
    from codegen.cost.copies import options_with_copies, with_copies
    from codegen.memory.options import Ways
    from codegen.passes import optimize
    from codegen.program_report import analyze_program
    from host_tools.measure.analysis_tables import show_program, show_verdict
    from host_tools.measure.calibration_store import load_calibration
    from host_tools.project.stages import require_generated_c

    require_generated_c(ref, runtime.value)
    with working("plan each network's arena, and what less of it would cost"):
        ways = [Ways(optimize(network.graph)) for network in ref.networks]
        plans = with_copies([way.plan(options) for way in ways], target, options)
        others = [
            options_with_copies(number, plans, way.options(options), target)
            for number, way in enumerate(ways)
        ]
        unlimited = [way.unlimited(options) for way in ways] if options.target.cores > 1 else []
    report = analyze_program(
        ref.program,
        ref.model_hash,
        plans,
        target,
        options=others,
        networks_macs=[way.graph.macs for way in ways],
        calibration=load_calibration(target, note),
        unlimited=unlimited,
    )
    if as_json:
        print_json(report.to_json())
    else:
        show_program(report)
    report.require_fit()
    if not as_json:
        show_verdict(target.title, report.memory)
