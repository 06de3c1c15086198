"""What happens when tinyface itself is at fault: a report file and one sentence, never a traceback.

Exit code 3, so that nobody takes a crash for the answer "bytes differ" (exit code 1).
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import platform
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from types import FrameType

from codegen.errors import TinyfaceError
from codegen.installation import DISTRIBUTION
from codegen.plain_text import one_line, readable
from host_tools.terminal.console import (
    EXIT_CRASH,
    EXIT_FAULT,
    EXIT_INTERRUPTED,
    note,
    output_gone,
    print_fault,
)
from host_tools.terminal.dropped import raise_dropped_again
from host_tools.terminal.streams import OutputError, prepare_streams, silence

PACKAGES = ("numpy", "scipy", "pillow", "rich", "typer", "pyserial", "tflite-micro", "tensorflow")
OF_THE_SYSTEM = frozenset(
    getattr(errno, name)
    for name in (
        "ENOSPC",
        "EDQUOT",
        "EROFS",
        "EIO",
        "EMFILE",
        "ENFILE",
        "ENOMEM",
        "EACCES",
        "EPERM",
        "ENAMETOOLONG",
    )
    if hasattr(errno, name)
)
"""What the system may refuse to any program: exit code 2 where no verb has a better word for it."""
NO_PLACE = "No usable temporary directory"
"""What Python says where no folder for temporary files can be written."""
ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that ask a program to end; the work folders and the children go with it."""


def run_guarded(run: Callable[[], int], arguments: Sequence[str]) -> int:
    """Runs the program with usable streams and returns its exit code, whatever happens in it.

    Args:
        run: the program; returns an exit code.
        arguments: of the command line, for the report.
    """
    prepare_streams()
    ended_by = _end_on_signals()
    raise_dropped_again()
    threading.excepthook = lambda hooked: _report_thread(hooked, arguments)
    try:
        code = _outcome(run, arguments, ended_by)
        sys.stdout.flush()
    except (OutputError, OSError, ValueError) as error:
        code = output_gone(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OutputError, OSError, ValueError):
            silence(stream)
    return code


def _outcome(run: Callable[[], int], arguments: Sequence[str], ended_by: list[int]) -> int:
    try:
        _unwind_on_ctrl_c(ended_by)
        return run()
    except SystemExit as leave:
        if isinstance(leave.code, int) or leave.code is None:
            return leave.code or 0
        note(str(leave.code))
        return EXIT_FAULT
    except KeyboardInterrupt:
        note("Stopped.")
        return EXIT_INTERRUPTED
    except (BrokenPipeError, OutputError) as error:
        return output_gone(error)
    except TinyfaceError as fault:
        print_fault(fault)
        return EXIT_FAULT
    except MemoryError:
        print_fault(
            TinyfaceError("there is not enough memory", "", "Use a smaller input, or end other programs.")
        )
        return EXIT_FAULT
    except Exception as error:
        if ended_by:  # C code turns the exception of a handler into others
            if ended_by[0] == signal.SIGINT:
                note("Stopped.")
            return 128 + ended_by[0]
        if (refused := refusal_of(error)) is not None:
            print_fault(refused)
            return EXIT_FAULT
        _say(error, arguments)
        return EXIT_CRASH


def refusal_of(error: Exception) -> TinyfaceError | None:
    """What the system refuses, in words; None where the fault is another one."""
    if not (isinstance(error, OSError) and (error.errno in OF_THE_SYSTEM or NO_PLACE in str(error))):
        return None
    where = str(error.filename or os.environ.get("TMPDIR", "the folder of temporary files"))
    remedy = "Check that place and its space; TMPDIR names another folder for temporary files."
    return TinyfaceError(f"the system refuses it ({error.strerror})", where, remedy)


def _say(error: BaseException, arguments: Sequence[str]) -> None:
    """One sentence on stderr: what failed, and where the report lies."""
    with contextlib.suppress(OSError, ValueError):
        print_fault(crash_of(error, arguments))


def crash_of(error: BaseException, arguments: Sequence[str]) -> TinyfaceError:
    """The fault to print for a crash; its report is written, or the fault says why not."""
    what = one_line(f"{type(error).__name__}: {error}")[:300]
    place = traceback.extract_tb(error.__traceback__)[-1:] if error.__traceback__ else []
    where = f"{place[0].filename}, line {place[0].lineno}" if place else ""
    try:
        file = write_report(error, arguments)
    except OSError as failed:
        reason = failed.strerror or failed
        said = f"No report could be written ({reason}): set TMPDIR to a folder with room, and run it again."
        return TinyfaceError(f"a fault of tinyface ({what})", where, said)
    return TinyfaceError(
        f"a fault of tinyface ({what})",
        where,
        f"Please report it with the file {file}, and try another input.",
    )


def write_report(error: BaseException, arguments: Sequence[str]) -> Path:
    """Writes traceback, versions and arguments into a new file that only the user can read.

    Raises:
        OSError: it can't be written.
    """
    lines = [
        f"tinyface {_version(DISTRIBUTION)}, {datetime.datetime.now().isoformat(timespec='seconds')}",
        f"Python {platform.python_version()} on {platform.platform()}",
        ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        "arguments: " + " ".join(repr(argument) for argument in arguments),
        f"stdout {getattr(sys.stdout, 'encoding', None)}, file names {sys.getfilesystemencoding()}",
        "",
        *traceback.format_exception(type(error), error, error.__traceback__),
    ]
    handle, name = tempfile.mkstemp(prefix="tinyface-fault-", suffix=".txt")
    file = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write("\n".join(readable(line) for line in lines))
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return file


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"


def _report_thread(hooked: threading.ExceptHookArgs, arguments: Sequence[str]) -> None:
    if hooked.exc_value is not None and not isinstance(hooked.exc_value, SystemExit):
        _say(hooked.exc_value, arguments)


def _end_on_signals() -> list[int]:
    """Lets a signal that ends the program unwind it, once; a second one does not disturb that.

    Returns:
        filled with the number of that signal when it comes, and with those of Ctrl-C.
    """
    came: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        came.append(number)
        for known in chosen:
            signal.signal(known, signal.SIG_IGN)
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        return came
    chosen = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    for number in chosen:
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has its own will
            signal.signal(number, end)
    return came


def _unwind_on_ctrl_c(came: list[int]) -> None:
    """Lets Ctrl-C raise KeyboardInterrupt from now on, also where it has ended the program at once so far
    (tinyface_esp32): there is something to clear away now."""

    def interrupt(number: int, _: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    if in_main and callable(signal.getsignal(signal.SIGINT)):  # what a shell starts with & may be deaf to it
        signal.signal(signal.SIGINT, interrupt)
