"""What every command prints with: one JSON document or rich tables on stdout, faults on stderr.

`reported` turns what a user can cause into three lines and exit code 2, Ctrl-C into exit code 130.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from codegen.errors import TinyfaceError

EXIT_MISMATCH = 1
"""A board answered other bytes than the reference."""
EXIT_FAULT = 2
"""Something outside the program is wrong: a file, an option, a board, a missing tool."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells report it."""

PLAIN_WIDTH = 110
"""Columns of a table that goes into a file or a pipe."""

OUT = Console(
    markup=False, highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH
)
ERR = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)

Command = TypeVar("Command", bound=Callable[..., Any])


def print_json(document: object) -> None:
    """Writes one JSON document and a line end to stdout, nothing else."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def print_json_line(document: object) -> None:
    """Writes one JSON document on a line of its own, for outputs that go on and on."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Says a line to the user on stderr, where it does not disturb a JSON document."""
    ERR.print(text, markup=False)


def table(title: str, *columns: str) -> Table:
    """An empty table; a column name that starts with ">" is set flush right; the first never wraps."""
    made = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1))
    for number, name in enumerate(columns):
        side: Literal["left", "right"] = "right" if name.startswith(">") else "left"
        made.add_column(name.removeprefix(">"), justify=side, overflow="fold", no_wrap=number == 0)
    return made


def print_fault(fault: TinyfaceError) -> None:
    """Cause, where and remedy, a line each, on stderr."""
    lines = [("error", fault.cause), ("where", fault.where), ("remedy", fault.remedy)]
    for label, text in lines:
        if text:
            ERR.print(f"{label:>6}", end="", style="bold red" if label == "error" else "bold")
            ERR.print(": ", end="")
            ERR.print(text, markup=False)


def reported(go_on: str) -> Callable[[Command], Command]:
    """Decorator of a command: faults become three lines and an exit code.

    Args:
        go_on: what the user can do after Ctrl-C, one sentence.
    """

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except TinyfaceError as fault:
                print_fault(fault)
                interrupted = isinstance(fault.__cause__, KeyboardInterrupt)
                raise typer.Exit(EXIT_INTERRUPTED if interrupted else EXIT_FAULT) from None
            except KeyboardInterrupt:
                note(f"Stopped. {go_on}")
                raise typer.Exit(EXIT_INTERRUPTED) from None
            except BrokenPipeError:
                # The reader of our stdout (head, less) went away: not a fault, nothing left to say.
                sys.stderr.close()
                raise typer.Exit(EXIT_FAULT) from None

        return run  # type: ignore[return-value]

    return decorate
