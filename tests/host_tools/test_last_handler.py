"""A crash is exit code 3 with a report and no traceback; a signal ends the program and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

START = "import sys\nfrom host_tools.terminal.last_handler import run_guarded\n"


def run(body: str, place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs `body`, which defines run(), under the last handler; temporary files go to `place`."""
    code = f"{START}{body}\nraise SystemExit(run_guarded(run, ['validate', 'm\\x1b.tflite']))"
    env = {**os.environ, "TMPDIR": str(place), **variables}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env, timeout=60
    )


def test_a_crash_is_code_3_and_a_report(tmp_path: Path) -> None:
    done = run("def run():\n    raise ZeroDivisionError('by \\x1b[31m nought')", tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "a fault of tinyface (ZeroDivisionError: by \\x1b[31m nought)" in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stdout == ""
    (report,) = tmp_path.iterdir()
    assert str(report) in done.stderr
    text = report.read_text()
    assert "Traceback (most recent call last)" in text
    assert "arguments: 'validate' 'm\\x1b.tflite'" in text
    assert "Python 3" in text
    assert "numpy" in text
    if sys.platform != "win32":
        assert report.stat().st_mode & 0o077 == 0


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    body = (
        "import tempfile\n"
        "def refuse(*_, **__):\n    raise OSError(28, 'No space left on device')\n"
        "tempfile.mkstemp = refuse\n"
        "def run():\n    raise KeyError('k')"
    )
    done = run(body, tmp_path)
    assert done.returncode == 3
    assert "No report could be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        ("SystemExit(1)", 1, ""),
        ("SystemExit", 0, ""),
        ("SystemExit('because')", 2, "because"),
        ("KeyboardInterrupt", 130, "Stopped."),
        ("MemoryError", 2, "not enough memory"),
        ("RecursionError", 3, "a fault of tinyface"),
        ("OSError(28, 'No space left on device', '/somewhere')", 2, "/somewhere"),
        ("OSError(2, 'No such file', '/somewhere')", 3, "a fault of tinyface"),
        ("FileNotFoundError(2, 'No usable temporary directory found in [...]')", 2, "TMPDIR"),
        ("BrokenPipeError", 2, ""),
    ],
)
def test_what_else_may_leave_a_program(raised: str, code: int, said: str, tmp_path: Path) -> None:
    done = run(f"def run():\n    raise {raised}", tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_crash_in_another_thread_is_reported_too(tmp_path: Path) -> None:
    body = (
        "import threading\n"
        "def run():\n"
        "    thread = threading.Thread(target=lambda: 1 / 0)\n"
        "    thread.start()\n    thread.join()\n    return 0"
    )
    done = run(body, tmp_path)
    assert "Traceback" not in done.stderr
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_unwinds_the_program(name: str, tmp_path: Path) -> None:
    body = (
        "import os, signal, tempfile, time\n"
        "def run():\n"
        "    with tempfile.TemporaryDirectory():\n"
        f"        os.kill(os.getpid(), signal.{name})\n"
        "        time.sleep(30)"
    )
    done = run(body, tmp_path)
    assert done.returncode == 128 + getattr(signal, name)
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_what_a_library_makes_of_a_signal_is_no_crash(tmp_path: Path) -> None:
    body = (
        "import os, signal\n"
        "def run():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n        signal.pause()\n"
        "    except SystemExit as error:\n"
        "        raise SystemError('returned a result with an exception set') from error"
    )
    done = run(body, tmp_path)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_nohup_is_respected(tmp_path: Path) -> None:
    body = (
        "import os, signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "def run():\n    os.kill(os.getpid(), signal.SIGHUP)\n    return 0"
    )
    assert run(body, tmp_path).returncode == 0


DROPPED = """
import os, signal, threading, weakref
class Thing:
    pass
def run():
    thing = Thing()
    told = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.{name}))
    del thing
    threading.Event().wait(3600)
    return 0
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "said"), [("SIGINT", "Stopped."), ("SIGTERM", "")])
def test_a_signal_in_a_callback_is_not_dropped(name: str, said: str, tmp_path: Path) -> None:
    """As when a program that is just starting imports: each import ends with a callback. What waits then, for
    an hour here, does not wait on."""
    done = run(DROPPED.format(name=name), tmp_path)
    assert (done.returncode, done.stderr.strip()) == (128 + getattr(signal, name), said)


def test_other_faults_in_callbacks_are_told(tmp_path: Path) -> None:
    body = DROPPED.format(name="SIGINT").replace("os.kill(os.getpid(), signal.SIGINT)", "1 // 0")
    done = run(body.replace("wait(3600)", "wait(0)"), tmp_path)
    assert done.returncode == 0
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_what_a_library_makes_of_ctrl_c_is_no_crash(tmp_path: Path) -> None:
    body = (
        "import os, signal, threading\n"
        "def run():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n        threading.Event().wait(30)\n"
        "    except KeyboardInterrupt:\n        raise ImportError('a part failed to import') from None\n"
        "    return 0"
    )
    done = run(body, tmp_path)
    assert (done.returncode, done.stderr) == (130, "Stopped.\n")


IMPORTING = """
import os, sys
sys.argv = ["tinyface", "view", "--listen", "127.0.0.1:0", "--replay", "nowhere.rec"]
class Interrupts:
    due = {imports}
    def find_spec(self, name, *_):
        self.due -= name != "tinyface_esp32"
        if self.due == 0:
            os.kill(os.getpid(), 2)
sys.meta_path.insert(0, Interrupts())
from tinyface_esp32 import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "imports", [1, 100, *(pytest.param(number, marks=pytest.mark.slow) for number in range(2, 602, 50))]
)
def test_ctrl_c_while_the_program_is_imported(imports: int, repository: Path) -> None:
    """From the first module on that Python has not loaded by itself, and in the midst of a verb's own."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING.format(imports=imports)],
        capture_output=True,
        text=True,
        check=False,
        cwd=repository,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() in ("Stopped.", "")  # typer says nothing


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_later_unwinds_the_program(tmp_path: Path) -> None:
    """What has ended it at once so far does not any more."""
    body = (
        "import os, signal\n"
        "signal.signal(signal.SIGINT, lambda *_: os._exit(1))\n"
        "def run():\n"
        "    try:\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "    finally:\n        print('cleared away')\n"
        "    return 0"
    )
    done = run(body, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "cleared away\n", "Stopped.\n")
