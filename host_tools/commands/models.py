"""`tinyface models`: the pretrained models of the zoo, from their cards."""

from __future__ import annotations

from host_tools.commands.options import Json
from host_tools.terminal.console import OUT, note, print_json, reported, table

PLACE = 10


@reported("Nothing was changed.")
def command(as_json: Json = False) -> None:
    """List the pretrained models with their sizes and measured accuracy."""
    from model_zoo.cards import list_pretrained

    cards = list_pretrained()
    if as_json:
        print_json({"models": [card.facts for card in cards]})
        return
    if not cards:
        note("The zoo is empty. `tinyface train` makes a model; every verb also takes a .tflite path.")
        return
    shown = table("Models", "name", "task", "input", ">bytes", ">MMAC", ">int8, test part", "without a look")
    for card in cards:
        given, guess = card.input, card.baseline
        shown.add_row(
            card.name,
            card.task,
            f"{given.width}x{given.height}x{given.channels} int8",
            f"{card.size['tflite_bytes']:,}",
            f"{card.size['macs'] / 1e6:.2f}",
            str(card.primary),
            "" if guess is None else f"{guess.name} {guess.value:.2f} {guess.unit}",
        )
    OUT.print(shown)
    note("Networks that `tinyface train` can make one of: `tinyface train --help`.")
