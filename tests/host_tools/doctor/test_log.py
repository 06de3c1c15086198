"""`tinyface doctor --log`: a file, what is piped in, and what is no log."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from tests.host_tools.doctor.test_doctor import LOGS, doctor, needs_pty
from tests.host_tools.fake_board import FakeBoard


def test_a_log_with_a_fault() -> None:
    result = doctor("--log", LOGS / "brownout.log")
    assert result.exit_code == 1
    assert "wrong: the supply voltage collapses (brownout)" in result.stdout
    assert "seen: Brownout detector was triggered" in result.stdout
    assert "remedy: Feed the 5V pin" in result.stdout


def test_a_log_as_json() -> None:
    result = doctor("--log", LOGS / "psram.log", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [finding["rule"] for finding in report["findings"]] == ["psram"]


def test_an_unknown_log_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "boot.log"
    file.write_bytes(b"my own firmware 1.2\r\nthe flux capacitor is cold\r\n")
    result = doctor("--log", file)
    assert result.exit_code == 4
    assert "Not known" in result.stdout
    assert "the flux capacitor is cold" in result.stdout
    assert "remedy" not in result.stdout


def test_a_log_that_is_piped_in() -> None:
    raw = (LOGS / "psram.log").read_bytes()
    result = CliRunner().invoke(app, ["doctor", "--log", "-", "--json"], input=raw)
    assert result.exit_code == 1
    assert [finding["rule"] for finding in json.loads(result.stdout)["findings"]] == ["psram"]


def test_an_empty_log(tmp_path: Path) -> None:
    file = tmp_path / "boot.log"
    file.touch()
    result = doctor("--log", file)
    assert result.exit_code == 5
    assert "Nothing was received" in result.stdout
    assert "Nothing is wrong" not in result.stdout


@pytest.mark.slow
def test_a_very_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    file = tmp_path / "boot.log"
    file.write_bytes(b"x" * (30 << 20) + b"\nBrownout detector was triggered\n")
    result = doctor("--log", file)
    assert result.exit_code == 1
    assert "the last 2,097,152 read" in result.stdout
    assert "brownout" in result.stdout


def test_an_unknown_line_without_end_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "boot.log"
    file.write_bytes(b"y" * 100_000)
    result = doctor("--log", file)
    assert len(result.stdout) < 2000


def test_brackets_are_no_markup(tmp_path: Path) -> None:
    """Neither in a board's own words nor in a path."""
    with FakeBoard() as board:
        board.hello = replace(board.hello, model="[/red]pfld[bold]")
        result = doctor("--port", board.port)
    assert "[/red]pfld[bold]" in result.stdout


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    result = doctor("--log", tmp_path / "none.log")
    assert result.exit_code == 2
    assert "can't be read" in result.stderr


@needs_pty
def test_a_pipe_or_a_folder_is_no_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.log")
    for place in (tmp_path, tmp_path / "fifo.log"):
        result = doctor(place)
        assert result.exit_code == 2
        assert "| tinyface doctor -" in result.stderr


def test_a_board_has_no_part_in_a_log() -> None:
    result = doctor(LOGS / "psram.log", "--board", "sim")
    assert result.exit_code == 2
    assert "Leave --board out" in result.stderr


def test_a_log_and_a_port_are_one_too_many() -> None:
    assert doctor("--log", LOGS / "psram.log", "--port", "/dev/ttyUSB0").exit_code == 2
