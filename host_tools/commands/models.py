"""`tinyface models`: the pretrained models of the zoo, from their cards, and the programs of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import Json, refuse_ignored
from host_tools.terminal.console import OUT, note, print_json, reported, table, working

if TYPE_CHECKING:
    from host_tools.measure.zoo import Entry

PLACE = 10


@reported("Nothing was changed.")
def command(
    board: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--board", metavar="BOARD", help="Also say what each network costs there."),
    ] = None,
    write: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--write", metavar="DIR", help="With --board: put the table into DIR/zoo.md and draw DIR/zoo.svg."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the pretrained models with their sizes and measured accuracy, and the built-in programs."""
    from codegen.program.built_in import program_names
    from host_tools.models import resolve
    from model_zoo.cards import list_pretrained

    if board is None:
        refuse_ignored({"--write": write}, "Without --board nothing is known of costs")
    cards = list_pretrained()
    entries = [] if board is None else _on(board, write)
    programs = {name: resolve(name).program for name in program_names()}
    if as_json:
        stages = {name: [stage.name for stage in program.stages] for name, program in programs.items()}
        costs = {"costs": [entry.to_json() for entry in entries]} if board is not None else {}
        print_json({"models": [card.facts for card in cards], "programs": stages, **costs})
        return
    if not cards:
        note("The zoo is empty. `tinyface train` makes a model; every verb also takes a .tflite path.")
        return
    more = [">arena", ">ms"] if entries else []
    shown = table(
        "Models", "name", "task", "input", ">bytes", ">MMAC", *more, ">int8, test part", "without a look"
    )
    for number, card in enumerate(cards):
        given, guess = card.input, card.baseline
        shown.add_row(
            card.name,
            card.task,
            f"{given.width}x{given.height}x{given.channels} int8",
            f"{card.size['tflite_bytes']:,}",
            f"{card.size['macs'] / 1e6:.2f}",
            *(_costs(entries[number]) if entries else ()),
            str(card.primary),
            "" if guess is None else f"{guess.name} {guess.value:.2f} {guess.unit}",
        )
    OUT.print(shown)
    if entries:
        report = entries[0].costs
        note(f"Arena in bytes, milliseconds of one run on {report.board_title}: {report.estimate_label}.")
    built_in = table("Programs", "name", "stages")
    for name, program in programs.items():
        built_in.add_row(name, ", ".join(stage.name for stage in program.stages))
    OUT.print(built_in)
    note("Networks that `tinyface train` can make one of: `tinyface train --help`.")


def _on(board: str, folder: Path | None) -> list[Entry]:
    """What each network costs on a board; written where a folder is named."""
    from host_tools.boards import load_board
    from host_tools.measure.zoo import PICTURE_FILE, TABLE_FILE, entries_on, write

    target = load_board(board)
    with working("plan each network for the board"):
        entries = entries_on(target)
    if folder is not None:
        write(entries, folder, f"Networks of the zoo on {target.title}")
        note(f"Wrote {folder / TABLE_FILE} and {PICTURE_FILE}")
    return entries


def _costs(entry: Entry) -> tuple[str, str]:
    time = entry.costs.milliseconds
    span = "not known" if time is None else f"{time.middle:.0f} ({time.low:.0f} to {time.high:.0f})"
    return f"{entry.costs.arena_bytes:,}", span
