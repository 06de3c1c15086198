"""`tinyface models`: the pretrained models of the zoo, from their cards, and the programs of them."""

from __future__ import annotations

from host_tools.commands.options import Json
from host_tools.terminal.console import OUT, note, print_json, reported, table

PLACE = 10


@reported("Nothing was changed.")
def command(as_json: Json = False) -> None:
    """List the pretrained models with their sizes and measured accuracy, and the built-in programs."""
    from codegen.program.built_in import program_names
    from host_tools.models import resolve
    from model_zoo.cards import list_pretrained

    cards = list_pretrained()
    programs = {name: resolve(name).program for name in program_names()}
    if as_json:
        stages = {name: [stage.name for stage in program.stages] for name, program in programs.items()}
        print_json({"models": [card.facts for card in cards], "programs": stages})
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
    built_in = table("Programs", "name", "stages")
    for name, program in programs.items():
        built_in.add_row(name, ", ".join(stage.name for stage in program.stages))
    OUT.print(built_in)
    note("Networks that `tinyface train` can make one of: `tinyface train --help`.")
