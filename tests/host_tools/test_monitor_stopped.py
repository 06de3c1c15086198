"""`tinyface monitor` at Ctrl-C says only what is true, and hears it wherever it was started."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Message, ModelRequest
from host_tools.wire.timing import Counters
from tests.host_tools.recorded import HELLO, MODEL, SETTINGS, inference


class Stopped:
    """A session with a board; somebody presses Ctrl-C behind some frames."""

    port, board, counters, bad_frames = "a port", HELLO, Counters(), 0

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def ask(self, message: Message, _: object) -> Message:
        return MODEL if isinstance(message, ModelRequest) else SETTINGS

    def restart(self) -> None:
        """It is as new."""

    def stream(self, *_: object, **__: object) -> Iterator[Inference]:
        for number in range(self._frames):
            yield inference(number)
        raise KeyboardInterrupt


def monitor(frames: int | None, monkeypatch: pytest.MonkeyPatch, *options: object) -> tuple[int, str]:
    """Exit code and what was said; None: Ctrl-C comes while the board starts."""

    @contextlib.contextmanager
    def opened(*_: object, **__: object) -> Iterator[Any]:
        if frames is None:
            raise KeyboardInterrupt
        yield cast(Any, Stopped(frames))

    monkeypatch.setattr("host_tools.attach.open_board", opened)
    done = CliRunner().invoke(app, ["monitor", "--board", "esp32cam", "--port", "a port", *map(str, options)])
    return done.exit_code, done.stderr


def test_nothing_is_said_to_be_kept_where_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for frames in (None, 0, 2):
        code, said = monitor(frames, monkeypatch)
        assert code == 130
        assert "Stopped. Run it again to go on." in said
        assert "kept" not in said
        assert "saved" not in said


def test_what_is_kept_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, folder = tmp_path / "a.rec", tmp_path / "pictures"
    for frames, told in ((2, "2 pictures saved"), (1, "1 picture saved"), (0, "0 pictures saved")):
        code, said = monitor(frames, monkeypatch, "--save", folder, "--record", file)
        assert code == 130
        assert f"{told} in {folder}" in " ".join(said.split())
        assert f"{frames} frames recorded in" in " ".join(said.split())
        file.unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_is_not_deaf_where_a_shell_started_it_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no other end than Ctrl-C."""
    found = []

    @contextlib.contextmanager
    def opened(*_: object, **__: object) -> Iterator[Any]:
        found.append(signal.getsignal(signal.SIGINT))
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("host_tools.attach.open_board", opened)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        CliRunner().invoke(app, ["monitor", "--board", "esp32cam", "--port", "a port"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert found == [signal.default_int_handler]
