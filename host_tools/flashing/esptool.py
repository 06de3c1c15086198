"""Writes images with the real esptool, called as a program, and says in our words what it complains of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError, TinyfaceError, ToolError
from codegen.shell import quoted
from host_tools.flashing.program import Outcome, command_of, run_program
from host_tools.flashing.upload_speed import SAFE_BAUD, speed_that_failed
from host_tools.wire.transport import LIST_PORTS

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
        command += [hex(part.offset), str(part.file)]
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


_LINE_REMEDY = (
    "Use a shorter cable plugged straight into the computer, power the board from 5 V with at "
    "least 500 mA, and flash "
    "again: nothing is lost, the ROM's loader can't be overwritten."
)
_BROKEN, _SILENT = "the connection broke while flashing", "the chip does not answer in download mode"
_Rule = tuple[str, str, str]
_RULES: tuple[_Rule, ...] = (
    (
        # It opens the port again then, and complains of that last.
        r"(Lost connection, retrying)",
        _BROKEN,
        _LINE_REMEDY,
    ),
    (
        r"This chip is ([\w-]+),? not ([\w-]+)",
        "the chip at the port is an {0}, not an {1}",
        "Choose the board that has this chip (`tinyface boards`), or another port.",
    ),
    (
        r"(Permission denied|Access is denied|PermissionError)",
        "you may not open the port, or another program holds it",
        "Join its group (Debian: sudo usermod -aG dialout $USER, then log in again), and close monitors.",
    ),
    (
        r"(Could not exclusively lock|Resource temporarily unavailable|Device or resource busy)",
        "the port is busy",
        "Close the other program that uses it (a monitor, an IDE).",
    ),
    (
        r"(Could not open [^\n]*|No such file or directory: '[^']*')",
        "the port can't be opened",
        f"Plug the board in; `{LIST_PORTS}` lists the ports.",
    ),
    (
        r"(MD5 of file does not match|written flash region is empty|[Vv]erification failed)",
        "the flash holds other bytes than were sent",
        _LINE_REMEDY,
    ),
    (
        r"(serial exception|device disconnected|Input/output error|Write timeout|"
        r"Bad file descriptor|Connection (?:reset|refused)|Broken pipe|connection failed|socket disconnected|"
        r"No more data to read|Serial data stream stopped|"
        r"Packet content transfer stopped|chip stopped responding|Invalid head of packet|Failed to write|"
        r"Failed to set baud rate)",
        _BROKEN,
        _LINE_REMEDY,
    ),
    (
        r"(Failed to connect to|No serial data received|Wrong boot mode|Timed out waiting for packet)",
        _SILENT,
        "Bridge GPIO0 to GND, press reset, then flash again; check that TX and RX are crossed.",
    ),
    (
        r"(won't fit|will not fit|does not fit in|larger than the .*flash|Detected flash size .* smaller)",
        "the image is larger than the board's flash",
        "Check flash_bytes in board.toml against the board.",
    ),
    (
        r"(is not an? [\w-]+ image|Unexpected chip ID in image|Invalid (?:image|firmware))",
        "the image was built for another chip",
        "Build the project again for this board.",
    ),
)
"""Pattern -> cause ({0}, {1}: its groups) and remedy; the first that matches the output counts."""


def known_fault(text: str, port: str) -> BoardError | None:
    """What esptool's output complains of, None where it says nothing that is known here.

    Returns:
        a LineError where the connection broke.
    """
    for pattern, cause, remedy in _RULES:
        found = re.search(pattern, text)
        if found and cause in (_BROKEN, _SILENT):
            return _line_fault(cause, port, remedy, speed_that_failed(text))
        if found:
            return BoardError(cause.format(*found.groups()), port, remedy)
    return None


def _line_fault(cause: str, port: str, remedy: str, baud: int) -> BoardError:
    """A chip that was lost after the speed was raised is in its loader: the line is at fault."""
    if baud > SAFE_BAUD:
        cause = f"the connection broke after esptool went to {baud} baud"
        remedy = f"Flash at a lower speed, `--baud {SAFE_BAUD}`. If that breaks too: {_LINE_REMEDY}"
    elif cause == _SILENT:
        return BoardError(cause, port, remedy)
    return LineError(cause, port, remedy, baud)


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
