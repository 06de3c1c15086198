"""Numbers that an option and a table of a recipe both state: nobody shall wonder which of them counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from codegen.errors import OptionError
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe import Recipe

OPTION_OF = {"float": "--epochs", "qat": "--qat-epochs"}
"""By the kind of a phase."""

Clash = tuple[str, int, str, int]
"""An option and its value, a key of a table and the other value that stands there."""


def clashes(table: Mapping[str, Any], before: Recipe, options: TrainOptions) -> list[Clash]:
    """The numbers of a table that options state otherwise.

    Args:
        table: one that fits the recipe.
        before: the recipe that it changes.
    """
    given = {"--batch": options.batch, "--epochs": options.epochs, "--qat-epochs": options.qat_epochs}
    found = []
    for option, key, stated in _stated(table, before):
        wanted = given[option]
        if wanted is not None and wanted != stated:
            found.append((option, wanted, key, stated))
    return found


def _stated(table: Mapping[str, Any], before: Recipe) -> Iterator[tuple[str, str, int]]:
    """Option, key and value of each number of a table for which there is an option."""
    if "batch" in table:
        yield "--batch", "batch", table["batch"]
    phases = table.get("phases", {})
    if isinstance(phases, list):  # in place of all
        named = [(phase["name"], phase) for phase in phases]
    else:
        kinds = {phase.name: {"kind": phase.kind} for phase in before.phases}
        named = [(name, {**kinds.get(name, {}), **phases.get(name, {})}) for name in {**kinds, **phases}]
    for name, phase in named:
        if "epochs" in phase and phase["kind"] in OPTION_OF:
            yield OPTION_OF[phase["kind"]], f"phases.{name}.epochs", phase["epochs"]


def in_words(clash: Clash, where: str) -> str:
    """What is said where the option counts.

    Args:
        where: the file of the table.
    """
    option, wanted, key, stated = clash
    return f"{option} {wanted} takes the place of {key} = {stated} in {where}"


def refused(clash: Clash) -> OptionError:
    """The error where both stand on the command line."""
    option, wanted, key, stated = clash
    return OptionError(
        f"{option} {wanted} and --set {key}={stated} state the same number",
        f"{option}, --set",
        "Give one of them.",
    )
