"""The command `tinyface`. Each verb is a small file in commands/; what it needs it imports when it runs."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer
import typer.core

from codegen.errors import TinyfaceError
from codegen.installation import DISTRIBUTION, ROOT
from codegen.plain_text import one_line
from host_tools.commands import epilog_of, verbs
from host_tools.terminal.console import EXIT_FAULT, print_fault
from host_tools.terminal.last_handler import run_guarded

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for every wrong argument; it gives a name only to the children of this class."""


class Verbs(typer.core.TyperGroup):
    """The verbs; groups of verbs stand among them, where typer would list them behind."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of `verbs`."""
        return [name for name, _ in verbs()]


class Verb(typer.core.TyperCommand):
    """A verb; the end of its help is made when somebody reads it."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the page."""
        self.epilog = epilog_of(str(self.name)) or None
        super().format_help(ctx, formatter)


app = typer.Typer(
    name="tinyface",
    cls=Verbs,
    help="Face AI for the ESP32-CAM: train tiny int8 models, compile them to C, flash a board, and prove "
    "that it computes the same bytes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"tinyface {version(DISTRIBUTION)}")
        except PackageNotFoundError:
            typer.echo(f"tinyface (not installed: {ROOT})")
        raise typer.Exit


@app.callback()
def _options(
    show_version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    """Options that stand before the verb."""


for _name, _command in verbs():
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(name=_name, cls=Verb)(_command)


def main() -> None:
    """Entry point of the installed script."""
    raise SystemExit(run_guarded(_run, sys.argv[1:]))


def _run() -> int:
    """The command line; what is wrong with the arguments is said here and is exit code 2."""
    try:
        return app(standalone_mode=False, prog_name="tinyface") or 0
    except USAGE_ERROR as error:
        if (shown := _usage_fault(error)) is not None:
            print_fault(shown)
        return EXIT_FAULT


def _usage_fault(error: Exception) -> TinyfaceError | None:
    """What is wrong with the arguments, None where the help was printed because there are none."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return None
    said = one_line(error.format_message()).removesuffix(".")  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    command, usage = "tinyface", "the command line"
    if context is not None:
        command, usage = context.command_path, one_line(context.get_usage()).removeprefix("Usage: ")
    elif named := [argument for argument in sys.argv[1:2] if argument in dict(verbs())]:
        command = usage = f"tinyface {named[0]}"
    return TinyfaceError(said, usage, f"Correct the command; `{command} --help` tells what it takes.")


if __name__ == "__main__":
    main()
