"""`tinyface monitor` names the camera's sensor: at once where the board knows it, else when it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from host_tools.cli import app
from host_tools.wire.framing import Frame
from host_tools.wire.messages import Log, LogLevel, Stream
from tests.host_tools.fake_board import FakeBoard


def monitor(board: FakeBoard) -> Result:
    arguments = ["monitor", "--board", "esp32cam", "--port", board.port, "--frames", "2"]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize("sensor", ["", "GC2145", "OV5640"])
def test_the_sensor_is_named_at_the_start(sensor: str) -> None:
    with FakeBoard() as board:
        board.hello = replace(board.hello, sensor=sensor)
        done = monitor(board)
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 2
    assert (f"the camera's sensor is the {sensor}" in done.stderr) == bool(sensor)


def test_what_the_board_says_of_its_camera_is_shown() -> None:
    """The first stream since the start: the sensor is found, and says what it does not take."""
    line = "this camera does not take these settings: exposure"

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == Stream.CODE:
            board.send(Log(LogLevel.WARNING, line), 0, flags=1)
        return False

    with FakeBoard(answer) as board:
        done = monitor(board)
    assert done.exit_code == 0, done.output
    assert line in done.stderr
