"""The command `tinyface`. Each verb is a small file in commands/; what it needs it imports when it runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import typer

from codegen.installation import DISTRIBUTION, ROOT
from host_tools.commands import (
    analyze,
    bench,
    boards,
    build,
    demo,
    doctor,
    evaluate,
    flash,
    generate,
    models,
    monitor,
    ops,
    settings,
    simulate,
    train,
    validate,
)

app = typer.Typer(
    name="tinyface",
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


for _verb in (
    models, boards, ops, analyze, generate, build, flash, monitor, validate, bench, demo, doctor, settings,
    simulate, train, evaluate,
):  # fmt: skip
    app.command(name=_verb.__name__.rpartition(".")[2])(_verb.command)


def main() -> None:
    """Entry point of the installed script."""
    app()


if __name__ == "__main__":
    main()
