"""A command line that is shown can be pasted: the shell gives each word back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codegen.shell import command_line

NAMES = [
    "plain",
    "my camera",
    "it's",
    'a "b"',
    "$HOME",
    "a;b",
    "a&b",
    "(x)",
    "*",
    "~x",
    "#x",
    "камера",
    "a\\b",
]


@pytest.mark.skipif(sys.platform == "win32", reason="runs a POSIX shell")
@pytest.mark.parametrize("name", NAMES)
def test_a_posix_shell_gives_the_words_back(name: str) -> None:
    shown = command_line(
        Path(sys.executable), "-c", "import sys; print(ascii(sys.argv[1:]))", Path(name), "-x"
    )
    said = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True).stdout
    assert said.strip() == ascii([name, "-x"])


def test_a_path_that_looks_like_an_option() -> None:
    assert command_line("tinyface", "build", Path("-x")) == "tinyface build ./-x"


def test_windows_takes_double_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    line = command_line("tinyface", "build", r"C:\Users\Ada Lovelace\my-camera", "--port", "COM3", "a>=1")
    assert line == r'tinyface build "C:\Users\Ada Lovelace\my-camera" --port COM3 "a>=1"'
