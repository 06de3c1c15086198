"""Processor seconds of the whole command `analyze`, and the line that says what takes long."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from host_tools.terminal import console
from tests.toys.detector import detector


def processor_seconds(*arguments: str | Path) -> float:
    """User and system time of `tinyface` with these arguments, Python's start included."""
    command = [sys.executable, "-m", "host_tools.cli", *map(str, arguments)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode in (0, 2)
    return usage.ru_utime + usage.ru_stime


ROOM = 2
"""A busy machine's processors take longer for the same: its caches are shared."""


@pytest.mark.slow
@pytest.mark.parametrize(("ram", "limit"), [(None, 1.5), (100, 6)])
def test_the_time_of_analyze(ram: int | None, limit: float) -> None:
    options = [] if ram is None else ["--ram", str(ram)]
    assert processor_seconds("analyze", "pfld-68-96", *options) <= ROOM * limit


@pytest.mark.slow
def test_the_time_of_a_model_that_has_to_run_in_bands(shared_models: Path) -> None:
    model = shared_models / "person_detect.tflite"
    assert processor_seconds("analyze", model, "--ram", "20000") <= ROOM * 6


@pytest.mark.slow
def test_the_time_of_a_detector_with_branches(tmp_path: Path) -> None:
    model = tmp_path / "detector.tflite"
    model.write_bytes(detector())
    assert processor_seconds("analyze", model) <= ROOM * 3


def test_long_work_says_what_it_is_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = threading.Event()
    texts: list[str] = []
    monkeypatch.setattr(console, "PATIENCE_S", 0.0)
    monkeypatch.setattr(console, "note", lambda text: (texts.append(text), said.set()))
    with console.working("plan the arena"):
        assert said.wait(60)
    assert texts == ["plan the arena ..."]
    assert capsys.readouterr().out == ""


def test_short_work_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    monkeypatch.setattr(console, "PATIENCE_S", 3600.0)
    monkeypatch.setattr(console, "note", texts.append)
    with console.working("plan the arena"):
        pass
    assert texts == []
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
