"""A board's stream on file, and held against the reference without the board."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from typer.testing import Result as Done

from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.simulator.process import run_board
from host_tools.simulator.state import flash_file
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Pixels, Record, Result, Settings
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.read import RecordedFrame, RecordedPreview, open_recording
from host_tools.wire.recording.write import Recorder
from tests.host_tools.followed import write_followed
from tests.host_tools.recorded import write_pictures, write_small
from tests.host_tools.toy_folder import write_landmark_toy

FRAMES = 5


def run(*args: object) -> Done:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def landmarks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_landmark_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def recorded(landmarks: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FRAMES frames of a simulated board with one network."""
    file = tmp_path_factory.mktemp("recorded") / "toy.rec"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(tmp_path_factory.mktemp("state")))
        assert run("flash", landmarks).exit_code == 0
        seen = run("monitor", "--pictures", pictures, "--frames", FRAMES, "--record", file)
    assert seen.exit_code == 0, seen.output
    assert f"{FRAMES} frames recorded in {file}" in " ".join(seen.stderr.split())
    assert len(seen.stdout.splitlines()) == FRAMES
    return file


def rewritten(
    file: Path, folder: Path, changed: dict[int, Inference | None], gaps: Collection[int] = ()
) -> Path:
    """The recording with other frames in place of some; None leaves one out."""
    recording, other = open_recording(file), folder / f"other-{len(list(folder.iterdir()))}.rec"
    clock = itertools.count()
    with Recorder(
        other, recording.hello, recording.model, recording.settings, clock_us=lambda: next(clock)
    ) as recorder:
        for number, frame in enumerate(recording.frames()):
            shown = changed.get(number, frame.inference)
            if shown is not None:
                recorder.frame(shown, after_gap=number in gaps)
    return other


def frames_of(file: Path) -> list[RecordedFrame]:
    return list(open_recording(file).frames())


