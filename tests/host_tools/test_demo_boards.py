"""The demo refuses a board that can't show it at once, and its remedy names one that can."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from host_tools.cli import app


@pytest.mark.parametrize(
    ("board", "cause"), [("xiao-esp32s3-sense", "a real one"), ("qemu-cortex-m4", "has no camera")]
)
def test_a_board_without_a_simulated_camera_is_refused(board: str, cause: str) -> None:
    done = CliRunner().invoke(app, ["demo", "--board", board])
    assert done.exit_code == 2
    assert cause in " ".join(done.stderr.split())
    assert "--board sim" in done.stderr
    assert "flash" not in done.stderr


def test_doctor_looks_for_no_adapter_of_a_simulated_board() -> None:
    done = CliRunner().invoke(app, ["doctor", "--board", "sim"])
    assert done.exit_code == 1
    assert "simulated" in done.stdout
    assert "plugged in" not in done.stdout
