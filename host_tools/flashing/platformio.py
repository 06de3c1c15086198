"""Builds and uploads a project with PlatformIO, called as a program, and says in our words why it failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from codegen.board import Board
from codegen.errors import TinyfaceError, ToolError
from host_tools.doctor import consult
from host_tools.flashing.build_place import platformio_variables
from host_tools.flashing.esptool import Progress, known_fault
from host_tools.flashing.program import Outcome, command_of, run_program, shown_command

_PERCENT = re.compile(r"^Writing at .*?(\d+(?:\.\d+)?)\s*%")


def build(project: Path, board: Board, on_line: Callable[[str], None] = lambda _: None) -> Path:
    """Builds a generated project; the first build downloads the toolchain.

    Returns:
        the folder with bootloader.bin, partitions.bin and firmware.bin.
    Raises:
        ToolError: PlatformIO is not installed, can't download, or the project does not compile.
    """
    command = [*_pio(), "run", "-d", str(project.absolute()), "-e", board.name]
    outcome = run_program(command, on_line, env=platformio_variables(project))
    if outcome.status != 0:
        raise _build_fault(outcome, project)
    return build_folder(project, board)


def build_folder(project: Path, board: Board) -> Path:
    """Where PlatformIO puts what it builds."""
    return project / ".pio" / "build" / board.name


def upload(project: Path, board: Board, port: str, progress: Progress = lambda _: None) -> None:
    """Uploads a built project through PlatformIO, which calls esptool.

    Raises:
        BoardError: the port, the chip or the line is at fault.
        ToolError: PlatformIO fails for another reason.
    """

    def on_line(line: str) -> None:
        found = _PERCENT.search(line)
        if found:
            progress(float(found[1]) / 100)

    whole = str(project.absolute())
    command = [*_pio(), "run", "-d", whole, "-e", board.name, "-t", "upload", "--upload-port", port]
    outcome = run_program(command, on_line, env=platformio_variables(project))
    if outcome.status == 0:
        return
    # What the build said before the upload is none of the line's faults.
    at = max(outcome.text.rfind("Uploading "), 0)
    known = known_fault(outcome.text[at:], port) if at else None
    raise known if known is not None else _build_fault(outcome, project)


def pio_line(*words: str | Path) -> str:
    """A call of PlatformIO as people paste it."""
    return shown_command("platformio", "pio", *words)


def _pio() -> list[str]:
    return command_of("platformio", "pio", "pio")


def _build_fault(outcome: Outcome, project: Path) -> TinyfaceError:
    where = str(project)
    finding = consult.of_build(outcome.text)
    if finding is not None and finding.rule != "build":
        return ToolError(f"{finding.cause}: {finding.line}", where, finding.remedy)
    errors = [
        line for line in outcome.lines if re.search(r"\berror\b|undefined reference|overflowed", line, re.I)
    ]
    said = "\n".join((errors or list(outcome.lines))[-5:])
    return ToolError(
        f"PlatformIO failed (exit status {outcome.status}):\n{said}",
        where,
        f"`{pio_line('run', '-d', project)}` shows everything; correct what it names and flash again.",
    )
