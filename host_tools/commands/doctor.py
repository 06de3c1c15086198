"""`tinyface doctor`: says what is wrong with a board, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import (
    Baud,
    Json,
    ModelOption,
    at_baud,
    one_model,
    refuse_ignored,
)
from host_tools.terminal.console import EXIT_MISMATCH, OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from host_tools.doctor.examine import Report

PLACE = 120
DEFAULT_BOARD = "esp32cam"
"""Where neither the person nor the board names one."""
HAND_S = 20.0
"""How long a person may take for reset."""
TEXT_SUFFIXES = (".txt", ".log")
EXIT_UNKNOWN = 4
"""A text that names no known fault, and does not show that all is well."""
EXIT_NOTHING = 5
"""No text at all."""


@reported("Nothing was changed; run it again.")
def command(
    word: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="[FILE|MODEL]",
            help="A file with what the board, esptool, PlatformIO or a monitor printed (-: piped in), "
            "or the model that the board should run.",
            show_default=False,
        ),
    ] = None,
    named: ModelOption = None,
    board: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--board",
            "-b",
            metavar="BOARD",
            help="A name from `tinyface boards`; without it, what the board says that it is.",
            show_default=DEFAULT_BOARD,
        ),
    ] = None,
    port: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--port",
            "-p",
            metavar="PORT",
            help="Where the board is: /dev/ttyUSB0, COM3. Without it the one USB serial adapter is taken.",
        ),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--log", metavar="FILE", help="The same as FILE."),
    ] = None,
    baud: Baud = None,
    wait: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--wait", min=1.0, metavar="SECONDS", help="How long you may take for reset.", show_default="20"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Name what is wrong with a board, or in a text that it or a tool printed, with the remedy.

    Exit code 0: nothing is wrong; 1: a fault is named; 4: not known (no fault is named, and nothing shows
    that all is well); 5: nothing was received.

    FILE is read instead of a port. MODEL is what the board should run.
    """
    from codegen.errors import BoardError
    from host_tools.boards import load_board
    from host_tools.doctor.examine import Report, examine_port
    from host_tools.doctor.rule import Finding
    from host_tools.flashing.ports import find_port
    from host_tools.models import resolve

    text, model = (Path(word), None) if log is None and word is not None and _is_text(word) else (log, word)
    if text is not None and port is not None:
        raise BoardError("a log and a port are two patients", "FILE, --log, --port", "Give one of them.")
    if text is not None:
        asked = {"MODEL": model, "--model": named, "--board": board, "--baud": baud, "--wait": wait}
        refuse_ignored(asked, "a log is read as it is, and no board is asked (FILE, --log)")
    target = at_baud(load_board(board or DEFAULT_BOARD), port, baud)
    unnamed = model is None and named is None
    wanted = None if unnamed else resolve(one_model(model, named), core_needed=False).model_hash
    if text is not None:
        report = _read(text)
    else:
        try:
            found = port if port is not None else find_port(target).device
            report = examine_port(
                target, found, named=board is not None, model_hash=wanted, tell=note, hand_s=wait or HAND_S
            )
        except BoardError as fault:
            report = Report({}, [Finding("port", fault.cause, fault.remedy, fault.where)])
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    if report.verdict != "well":
        raise typer.Exit(
            {"fault": EXIT_MISMATCH, "unknown": EXIT_UNKNOWN, "nothing": EXIT_NOTHING}[report.verdict]
        )


def _is_text(word: str) -> bool:
    """True for a file with text, False for a model: one of the zoo, a .tflite file or a program."""
    from codegen.program.built_in import program_names
    from model_zoo.cards import pretrained_names

    file = Path(word)
    if word in (*pretrained_names(), *program_names()) or file.suffix.lower() in (".tflite", ".toml"):
        return False
    return word == "-" or file.suffix.lower() in TEXT_SUFFIXES or file.exists()


def _read(text: Path) -> Report:
    """Examines a file, or what is piped in for "-"."""
    from codegen.errors import BoardError
    from codegen.shell import quoted
    from host_tools.doctor.examine import examine_log

    try:
        if str(text) == "-":
            return examine_log(sys.stdin.buffer)
        if text.is_char_device() or text.is_block_device():
            raise BoardError(
                "a device is no log", str(text), f"Listen to it with `tinyface doctor --port {quoted(text)}`."
            )
        if text.exists() and not text.is_file():
            raise BoardError(
                "this is a folder, no log" if text.is_dir() else "this is a pipe or socket, no file",
                str(text),
                "Name a file with the boot text, or pipe it in: `PROGRAM | tinyface doctor -`.",
            )
        with text.open("rb") as stream:
            return examine_log(stream)
    except OSError as error:
        raise BoardError(
            f"the log can't be read ({error.strerror})", str(text), "Name a file with the boot text."
        ) from error


def _show(report: Report) -> None:
    from host_tools.doctor.diagnose import unexplained
    from host_tools.doctor.examine import SHOWN_CHARACTERS, SHOWN_LINES

    if report.facts:
        shown = table("What is there", "what", "value")
        for name, value in report.facts.items():
            shown.add_row(name, value)
        OUT.print(shown)
    for finding in report.findings:
        for label, text in (("wrong", finding.cause), ("seen", finding.line), ("remedy", finding.remedy)):
            OUT.print(f"{label:>6}", end="", style="bold")
            OUT.print(": ", end="")
            OUT.print(text, markup=False)
    if report.verdict == "well":
        OUT.print("Nothing is wrong.")
    elif report.verdict == "nothing":
        OUT.print("Nothing was received: the log is empty, or nobody listened while the board was reset.")
    elif report.verdict == "unknown":
        suspects = unexplained(report.text)[-SHOWN_LINES:]
        said = "Not known: no line names a fault that is known here, and none shows that all is well."
        OUT.print(f"{said} {'These lines look like errors' if suspects else 'This is what was printed'}:")
        for line in suspects or report.text.strip().splitlines()[-SHOWN_LINES:]:
            OUT.print(f"  {line.strip()[:SHOWN_CHARACTERS]}", markup=False)
