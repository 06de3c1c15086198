"""`tinyface bench` of a program of several stages: one run of each of its networks by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.measure.counting import emulator_of
from tests.host_tools.test_program_files import write_cascade

BOARD = "qemu-cortex-m4"


@pytest.mark.slow
def test_each_network_by_itself(tmp_path: Path) -> None:
    try:
        emulator_of(load_board(BOARD))
    except ToolError as error:
        pytest.skip(str(error))
    cascade = write_cascade(tmp_path)
    done = CliRunner().invoke(app, ["bench", str(cascade), "--board", BOARD, "--json"])
    assert done.exit_code == 0, done.output
    told = " ".join(done.stderr.split())
    assert "one run of each of its networks" in told
    assert f"tinyface analyze {cascade}" in told
    measured = json.loads(done.stdout)["measured"]
    assert [found["model"] for found in measured] == ["proposals", "second", "marks"]
    alone = CliRunner().invoke(app, ["bench", str(cascade.with_name("marks.tflite")), "-b", BOARD, "--json"])
    assert json.loads(alone.stdout)["measured"] == measured[2:]


def test_a_calibration_takes_one_network(tmp_path: Path) -> None:
    cascade = write_cascade(tmp_path)
    done = CliRunner().invoke(app, ["bench", str(cascade), "--calibrate", "--board", "esp32cam"])
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "one network" in told
    assert f"tinyface flash {cascade.with_name('proposals.tflite')} --board esp32cam" in told
