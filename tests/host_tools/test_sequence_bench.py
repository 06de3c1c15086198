"""`tinyface bench` of a program whose stages rest: a scene as it works, and all of it in every frame."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import BoardError, ToolError
from codegen.program.reference import NetworkRun, Reference
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.measure.counting import SEED, emulator_of
from host_tools.measure.sequence_bench import SequenceBench, measure_sequence, never_resting, sparing
from host_tools.measure.sequence_tables import show_sequences
from host_tools.models import resolve
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.sequences import sequence
from host_tools.wire.inference import Inference
from host_tools.wire.messages import InferPicture
from host_tools.wire.session import Session
from tests.host_tools.followed import write_followed

BOARD = "qemu-cortex-m4"
MAX_PAYLOAD = 65535


def runs_of(path: Path, whole: bool, frames: int) -> dict[str, int]:
    """Runs of each stage in the reference."""
    ref = resolve(str(path))
    program = never_resting(ref.program) if whole else ref.program
    reference = Reference(program, [network.graph for network in ref.networks])
    runs = Counter[str]()
    for stimulus in sequence(program, frames, SEED, MAX_PAYLOAD):
        request = stimulus.request
        assert isinstance(request, InferPicture)
        pixels = frame_to_pixels(request.format, request.width, request.height, request.pixels)
        for part in reference.frame(pixels, request.time_ms):
            if isinstance(part, NetworkRun):
                runs[program.stages[part.stage].name] += 1
    return dict(runs)


def emulated() -> None:
    try:
        emulator_of(load_board(BOARD))
    except ToolError as error:
        pytest.skip(str(error))


def test_what_rests(tmp_path: Path) -> None:
    program = resolve(str(write_followed(tmp_path))).program
    assert sparing(program)
    whole = never_resting(program)
    assert not sparing(whole)
    assert [(stage.every, stage.when, stage.unless) for stage in whole.stages] == [(1, "", "")] * 4
    assert [stage.of for stage in whole.stages] == [stage.of for stage in program.stages]


@pytest.mark.slow
def test_a_scene_is_counted(tmp_path: Path) -> None:
    emulated()
    followed = write_followed(tmp_path)
    done = CliRunner().invoke(app, ["bench", str(followed), "--board", BOARD, "--json"])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)["sequences"]
    assert (found["program"], found["board"], found["frames"]) == ("followed", BOARD, 60)
    assert found["runs"] == runs_of(followed, False, 60)
    assert found["runs_of_all"] == runs_of(followed, True, 60)
    assert found["runs_of_all"]["find"] == 60 > found["runs"]["find"]
    assert 0 < found["mean"] < found["mean_of_all"] <= found["most_of_all"]
    assert found["ratio"] == pytest.approx(found["mean_of_all"] / found["mean"], abs=0.001)


@pytest.mark.slow
def test_counts_that_do_not_repeat_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emulated()
    asked = Session.infer_picture
    seen = iter(range(10_000))

    def drifting(session: Session, picture: InferPicture) -> Inference:
        told = asked(session, picture)
        return replace(told, result=replace(told.result, ticks=told.result.ticks + next(seen)))

    monkeypatch.setattr(Session, "infer_picture", drifting)
    with pytest.raises(BoardError, match="do not repeat"):
        measure_sequence(resolve(str(write_followed(tmp_path))), load_board(BOARD), frames=3)


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    runs, all_runs = {"find": 9, "mark": 1200}, {"find": 60, "mark": 1201}
    show_sequences([SequenceBench("faces", BOARD, 60, 1000.4, 5000, 2501.0, 6000, runs, all_runs, "QEMU")])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["instructions", "a", "frame,", "mean", "1,000", "2,501", "2.50"] in rows
    assert ["instructions", "a", "frame,", "most", "5,000", "6,000"] in rows
    assert ["runs", "of", "mark", "1,200", "1,201"] in rows
