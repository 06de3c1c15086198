"""`tinyface settings` at the simulated board: what is named changes, the rest stays, and it lasts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.flashing.simulated import flash
from host_tools.models import resolve
from host_tools.wire.board_settings import RANGES, change, threshold_range
from host_tools.wire.faults import NO_STORAGE
from host_tools.wire.framing import Frame
from host_tools.wire.messages import (
    Configure,
    Dtype,
    Error,
    ErrorCode,
    Model,
    Refused,
    Settings,
    SettingsRequest,
)
from host_tools.wire.session import Session
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.toy_folder import write_landmark_toy


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State of a simulated board that was flashed once for all tests."""
    folder = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(folder))
        flash(resolve(str(write_landmark_toy(folder / "toy"))), load_board("sim"), "aot")
    return folder


@pytest.fixture(autouse=True)
def flashed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYFACE_STATE", str(place))


def settings(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["settings", *map(str, arguments)], catch_exceptions=False)


def told(*arguments: object) -> dict[str, object]:
    result = settings(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["settings"]


def test_what_is_named_changes_and_lasts_over_a_start() -> None:
    """Each command starts the simulated board anew."""
    before = told()
    mine = {"period_ms": 250, "led": "busy", "exposure": 300, "mirror": True}
    changed = told("--period", 250, "--led", "busy", "--exposure", 300, "--mirror")
    assert changed == {**before, **mine}
    assert told() == changed
    other = told("--no-mirror", "--threshold", 5, "--no-keep")
    assert other == {**changed, "mirror": False, "threshold": 5}
    assert told() == changed


def test_the_table_shows_every_setting() -> None:
    result = settings("--brightness", -2)
    assert result.exit_code == 0
    for name in ("period_ms", "threshold", "led", "flash_led", "exposure", "mirror", "flip"):
        assert f" {name} " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--exposure", 1201), "Use -1 to 1200."),
        (("--threshold", 128), "Use -128 to 127."),
        (("--period", -1), "Use 0 to 3600000."),
        (("--led", "blue"), "Use one of off, on, busy."),
    ],
)
def test_out_of_range_is_refused_and_changes_nothing(arguments: tuple[object, ...], said: str) -> None:
    before = told()
    result = settings(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert told() == before


@pytest.mark.parametrize(
    ("dtype", "least", "most"),
    [(Dtype.INT8, -128, 127), (Dtype.UINT8, -128, 255), (Dtype.INT16, -32768, 32767), (None, -32768, 32767)],
)
def test_a_threshold_fits_the_first_output(dtype: Dtype | None, least: int, most: int) -> None:
    with FakeBoard() as board:
        if dtype is not None:
            board.model = Model(0, 0, 0, 0, 0, (), (dtype, Dtype.INT8), (4, 4), "")
        with Session(board.port) as session:
            assert threshold_range(session) == (least, most)


@pytest.mark.slow
def test_the_ranges_are_those_of_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the board takes and what it refuses, one step beyond, with the host's own check out of the way."""
    ranges = dict(RANGES)
    monkeypatch.setattr("host_tools.wire.board_settings.RANGES", dict.fromkeys(ranges, (-(1 << 31), 1 << 31)))
    for name, (least, most) in ranges.items():
        option = "--period" if name == "period_ms" else f"--{name}"
        for value in (least, most):
            assert told(option, value, "--no-keep")[name] == value
        for value in (least - 1, most + 1):
            if name != "period_ms" or value > 0:
                result = settings(option, value, "--no-keep")
                assert (result.exit_code, "out of range" in result.stderr) == (2, True), (name, value)


@pytest.mark.parametrize(("detail", "remedy"), [(0x1105, "worn out"), (NO_STORAGE, "--no-keep")])
def test_a_flash_that_can_not_be_written_is_told(detail: int, remedy: str) -> None:
    now = Settings(0, -128, 1, 0, -1, -1, 0, 0, 0, 0, refused=0)

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == SettingsRequest.CODE:
            board.send(now, frame.sequence)
        elif frame.type == Configure.CODE:
            board.send(Error(ErrorCode.STORAGE, detail, "they can't be kept"), frame.sequence)
        else:
            return False
        return True

    with FakeBoard(answer) as board:
        result = settings("--port", board.port, "--mirror")
        assert result.exit_code == 2
        assert "can't be kept" in result.stderr
        assert remedy in " ".join(result.stderr.split())
        with Session(board.port) as session, pytest.raises(Exception, match="can't be kept"):
            change(session, {"mirror": 1}, keep=True)


HAND = Settings(0, -128, 1, 0, 300, 5, 0, 0, 0, 0, refused=Refused.EXPOSURE | Refused.GAIN)


def sensor_board(settings: Settings, sensor: str) -> FakeBoard:
    """A board that takes all settings and says of its sensor what `settings` says."""

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type in (SettingsRequest.CODE, Configure.CODE):
            board.send(settings, frame.sequence)
            return True
        return False

    board = FakeBoard(answer)
    board.hello = replace(board.hello, sensor=sensor)
    return board


def test_what_the_sensor_refuses_is_shown() -> None:
    with sensor_board(HAND, "GC2145") as board:
        result = settings("--port", board.port, "--exposure", 300)
        assert result.exit_code == 0
        assert "300 (not taken by the GC2145)" in result.stdout
        assert "5 (not taken by the GC2145)" in result.stdout
        assert result.stdout.count("not taken") == 2
        plain = json.loads(settings("--port", board.port, "--json").stdout)
        assert (plain["sensor"], plain["refused"]) == ("GC2145", ["exposure", "gain"])
        assert plain["settings"]["exposure"] == 300
        assert "refused" not in plain["settings"]


def test_a_camera_that_has_not_run_can_refuse_later() -> None:
    with sensor_board(replace(HAND, refused=0), "") as board:
        here = ("--board", "esp32cam", "--port", board.port)
        assert "has not run" in settings(*here, "--gain", 5).stderr
        assert "has not run" not in settings(*here, "--period", 5).stderr
        assert "has not run" not in settings(*here).stderr


def test_the_title_names_the_board_that_answered() -> None:
    with sensor_board(HAND, "GC2145") as board:
        board.hello = replace(board.hello, board="mini\x1b[2Jmal")
        shown = settings("--port", board.port)
        assert f"Settings of mini\\x1b[2Jmal at {board.port}" in " ".join(shown.stdout.split())
    assert "Settings of sim at " in settings().stdout


def test_settings_last_over_a_flash(place: Path) -> None:
    kept = told("--period", 77)
    assert kept["period_ms"] == 77
    flash(resolve(str(write_landmark_toy(place / "again"))), load_board("sim"), "aot")
    assert told() == kept
