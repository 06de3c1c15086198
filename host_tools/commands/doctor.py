"""`tinyface doctor`: says what is wrong with a board, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import (
    Baud,
    BoardName,
    Json,
    ModelArgument,
    ModelOption,
    at_baud,
    one_model,
    refuse_ignored,
)
from host_tools.console import EXIT_MISMATCH, OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from host_tools.doctor.examine import Report

HAND_S = 20.0
"""How long a person may take for reset."""


@reported("Nothing was changed; run it again.")
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    board: BoardName = "esp32cam",
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
        typer.Option(
            "--log", metavar="FILE", help="Read this boot log instead of a port; - reads what is piped in."
        ),
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
    """Read the boot text and the chip, and name what is wrong with the remedy (exit code 1: something is).

    MODEL is what the board should run.
    """
    from codegen.errors import BoardError
    from host_tools.boards import load_board
    from host_tools.doctor.examine import Report, examine_log, examine_port
    from host_tools.doctor.rules import Finding
    from host_tools.flashing.ports import find_port
    from host_tools.models import resolve

    if log is not None and port is not None:
        raise BoardError("a log and a port are two patients", "--log, --port", "Give one of them.")
    if log is not None:
        asked = {"MODEL": model, "--model": named, "--baud": baud, "--wait": wait}
        refuse_ignored(asked, "a log is read as it is, and no board is asked (--log)")
    target = at_baud(load_board(board), port, baud)
    unnamed = model is None and named is None
    wanted = None if unnamed else resolve(one_model(model, named), core_needed=False).model_hash
    if log is not None:
        try:
            if str(log) == "-":
                report = examine_log(sys.stdin.buffer)
            else:
                if log.is_char_device() or log.is_block_device():
                    raise BoardError(
                        "a device is no log", str(log), f"Listen to it with `tinyface doctor --port {log}`."
                    )
                with log.open("rb") as stream:
                    report = examine_log(stream)
        except OSError as error:
            raise BoardError(
                f"the log can't be read ({error.strerror})", str(log), "Name a file with the boot text."
            ) from error
    else:
        try:
            found = port if port is not None else find_port(target).device
            report = examine_port(target, found, model_hash=wanted, tell=note, hand_s=wait or HAND_S)
        except BoardError as fault:
            report = Report({}, [Finding("port", fault.cause, fault.remedy, fault.where)])
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)
    if report.findings or (report.unknown and log is None):
        raise typer.Exit(EXIT_MISMATCH)


def _show(report: Report) -> None:
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
    if report.unknown:
        OUT.print("No known fault is named here. This is what was printed:")
        for line in report.text.strip().splitlines()[-SHOWN_LINES:]:
            OUT.print(f"  {line[:SHOWN_CHARACTERS]}", markup=False)
    elif "log" in report.facts and not report.text.strip():
        OUT.print("The log is empty: nothing came from the board, or nobody listened.")
    elif not report.findings:
        OUT.print("Nothing is wrong.")
