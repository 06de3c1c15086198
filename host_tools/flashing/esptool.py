"""Writes images with the real esptool, called as a program, and says in our words what it complains of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError, TinyfaceError, ToolError
from codegen.shell import quoted
from host_tools.doctor import consult
from host_tools.flashing.program import Outcome, command_of, run_program
from host_tools.wire.upload_speed import speed_that_failed

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
Progress = Callable[[float], None]
"""Gets the fraction written, 0 to 1."""


@dataclass(frozen=True)
class Part:
    """One file and where it goes in flash."""

    offset: int
    file: Path


def esptool_command() -> list[str]:
    """How esptool is called.

    Raises:
        ToolError: it is not installed.
    """
    return command_of("esptool", "esptool", "pio")


def write_parts(
    board: Board,
    port: str,
    parts: Sequence[Part],
    *,
    resets: bool,
    baud: int,
    progress: Progress = lambda _: None,
) -> None:
    """Flashes files; esptool compares an MD5 of each with what the chip then holds.

    Args:
        resets: the port's DTR and RTS reset the board. False: it is in download mode and stays there.
        baud: how fast it writes.
        progress: called while it writes.
    Raises:
        LineError: the connection broke; where `baud` is what the line does not carry, a lower one may do.
        ToolError: esptool is not installed, or fails in a way that is not known here.
        BoardError: the port, the chip or the line is at fault.
    """
    before, after = ("default-reset", "hard-reset") if resets else ("no-reset", "no-reset")
    command = [
        *esptool_command(),
        *("--chip", board.chip, "--port", port, "--baud", str(baud)),
        *("--before", before, "--after", after),
        *("write-flash", "--flash-size", f"{board.flash.flash_bytes >> 20}MB"),
    ]
    for part in parts:
        command += [hex(part.offset), str(part.file.absolute())]  # no path begins with a dash
    total = max(1, sum(part.file.stat().st_size for part in parts))
    done = _Written([part.file.stat().st_size for part in parts])

    def on_line(line: str) -> None:
        found = _PERCENT.search(line)
        if found and line.startswith("Writing"):
            progress(done.at(float(found[1]) / 100) / total)

    outcome = run_program(command, on_line)
    if outcome.status != 0:
        raise fault_of(outcome, port, board)


class _Written:
    """Bytes written so far, from the percents that esptool counts anew for each file."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = list(sizes)
        self._number, self._last = 0, 0.0

    def at(self, fraction: float) -> float:
        if fraction < self._last and self._number + 1 < len(self._sizes):
            self._number += 1
        self._last = fraction
        return sum(self._sizes[: self._number]) + fraction * self._sizes[self._number]


class LineError(BoardError):
    """The connection to the chip's loader broke.

    Attributes:
        baud: the speed that esptool had changed to (0: it broke at the loader's own).
    """

    def __init__(self, cause: str, where: str, remedy: str, baud: int) -> None:
        super().__init__(cause, where, remedy)
        self.baud = baud


LINE_FAULTS = ("baud-change", "line-broken", "port-lost")
"""What the doctor calls a line that broke."""


def known_fault(text: str, port: str) -> BoardError | None:
    """What esptool's output complains of, None where it says nothing that the doctor knows.

    Returns:
        a LineError where the connection broke.
    """
    finding = consult.of_line(text)
    if finding is None:
        return None
    if finding.rule in LINE_FAULTS:
        return LineError(finding.cause, port, finding.remedy, speed_that_failed(text))
    return BoardError(finding.cause, port, finding.remedy)


def fault_of(outcome: Outcome, port: str, board: Board) -> TinyfaceError:
    """The fault behind a failed run; an unknown one shows the last lines."""
    known = known_fault(outcome.text, port)
    if known is not None:
        return known
    last = "\n".join(outcome.lines[-5:])
    return ToolError(
        f"esptool failed (exit status {outcome.status}):\n{last}",
        port,
        f"`tinyface doctor --board {quoted(board.name)} --port {quoted(port)}` looks at the board.",
    )