def document(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_one_network(recorded: Path, landmarks: Path, tmp_path: Path) -> None:
    recording = open_recording(recorded)
    frames = list(recording.frames())
    assert [frame.inference.result.frame for frame in frames] == list(range(FRAMES))
    assert not any(frame.after_gap for frame in frames)
    pictures = [frame.inference.picture for frame in frames]
    assert {picture and picture.format for picture in pictures} == {Pixels.GRAY8}  # the camera's are RGB565
    assert recording.hello.board == "sim"
    assert isinstance(recording.settings, Settings)
    proved = run("validate", landmarks, "--recording", recorded, "--json")
    assert proved.exit_code == 0, proved.output
    verdict = document(proved)
    assert (verdict["requests"], verdict["bytes_differing"], verdict["passed"]) == (FRAMES, 0, True)
    assert verdict["points_compared"] > 0
    assert verdict["recording"] == {"frames": FRAMES, "not_compared": 0, "damage": ""}
    shown = run("validate", landmarks, "--recording", recorded)
    assert f"0 differing bytes over {verdict['distinct_inputs']} distinct inputs" in shown.stdout
    cut = tmp_path / "cut.rec"
    cut.write_bytes(recorded.read_bytes()[:-1000])
    short = run("validate", landmarks, "--recording", cut, "--json")
    assert short.exit_code == 0
    assert document(short)["recording"]["frames"] == FRAMES - 1
    assert f"after {FRAMES - 1} whole frames" in " ".join(short.stderr.split())


LIES: dict[str, Callable[[Result], Result]] = {
    "output": lambda told: replace(told, outputs=bytes([told.outputs[0] ^ 1]) + told.outputs[1:]),
    "record": lambda told: replace(told, items=(*told.items[:-1], 1 << 20)),
    "region": lambda told: replace(told, region_x=1),
    "time": lambda told: replace(told, time_ms=told.time_ms + 1),
    "input": lambda told: replace(told, input_crc=told.input_crc ^ 1),
}


@pytest.mark.parametrize("what", LIES)
def test_a_wrong_byte_is_found(what: str, recorded: Path, landmarks: Path, tmp_path: Path) -> None:
    told = list(open_recording(recorded).frames())[2].inference
    lie = replace(told, result=LIES[what](told.result))
    caught = run("validate", landmarks, "--recording", rewritten(recorded, tmp_path, {2: lie}), "--json")
    assert caught.exit_code == 1
    (difference,) = document(caught)["differences"]
    assert difference["request"] == "2: frame 2"
    assert (difference["also"] or [difference["bytes"]]) == ([1] if what == "output" else [what])


def test_another_picture_is_found(recorded: Path, landmarks: Path, tmp_path: Path) -> None:
    told = list(open_recording(recorded).frames())[2].inference
    assert told.picture is not None
    black = replace(told, picture=replace(told.picture, pixels=bytes(len(told.picture.pixels))))
    caught = run("validate", landmarks, "--recording", rewritten(recorded, tmp_path, {2: black}), "--json")
    assert caught.exit_code == 1
    assert "input" in document(caught)["differences"][0]["also"]


def test_frames_that_are_missing_hide_nothing_of_one_network(
    recorded: Path, landmarks: Path, tmp_path: Path
) -> None:
    gap = run("validate", landmarks, "--recording", rewritten(recorded, tmp_path, {3: None}, {4}), "--json")
    assert document(gap)["requests"] == FRAMES - 1
    assert document(gap)["recording"]["not_compared"] == 0


def test_a_program_that_follows(pictures: Path, tmp_path: Path) -> None:
    """Whole frames with all runs and records, from a board that has worked before."""
    program = write_followed(tmp_path)
    file = tmp_path / "program.rec"
    assert run("flash", program).exit_code == 0
    board = load_board("sim")
    with run_board(board, flash_file(board), pictures=sorted(pictures.iterdir())) as running:
        before = run("monitor", "--port", running.port, "--frames", 3)
        assert before.exit_code == 0, before.output
        seen = run("monitor", "--port", running.port, "--frames", FRAMES, "--json", "--record", file)
    assert seen.exit_code == 0, seen.output
    frames = frames_of(file)
    parts = [part for frame in frames for part in frame.inference.parts]
    assert any(isinstance(part, StageRun) for part in parts)
    assert any(isinstance(part, Record) for part in parts)
    proved = run("validate", program, "--recording", file, "--json")
    assert proved.exit_code == 0, proved.output
    assert document(proved)["requests"] == FRAMES
    assert document(proved)["bytes_compared"] > 0

    told = frames[4].inference
    place = next(k for k, part in enumerate(told.parts) if isinstance(part, StageRun))
    part = told.parts[place]
    assert isinstance(part, StageRun)
    wrong = replace(part, run=replace(part.run, outputs=bytes(len(part.run.outputs))))
    lie = replace(told, parts=(*told.parts[:place], wrong, *told.parts[place + 1 :]))
    caught = run("validate", program, "--recording", rewritten(file, tmp_path, {4: lie}), "--json")
    assert caught.exit_code == 1
    assert document(caught)["first_frame"] == 4
    assert document(caught)["first_stage"]
    # What comes behind a gap depends on what nobody saw.
    gap = run("validate", program, "--recording", rewritten(file, tmp_path, {3: None}, {4}), "--json")
    assert gap.exit_code == 0, gap.output
    assert document(gap)["requests"] == 3
    assert document(gap)["recording"]["not_compared"] == FRAMES - 4
    assert "were not compared" in " ".join(gap.stderr.split())
    first = run("validate", program, "--recording", rewritten(file, tmp_path, {}, {0}))
    assert first.exit_code == 2
    assert "behind a gap" in " ".join(first.stderr.split())


def test_another_model_or_purpose(landmarks: Path, tmp_path: Path) -> None:
    small = write_small(tmp_path / "small.rec")
    refused = run("validate", landmarks, "--recording", small)
    assert refused.exit_code == 2
    assert "there is no board 'fake'" in " ".join(refused.stderr.split())
    preview = tmp_path / "preview.rec"
    recording = open_recording(small)
    hello = replace(recording.hello, board="sim")
    Recorder(preview, hello, recording.model, None, Purpose.PREVIEW).close()
    refused = run("validate", landmarks, "--recording", preview)
    assert refused.exit_code == 2
    assert "not for validation" in " ".join(refused.stderr.split())
    other = tmp_path / "other.rec"
    Recorder(other, hello, recording.model, None).close()
    refused = run("validate", landmarks, "--recording", other)
    assert refused.exit_code == 2
    said = " ".join(refused.stderr.split())
    assert f"it is of {hello.model!r}" in said
    assert "that was flashed when it was recorded" in said
    assert "tinyface flash" not in said
    garbage = tmp_path / "garbage.rec"
    garbage.write_bytes(b"no recording")
    refused = run("validate", landmarks, "--recording", garbage)
    assert refused.exit_code == 2
    assert "it is no recording" in refused.stderr


@pytest.mark.parametrize(
    "options", [("--board", "sim"), ("--count", 3), ("--seed", 1), ("--ticks",), ("--port", "COM1")]
)
def test_what_a_recording_does_not_ask(options: tuple[object, ...], landmarks: Path, tmp_path: Path) -> None:
    refused = run("validate", landmarks, "--recording", tmp_path / "none", *options)
    assert refused.exit_code == 2
    assert f"Leave {options[0]} out" in refused.stderr


def test_previews_are_recorded_for_people(landmarks: Path, pictures: Path, tmp_path: Path) -> None:
    file = tmp_path / "preview.rec"
    assert run("flash", landmarks).exit_code == 0
    seen = run("monitor", "--pictures", pictures, "--frames", 40, "--preview", "--record", file)
    assert seen.exit_code == 0, seen.output
    assert "and 40 results, not for validation, recorded in" in " ".join(seen.stderr.split())
    recording = open_recording(file)
    assert recording.purpose == Purpose.PREVIEW
    previews = [event.preview for event in recording.events() if isinstance(event, RecordedPreview)]
    assert previews
    assert {(p.width, p.height, p.frame_width, p.frame_height) for p in previews} == {(96, 72, 320, 240)}
    assert not any(frame.inference.picture for frame in recording.frames())
    refused = run("validate", landmarks, "--recording", file)
    assert refused.exit_code == 2
    assert "not for validation" in " ".join(refused.stderr.split())
    alone = run("monitor", "--preview")
    assert alone.exit_code == 2
    assert "Add --record FILE" in " ".join(alone.stderr.split())


def test_monitor_refuses_what_it_cannot_record(landmarks: Path, pictures: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert run("flash", landmarks).exit_code == 0
    refused = run("monitor", "--pictures", pictures, "--frames", 1, "--record", taken)
    assert refused.exit_code == 2
    assert "something of this name already" in refused.stderr
    assert taken.read_text() == "mine"
    assert run("settings", "--threshold", 5).exit_code == 0
    refused = run("monitor", "--pictures", pictures, "--frames", 1, "--record", tmp_path / "new")
    assert refused.exit_code == 2
    assert "threshold of 5 holds results back" in " ".join(refused.stderr.split())
    assert not (tmp_path / "new").exists()
