"""A signal ends a training and is told as one, whatever a library makes of what its handler raises."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.errors import ModelError
from model_zoo.training.asked import Asked, noted
from model_zoo.training.rehearse import _tried

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


@pytest.fixture
def handled() -> Iterator[None]:
    """The handlers of a command, whatever those are that the tests were started with."""
    before = signal.signal(signal.SIGTERM, end), signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])


def ask(number: int) -> None:
    os.kill(os.getpid(), number)
    for _ in range(1000):  # the handler runs between two steps of the interpreter
        pass


@pytest.mark.usefixtures("handled")
def test_what_c_code_swallows_is_raised_at_the_next_step() -> None:
    swallowing = ctypes.CFUNCTYPE(None)(lambda: ask(signal.SIGTERM))
    with noted() as asked:
        asked.leave()
        with pytest.MonkeyPatch.context() as quiet:
            quiet.setattr(sys, "unraisablehook", lambda _: None)
            swallowing()
        with pytest.raises(SystemExit) as caught:
            asked.leave()
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is end


@pytest.mark.usefixtures("handled")
def test_ctrl_c_is_one_of_them() -> None:
    with noted() as asked, pytest.raises(KeyboardInterrupt):
        ask(signal.SIGINT)
    assert isinstance(asked.exception(), KeyboardInterrupt)


def test_what_is_ignored_stays_so_and_other_threads_note_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with noted() as asked:
            ask(signal.SIGHUP)
        assert asked.exception() is None
    finally:
        signal.signal(signal.SIGHUP, before)
    seen: list[Asked] = []

    def elsewhere() -> None:
        with noted() as asked:
            seen.append(asked)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen[0].exception() is None


def test_a_rehearsal_takes_no_signal_for_a_network_that_can_not_be_exported() -> None:
    def make(error: Exception) -> bytes:
        raise error

    with pytest.raises(SystemError):
        _tried(lambda: make(SystemError("returned a result with an exception set")), "net")
    with pytest.raises(ModelError, match="can't be quantized or exported"):
        _tried(lambda: make(ValueError("no such layer")), "net")


BODY = """
import os, signal, sys
from host_tools.cli import main
from model_zoo.training import train

def library(options, progress, asked):
    progress.begin("float", 9, None)
    progress.done = 4
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    except SystemExit as error:
        raise SystemError("returned a result with an exception set") from error

train._train = library
sys.argv = ["tinyface", "train", "-o", sys.argv[1]]
main()
"""


@pytest.mark.parametrize("kept", [True, False])
def test_the_command_says_where_it_stands(tmp_path: Path, repository: Path, kept: bool) -> None:
    (tmp_path / "run").mkdir()
    if kept:
        (tmp_path / "run" / "float.ckpt.npz").touch()
    done = subprocess.run(
        [sys.executable, "-c", BODY, str(tmp_path / "run")],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 143, done.stderr
    assert "training was interrupted after epoch 4 of 9 of the float phase" in done.stderr
    assert ("--resume" in done.stderr) == kept
    assert "fault" not in done.stderr
