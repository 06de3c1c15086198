"""Names, numbers and surroundings at their extremes: a fault with a remedy, never a crash."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from tests.host_tools.toy_folder import write_toy
from tests.invalid.conftest import Refused

LONG = "x" * 300


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy("mini_mobilenet", tmp_path)


@pytest.mark.parametrize(
    "name", [LONG, f"{LONG}.tflite", "~nosuchuser", "~nosuchuser/m.tflite", ".", "", "/dev/null"]
)
@pytest.mark.parametrize("verb", ["analyze", "generate", "validate", "evaluate", "bench"])
def test_what_is_no_name_of_a_model(verb: str, name: str, refused: Refused) -> None:
    if not (name == "/dev/null" and sys.platform == "win32"):
        refused(verb, name)


@pytest.mark.parametrize("name", [LONG, "~nosuchuser", "..", "../sim", "sim/", ""])
def test_what_is_no_name_of_a_board(name: str, refused: Refused, toy: Path) -> None:
    refused("analyze", toy, "--board", name)


@pytest.mark.parametrize("place", [LONG, "a/" + LONG, "/dev/null/a"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "TOY", "-o"),
        ("build",),
        ("doctor", "--log"),
        ("monitor", "--pictures"),
        ("monitor", "--port", "socket://127.0.0.1:9", "--save"),
        ("evaluate", "pfld-68-96", "--data"),
        ("bench", "pfld-68-96", "--board", "esp32cam", "--calibrate", "--from"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_paths_that_cannot_be(arguments: tuple[str, ...], place: str, refused: Refused, toy: Path) -> None:
    refused(*(toy if argument == "TOY" else argument for argument in arguments), place)


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999", "x"])
@pytest.mark.parametrize("verb", [("validate", "TOY"), ("demo",), ("train",)], ids=lambda verb: verb[0])
def test_seeds_that_are_none(verb: tuple[str, ...], seed: str, toy: Path) -> None:
    given = [str(toy) if argument == "TOY" else argument for argument in verb]
    result = CliRunner().invoke(app, [*given, "--seed", seed])
    assert result.exit_code == 2
    assert "--seed" in result.stderr


def test_a_flash_file_that_is_a_folder(refused: Refused, toy: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "sim" / "flash.bin").mkdir(parents=True)
    assert "flash.bin" in refused("validate", toy)
    assert "a folder has its name" in refused("flash", "--model", toy)


def test_a_home_of_nobody(refused: Refused, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYFACE_STATE", "~nosuchuser/state")
    assert "TINYFACE_STATE" in refused("validate", toy)


@pytest.mark.skipif(sys.platform == "win32", reason="a script as the compiler")
@pytest.mark.parametrize("body", ["exit 0", 'for a; do last=$a; done; mkdir -p "$last"'])
def test_a_compiler_that_writes_nothing(
    body: str, refused: Refused, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\n{body}\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    assert "wrote no" in refused("flash", "--model", toy)
    assert "C compiler" in refused("evaluate", "pfld-68-96", "--dataset", "synthetic", "--limit", "1")


@pytest.mark.skipif(os.name != "posix", reason="the working folder can't be removed elsewhere")
def test_a_working_folder_that_is_gone(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for arguments in (["generate", str(toy), "-o", "out"], ["generate", str(toy), "-o", "."], ["build", "."]):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 2, arguments
        assert "remedy: " in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="devices of POSIX")
def test_a_device_is_no_log(refused: Refused) -> None:
    assert "--port /dev/zero" in refused("doctor", "--log", "/dev/zero")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze",),
        ("build",),
        ("validate", "pfld-68-96", "--pictures"),
        ("evaluate", "pfld-68-96", "--data"),
        ("generate", "pfld-68-96", "-o"),
        ("bench", "pfld-68-96", "--board", "esp32cam", "--calibrate", "--from"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_pipe_does_not_make_it_wait(arguments: tuple[str, ...], refused: Refused, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(*arguments, tmp_path / "pipe")
