"""What every command prints with: one JSON document or rich tables on stdout, faults on stderr.

`reported` turns what a user can cause into three lines and exit code 2, Ctrl-C into exit code 130.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeVar

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from codegen.errors import TinyfaceError
from codegen.plain_text import readable, shortened, strict_json
from host_tools.terminal.streams import OutputError, is_terminal, silence

EXIT_MISMATCH = 1
"""A board answered other bytes than the reference."""
EXIT_FAULT = 2
"""Something outside the program is wrong: a file, an option, a board, a missing tool."""
EXIT_CRASH = 3
"""tinyface itself is at fault; a report was written."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells report it."""

PLAIN_WIDTH = 110
"""Columns of a table that goes into a file or a pipe."""


class Printer(Console):
    """A console that shows no hidden character of what it is given, in no way of printing."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(readable(text), **options)

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        shown = (part if part.control else Segment(readable(part.text), part.style) for part in buffer)
        return super()._render_buffer(shown)

    def on_broken_pipe(self) -> None:
        raise

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError:
            if not self.stderr:
                raise
            del self._buffer[:]  # what nobody reads is worth neither the work nor another exit code
            silence(sys.stderr)


OUT = Printer(
    markup=False, highlight=False, soft_wrap=True, width=None if is_terminal(sys.stdout) else PLAIN_WIDTH
)
ERR = Printer(stderr=True, markup=False, highlight=False, soft_wrap=True)

Command = TypeVar("Command", bound=Callable[..., Any])


def print_json(document: object) -> None:
    """Writes one JSON document and a line end to stdout, nothing else."""
    print_line(strict_json(document, indent=2))


def print_json_line(document: object) -> None:
    """Writes one JSON document on a line of its own, for outputs that go on and on."""
    print_line(strict_json(document))


def print_line(text: str) -> None:
    """Writes a line to stdout as it is, without colours or wrapping, at once."""
    sys.stdout.write(readable(text) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Says a line to the user on stderr, where it does not disturb a JSON document."""
    ERR.print(text, markup=False)


MOST_SAID = 3000
"""Characters of a cause, a place or a remedy: what files hold may be long."""
PATIENCE_S = 2.0
"""What takes longer says what it is doing, also where nobody sees a spinner."""


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Shows on stderr what is going on: at once on a terminal, as one line after PATIENCE_S elsewhere."""
    if ERR.is_terminal:
        with ERR.status(what):
            yield
        return
    timer = threading.Timer(PATIENCE_S, note, (f"{what} ...",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def table(title: str, *columns: str) -> Table:
    """An empty table; a column name that starts with ">" is set flush right; the first never wraps."""
    made = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1))
    for number, name in enumerate(columns):
        side: Literal["left", "right"] = "right" if name.startswith(">") else "left"
        made.add_column(name.removeprefix(">"), justify=side, overflow="fold", no_wrap=number == 0)
    return made


def print_fault(fault: TinyfaceError) -> None:
    """Cause, where and remedy, a line each, on stderr; further lines of one stand under its first."""
    lines = [("error", fault.cause), ("where", fault.where), ("remedy", fault.remedy)]
    for label, text in lines:
        if text:
            ERR.print(f"{label:>6}", end="", style="bold red" if label == "error" else "bold")
            ERR.print(": ", end="")
            ERR.print(shortened(text.rstrip(), MOST_SAID).replace("\n", "\n" + " " * 8), markup=False)


def output_gone(error: BaseException) -> int:
    """The exit code after standard output could not be written; says why where somebody still reads."""
    cause = error.__cause__ if isinstance(error, OutputError) else error
    silence(sys.stdout)
    if not isinstance(cause, BrokenPipeError):  # head and less go away when they have seen enough
        said = getattr(cause, "strerror", None) or cause
        with contextlib.suppress(OSError, ValueError):
            print_fault(
                TinyfaceError(
                    f"the output can't be written ({said})", "stdout", "Send it to a file with room for it."
                )
            )
    return EXIT_FAULT


def _exit_code(fault: TinyfaceError) -> int:
    """Of a fault that was printed: that of the interruption it tells of, where it tells of one."""
    cause = fault.__cause__
    if isinstance(cause, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    if isinstance(cause, SystemExit) and isinstance(cause.code, int):  # of a signal
        return cause.code
    return EXIT_FAULT


def reported(go_on: str) -> Callable[[Command], Command]:
    """Decorator of a command: faults become three lines and an exit code.

    Args:
        go_on: what the user can do after Ctrl-C, one sentence, or nothing.
    """

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except TinyfaceError as fault:
                print_fault(fault)
                raise typer.Exit(_exit_code(fault)) from None
            except KeyboardInterrupt:
                note(f"Stopped. {go_on}".rstrip())
                raise typer.Exit(EXIT_INTERRUPTED) from None
            except (BrokenPipeError, OutputError) as error:
                raise typer.Exit(output_gone(error)) from None

        return run  # type: ignore[return-value]

    return decorate
