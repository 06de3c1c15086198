"""Runs a model's firmware in an emulator and counts: one inference, right bytes, counts that repeat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codegen.board import Board
from codegen.errors import BoardError, ToolError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.memory.plan import Plan
from codegen.scratch import ScratchFolder
from codegen.shell import quoted
from host_tools.attach import open_board
from host_tools.boards import list_boards
from host_tools.models import ModelRef
from host_tools.project.build import build
from host_tools.project.toolchains import PACKAGES, find_program, find_toolchain, version_of
from host_tools.project.write import plan_of, write_project
from host_tools.proof.reference import expect
from host_tools.proof.validate import check_identity
from host_tools.simulator.flash import write_flash
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Stats, TickUnit, Want
from host_tools.wire.session import Session

SEED = 1
"""Draws the input, full-range int8 noise; instructions depend a little on what saturates."""

RUNS = 2
"""Each count is taken so often and must be the same."""


def emulator_of(board: Board) -> str:
    """Name and version of the board's emulator.

    Raises:
        ToolError: the board has none, or a tool is missing.
    """
    if board.kind != "qemu":
        raise ToolError(
            f"the board {board.name} counts no instructions",
            "--board",
            "Name an emulated one: "
            + ", ".join(other.name for other in list_boards() if other.kind == "qemu")
            + ".",
        )
    find_toolchain(board.toolchain)
    program = board.builds[0].run[0]
    return version_of(find_program(program, PACKAGES.get(program, program)))


def counting_boards() -> tuple[list[Board], list[ToolError]]:
    """The boards that count instructions and whose tools are here, and what is missing for the others."""
    here, missing = [], []
    for board in list_boards():
        if board.kind == "qemu":
            try:
                emulator_of(board)
                here.append(board)
            except ToolError as error:
                missing.append(error)
    return here, missing


def make_flash(project: Path, board: Board, flash: Path, macros: Sequence[str] = ()) -> Path:
    """Builds a project and writes the image into a flash file of its own, which it returns."""
    write_flash(board, build(project, board, macros=macros).path, flash)
    return flash


def require_instructions(session: Session, board: Board) -> None:
    """Makes sure that ticks are instructions.

    Raises:
        BoardError: they are not.
    """
    if session.board.tick_unit != TickUnit.INSTRUCTIONS:
        raise BoardError("the firmware counts no instructions", board.name, "Name an emulated board.")


def unrepeatable(board: Board) -> BoardError:
    """The error where the same work was counted differently."""
    remedy = "Report it with your emulator's version; do not use them."
    return BoardError("the counts do not repeat", board.name, remedy)


def count(ref: ModelRef, plan: Plan, board: Board, flash: Path, want: int) -> tuple[Inference, Stats]:
    """One inference on noise, with right bytes and counts that were the same RUNS times; STATS after it.

    Args:
        flash: of make_flash.
        want: Want.PROFILE for ticks a layer, 0 for the total alone.
    Raises:
        BoardError: the firmware does not boot, answers wrong bytes, or a count does not repeat.
    """
    rng = np.random.default_rng(SEED)
    tensors = [plan.graph.tensor(t) for t in plan.graph.inputs]
    inputs = [
        np.frombuffer(rng.bytes(tensor.bytes), tensor.dtype).reshape(tensor.shape) for tensor in tensors
    ]
    data = b"".join(array.tobytes() for array in inputs)
    with open_board(board, image=flash) as session:
        check_identity(session.board, ref, board, session.port)
        require_instructions(session, board)
        answers = [session.infer_tensor(data, want) for _ in range(RUNS)]
        stats = session.stats()
    if len({(a.result.ticks, a.layers.ticks if a.layers else ()) for a in answers}) != 1:
        raise unrepeatable(board)
    if answers[0].result.outputs != expect(plan.graph, ref.program, inputs, None).outputs:
        raise BoardError(
            "the board answers other bytes than the reference",
            f"{ref.name} on {board.name}",
            f"Find the layer: `tinyface flash --board {quoted(board.name)} --model {quoted(ref.typed)}`, "
            f"then `tinyface validate {quoted(ref.typed)} --board {quoted(board.name)}`.",
        )
    return answers[0], stats


def count_layers(
    ref: ModelRef, board: Board, options: PlanOptions = DEFAULT_OPTIONS
) -> list[tuple[str, str, int]]:
    """Name, kernel and instructions of each layer, for which one image is built. The flash stays as it is.

    Raises:
        ToolError, BudgetError, BoardError: as host_tools.measure.bench.measure.
    """
    emulator_of(board)
    plan = plan_of(ref, board, options)
    with ScratchFolder() as place:
        project = write_project(ref, board, "aot", place / "project", options=options).folder
        answer, _ = count(ref, plan, board, make_flash(project, board, place / "flash.bin"), Want.PROFILE)
    graph, ticks = plan.graph, answer.layers.ticks if answer.layers else ()
    calls = [graph.call(op) for op in graph.ops]
    return [
        (graph.layer_name(i), call.function if call else "", instructions)
        for i, (call, instructions) in enumerate(zip(calls, ticks, strict=True))
    ]
