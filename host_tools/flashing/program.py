"""Runs a tool as a program of its own and hands on its lines while it works."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import ToolError
from codegen.installation import extra_command
from codegen.shell import command_line

KEPT_LINES = 4000


@dataclass(frozen=True)
class Outcome:
    """How a program ended: exit status and what it wrote (both streams, the last KEPT_LINES lines)."""

    status: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def command_of(module: str, program: str, extra: str) -> list[str]:
    """How a tool that PyPI brings is called: as a module of this Python, else as a program on the path.

    Args:
        extra: which of our extras brings it.

    Raises:
        ToolError: it is not installed.
    """
    if importlib.util.find_spec(module) is not None:
        return [sys.executable, "-m", module]
    found = shutil.which(program)
    if found is None:
        raise ToolError(f"{program} is not installed", program, f"Install it: `{extra_command(extra)}`.")
    return [found]


def shown_command(module: str, program: str, *words: str | Path) -> str:
    """A call of such a tool as people paste it: by its name where the path has it."""
    here = shutil.which(program) is None and importlib.util.find_spec(module) is not None
    return command_line(*([sys.executable, "-m", module] if here else [program]), *words)


def run_program(
    command: Sequence[str],
    on_line: Callable[[str], None] = lambda _: None,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Runs a program to its end; Ctrl-C ends it too, and whatever it has started: PlatformIO runs esptool.

    Args:
        on_line: gets each line as it comes; a carriage return ends a line as well.
        env: variables besides those of this process.
    Raises:
        ToolError: it does not start.
    """
    lines: list[str] = []
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **(env or {})}
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=cwd,
            env=variables,
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise ToolError(f"it does not start ({error.strerror})", command[0], "Install it again.") from error
    with process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                plain = line.rstrip()
                if plain:
                    lines.append(plain)
                    del lines[:-KEPT_LINES]
                    on_line(plain)
        except BaseException:
            _end(process)
            raise
    return Outcome(process.returncode, tuple(lines))


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a program at once, on POSIX with its children: they are its session."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        os.killpg(process.pid, signal.SIGKILL)
