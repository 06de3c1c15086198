"""Instructions of a program over a moving picture, as it works and as if all of it worked in every frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from codegen.board import Board
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.program.stages import Program
from codegen.scratch import ScratchFolder
from host_tools.attach import open_board
from host_tools.measure.bench import UNMARKED
from host_tools.measure.counting import (
    RUNS,
    SEED,
    emulator_of,
    make_flash,
    require_instructions,
    unrepeatable,
)
from host_tools.models import ModelRef
from host_tools.project.write import write_project
from host_tools.proof.sequences import SCENE_FRAMES, sequence
from host_tools.proof.validate import check_identity
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import InferPicture, Want


@dataclass(frozen=True)
class SequenceBench:
    """What a program takes over a scene; every count repeated exactly.

    Attributes:
        program, board: what was measured.
        frames: of the scene.
        mean, most: instructions of a frame, of networks, decoders and the picture's preparation.
        mean_of_all, most_of_all: the same where every stage works in every frame.
        runs, runs_of_all: runs of each stage's network over the scene, by the stage's name.
        emulator: what ran it.
    """

    program: str
    board: str
    frames: int
    mean: float
    most: int
    mean_of_all: float
    most_of_all: int
    runs: dict[str, int]
    runs_of_all: dict[str, int]
    emulator: str

    def to_json(self) -> dict[str, Any]:
        """All fields, and what is saved."""
        return asdict(self) | {"ratio": round(self.mean_of_all / self.mean, 3)}


def sparing(program: Program) -> bool:
    """Whether a stage rests in some frames."""
    return any(stage.every > 1 or stage.unless for stage in program.stages)


def never_resting(program: Program) -> Program:
    """The same program, each stage of which works in every frame."""
    return replace(
        program,
        stages=tuple(replace(stage, every=1, phase=0, when="", unless="") for stage in program.stages),
    )


def measure_sequence(
    ref: ModelRef,
    board: Board,
    step: Callable[[str], None] = lambda _: None,
    options: PlanOptions = DEFAULT_OPTIONS,
    macros: Sequence[str] = (),
    frames: int = SCENE_FRAMES,
) -> SequenceBench:
    """Builds a program twice, as it is and without rests, and shows both the same scene.

    Args:
        ref: of a program of several stages.
        step, options, macros: as host_tools.measure.bench.measure.
        frames: of the scene.
    Raises:
        ToolError, BudgetError: as host_tools.measure.bench.measure.
        BoardError: the firmware does not boot, or a count does not repeat.
    """
    emulator = emulator_of(board)
    step(f"{ref.name} on {board.name}: a scene")
    ticks, runs = _scene(ref, board, options, macros, frames)
    step(f"{ref.name} on {board.name}: the scene, everything in every frame")
    whole = replace(ref, stated=never_resting(ref.program))
    all_ticks, all_runs = _scene(whole, board, options, macros, frames)
    return SequenceBench(
        program=ref.name,
        board=board.name,
        frames=frames,
        mean=sum(ticks) / frames,
        most=max(ticks),
        mean_of_all=sum(all_ticks) / frames,
        most_of_all=max(all_ticks),
        runs=runs,
        runs_of_all=all_runs,
        emulator=emulator,
    )


def _scene(
    ref: ModelRef, board: Board, options: PlanOptions, macros: Sequence[str], frames: int
) -> tuple[list[int], dict[str, int]]:
    """Instructions of each frame, and runs of each stage."""
    with ScratchFolder() as place:
        project = write_project(ref, board, "aot", place / "project", options=options).folder
        image = make_flash(project, board, place / "flash.bin", (UNMARKED, *macros))
        with open_board(board, image=image) as session:
            check_identity(session.board, ref, board, session.port)
            require_instructions(session, board)
            taken = []
            for _ in range(RUNS):
                answers = list[Inference]()
                session.restart()
                for stimulus in sequence(ref.program, frames, SEED, session.board.max_payload):
                    assert isinstance(stimulus.request, InferPicture)
                    answers.append(session.infer_picture(replace(stimulus.request, want=Want.RUNS)))
                taken.append([answer.result.ticks for answer in answers])
    if any(ticks != taken[0] for ticks in taken):
        raise unrepeatable(board)
    runs = {stage.name: 0 for stage in ref.program.stages if stage.model is not None}
    for answer in answers:
        for part in answer.parts:
            if isinstance(part, StageRun):
                runs[ref.program.stages[part.run.stage].name] += 1
    return taken[0], runs
