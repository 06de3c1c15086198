"""Ports that are busy or gone, and boards that fall silent or are not who they should be."""

from __future__ import annotations

import json
import os
import sys
import tty
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from host_tools.models import resolve
from host_tools.wire.framing import Frame
from host_tools.wire.messages import InferTensor, Stream
from host_tools.wire.transport import open_transport
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.model_board import ModelBoard
from tests.host_tools.toy_folder import write_toy
from tests.invalid.conftest import Refused

needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy("mini_mobilenet", tmp_path)


def as_sim(board: FakeBoard) -> FakeBoard:
    """The fake says that it is the board `sim`."""
    board.hello = replace(board.hello, board="sim")
    return board


@needs_pty
def test_a_busy_port(refused: Refused, toy: Path) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    name = os.ttyname(theirs)
    holder = open_transport(name)
    said = refused("validate", toy, "--port", name)
    assert "busy" in said
    assert name in said
    holder.close()
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("port", ["/dev/ttyUSB99", "socket://127.0.0.1:9", "socket://nonsense"])
@pytest.mark.parametrize("verb", ["validate", "monitor"])
def test_a_port_that_is_not_there(verb: str, port: str, refused: Refused, toy: Path) -> None:
    assert port in refused(verb, *([toy] if verb == "validate" else []), "--port", port)


@needs_pty
def test_a_port_where_nobody_answers(refused: Refused, toy: Path) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    said = refused("validate", toy, "--port", os.ttyname(theirs), "--timeout", "0.3")
    assert "nothing answered" in said
    os.close(ours)
    os.close(theirs)


def test_a_port_that_goes_away(refused: Refused, toy: Path) -> None:
    def unplug(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == InferTensor.CODE and board.count(InferTensor) == 2:
            board._listener.close()
            board.hang_up()
            return True
        return False

    with ModelBoard(resolve(str(toy))) as board:
        as_sim(board).handler = unplug
        assert board.port in refused("validate", toy, "--port", board.port, "--timeout", "1", "--seed", "1")


def test_a_board_that_stops_answering(refused: Refused, toy: Path) -> None:
    with ModelBoard(resolve(str(toy))) as board:
        as_sim(board).handler = lambda b, f: f.type == InferTensor.CODE and b.count(InferTensor) > 2
        said = refused("validate", toy, "--port", board.port, "--timeout", "1", "--seed", "1")
        assert "stopped answering" in said
        assert board.connections == 2


def test_frames_received_before_a_board_falls_silent_are_kept() -> None:
    with FakeBoard() as board:
        as_sim(board).stream_limit = 3
        arguments = ["monitor", "--port", board.port, "--json", "--timeout", "1"]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 2
    assert "stopped answering" in result.stderr
    assert [json.loads(line)["frame"] for line in result.stdout.splitlines()] == [0, 1, 2]
    assert board.count(Stream) > 1


def test_a_board_with_another_model(refused: Refused, toy: Path, tmp_path: Path) -> None:
    other = resolve(str(write_toy("add", tmp_path)))
    with ModelBoard(other) as board:
        said = refused("validate", toy, "--port", as_sim(board).port)
    assert other.model_hash.hex() in said
    assert resolve(str(toy)).model_hash.hex() in said


def test_another_board_than_named(refused: Refused, toy: Path) -> None:
    with ModelBoard(resolve(str(toy))) as board:
        assert "'fake', not 'sim'" in refused("validate", toy, "--port", board.port)


def test_another_protocol_version(refused: Refused, toy: Path) -> None:
    with FakeBoard() as board:
        board.hello = replace(board.hello, protocol=77)
        said = refused("monitor", "--port", board.port)
    assert "version 77" in said


def test_a_board_without_a_camera(refused: Refused) -> None:
    with FakeBoard() as board:
        as_sim(board).hello = replace(board.hello, has_camera=0, board="sim")
        assert "no camera" in refused("monitor", "--port", board.port)
