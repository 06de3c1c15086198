"""`tinyface models`: the pretrained models of the zoo, from their cards, and the programs of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import Json, refuse_ignored
from host_tools.terminal.console import OUT, note, print_json, reported, table, working

if TYPE_CHECKING:
    from host_tools.measure.zoo import Entry
    from model_zoo.cards import Primary

PLACE = 10
ON_PHOTOGRAPHS = "photographs"
"""Behind the figure of a network that learnt from rendered faces."""


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
    more = [">bytes,\narena", ">MMAC", ">ms"] if entries else [">bytes", ">MMAC"]
    last = [] if entries else ["without\na look"]  # 80 columns hold either costs or what guessing is worth
    shown = table("Models", "name,\n  task, input", *more, ">int8,\ntest part", *last)
    for column in shown.columns[: len(more) + 2]:
        column.no_wrap = True  # a number cut in two can't be read
    for number, card in enumerate(cards):
        given, guess = card.input, card.guessed
        size, work = f"{card.size['tflite_bytes']:,}", f"{card.size['macs'] / 1e6:.2f}"
        guessed = "" if guess is None else f"{guess.name}\n{guess.value:.2f} {guess.unit}"
        shown.add_row(
            f"{card.name}\n  {card.task}, {given.width}x{given.height}x{given.channels}",
            *((size, work) if not entries else _costs(entries[number], size, work)),
            _figure(card.known_by),
            *([] if entries else [guessed]),
        )
    OUT.print(shown)
    note("Inputs are int8. Below a figure stands its 95 % interval, by person where nothing else is said.")
    if any(card.photographed for card in cards):
        note("Photographs: what networks that learnt from rendered faces and free pictures are worth there.")
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
    from host_tools.measure.zoo import PICTURE_FILE, TABLE_FILE, entries_on, place_in, write

    target = load_board(board)
    if folder is not None:
        place_in(folder)  # refused before the work
    with working("plan each network for the board"):
        entries = entries_on(target)
    if folder is not None:
        write(entries, folder, f"Networks of the zoo on {target.title}")
        note(f"Wrote {folder / TABLE_FILE} and {PICTURE_FILE}")
    return entries


def _figure(primary: Primary) -> str:
    """A card's figure in lines short enough for a terminal of 80 columns."""
    figure, _, rest = str(primary).partition(" (")
    interval, _, part = rest.partition(")")
    value = f"{primary.value:.2f} {primary.unit}"
    told = ON_PHOTOGRAPHS if primary.on else part.strip()  # what they are stands below the table
    lines = (figure.removesuffix(value).rstrip(), value, *interval.split(", "), told)
    return "\n".join(line for line in lines if line)


def _costs(entry: Entry, size: str, work: str) -> tuple[str, str, str]:
    time = entry.costs.milliseconds
    span = "not\nknown" if time is None else f"{time.middle:.0f}\n{time.low:.0f} to {time.high:.0f}"
    return f"{size}\n{entry.costs.arena_bytes:,}", work, span
