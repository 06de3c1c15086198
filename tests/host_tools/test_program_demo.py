"""`tinyface demo` of programs: each run and record is compared, each stage is drawn and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from codegen.errors import BoardError
from codegen.program import reference
from codegen.program.picture import Region
from host_tools.cli import app
from host_tools.pictures.overlay import STAGE_COLOURS
from host_tools.proof.demo import check_all_is_sent
from host_tools.wire.framing import Frame
from host_tools.wire.messages import Settings, SettingsRequest
from host_tools.wire.session import Session
from host_tools.wire.threshold import SEND_ALL
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.test_program_files import PROGRAM, write_cascade
from tests.toys.programs import anchor_file

WINDOWS = "scale = [{size = 1}, {size = 0.5, columns = 2}]"


def demo(program: Path, *arguments: object) -> Result:
    sheet = program.with_name("sheet.png")
    return CliRunner().invoke(app, ["demo", str(program), "-o", str(sheet), *map(str, arguments)])


def finder(folder: Path, lines: str = "") -> Path:
    """A program of one stage that finds boxes in the whole frame."""
    (folder / "find.tflite").write_bytes(anchor_file(24, 32, 4, 1, 9))
    file = folder / "finder.toml"
    file.write_text(PROGRAM.replace('source = "whole"', f'source = "whole"\n{lines}'), encoding="utf-8")
    return file


def counts(report: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Name, frames and runs of each stage."""
    return [(stage["name"], stage["frames"], stage["runs"]) for stage in report["stages"]]


def test_a_cascade_is_compared_stage_by_stage_and_drawn(tmp_path: Path) -> None:
    cascade = write_cascade(tmp_path)
    done = demo(cascade, "--count", 5, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["frames"], report["mismatches"], report["bytes_differing"]) == (5, 0, 0)
    assert report["bytes_compared"] > 5 * 7 * (48 + 192)
    assert report["arena_guard_intact"]
    find, look, mark = report["stages"]
    assert counts(report)[0] == ("find", 5, 5 * 7)
    assert (look["frames"], mark["frames"]) == (3, 5)  # look works in every second frame
    assert find["items"] >= look["runs"] / 3 > 0
    assert report["items_compared"] >= find["items"] + look["items"] + mark["items"]
    assert report["points_compared"] >= 5 * mark["items"] > 0
    for stage in report["stages"]:
        assert 0 < stage["ms"]["low"] < stage["ms"]["middle"] < stage["ms"]["high"]
        assert stage["most_runs"] * stage["frames"] >= stage["runs"]
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * 480, 4 * 640, 3)
    for colour in STAGE_COLOURS[:3]:
        assert (sheet[:480, :640] == colour).all(axis=-1).any()


def test_the_tables_and_a_reference_that_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pixel beside where the board looks: found in every frame that has items."""
    cascade = write_cascade(tmp_path)
    exact = reference.region_around

    def beside(*arguments: Any, **more: Any) -> Region:
        region = exact(*arguments, **more)
        return Region(region.x + 1, region.y, region.width, region.height, region.turn)

    monkeypatch.setattr(reference, "region_around", beside)
    done = demo(cascade, "--count", 3)
    assert done.exit_code == 1
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["mismatches", "3"] in rows
    assert ["find", "3", "21"] in [row[:3] for row in rows]
    assert "where all of them work" in done.stdout


@pytest.mark.parametrize(
    ("lines", "frames", "runs"),
    [("every = 2", 2, 2), pytest.param(WINDOWS, 4, 12, marks=pytest.mark.slow)],
)
def test_one_network_that_is_told_in_parts(lines: str, frames: int, runs: int, tmp_path: Path) -> None:
    """Several windows of a frame, or a stage that rests."""
    done = demo(finder(tmp_path, lines), "--count", 4, "--memory", "plain", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert counts(report) == [("find", frames, runs)]
    assert (report["frames"], report["mismatches"]) == (4, 0)
    assert report["layers"] == []


def test_one_stage_that_finds_boxes_is_shown(tmp_path: Path) -> None:
    done = demo(finder(tmp_path), "--count", 3)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "sheet.png").stat().st_size > 0


def test_a_threshold_is_told_before_frames_are_awaited() -> None:
    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == SettingsRequest.CODE:
            board.send(Settings(0, threshold, 1, 0, -1, -1, 0, 0, 0, 0, 0), frame.sequence)
        return frame.type == SettingsRequest.CODE

    threshold = 100
    with FakeBoard(answer) as board, Session(board.port) as session:
        with pytest.raises(BoardError, match="threshold of 100 holds results back") as caught:
            check_all_is_sent(session)
        assert f"tinyface settings --board {board.hello.board} --threshold -128" in caught.value.remedy
        threshold = SEND_ALL
        check_all_is_sent(session)
