"""`tinyface evaluate SMALL --unsure LARGE`: two classifiers; the larger is asked where it has to be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.terminal.console import OUT, note, print_json, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_tools.models import ModelRef
    from model_zoo.evaluation.engines import Engine

BOARD = "esp32cam"
"""Whose instructions are counted."""


def larger_of(named: str) -> ModelRef:
    """The network that --unsure names.

    Raises:
        ModelError: as resolve, or it is a program.
    """
    from codegen.errors import ModelError
    from host_tools.models import resolve

    try:
        found = resolve(named)
    except ModelError as error:
        where = "--unsure" if error.where == "MODEL" else error.where
        raise type(error)(error.cause, where, error.remedy) from error
    if found.has_stages:
        raise ModelError(f"{found.name} is a program of several stages", "--unsure", "Name a classifier.")
    return found


def show_cascade(
    small: ModelRef,
    large: ModelRef,
    engine: Callable[[ModelRef], Engine],
    part: str,
    data: Path | None,
    dataset: str,
    as_json: bool,
) -> None:
    """Prints the trade on the validation part, and what the threshold that is chosen there gives on `part`.

    Raises:
        DataError: one has no card, they do not name the same classes, or the data do not fit.
    """
    from codegen.errors import DataError
    from model_zoo.evaluation.cascade import measured

    pair = []
    for ref in (small, large):
        if ref.card is None:
            raise DataError(
                f"{ref.name} has no card, so nobody knows its classes", "--unsure", "Name one of the zoo."
            )
        pair.append((ref.card, engine(ref)))
    costs = _instructions(small), _instructions(large)
    found = measured(pair, costs, part, data, dataset)
    if as_json:
        print_json({"small": small.name, "large": large.name, "board": BOARD, **found.to_json()})
        return
    title = f"{small.name}, and {large.name} where that is unsure, on the validation part of {found.dataset}"
    shown = table(title, ">believed from", ">asked", ">accuracy", ">balanced", ">1000 instr.")
    for one in found.validation:
        shown.add_row(
            f"{one.threshold:g}",
            f"{one.asked:.1f} %",
            f"{one.accuracy:.2f} %",
            f"{one.balanced_accuracy:.2f} %",
            f"{one.instructions / 1_000:,.0f}",
        )
    OUT.print(shown)
    if found.made:
        note(f"These are {found.shows}: the figures say nothing of people.")
    both, (low, high) = found.there, found.alone
    note(
        f"At {both.threshold:g}, chosen there, the {found.part} part gets {both.accuracy:.2f} % "
        f"({both.balanced_accuracy:.2f} % balanced) for {both.instructions / 1_000:,.0f} thousand "
        f"instructions a picture on {BOARD}; {small.name} alone {low.accuracy:.2f} % for "
        f"{low.instructions / 1_000:,.0f}, {large.name} alone {high.accuracy:.2f} % for "
        f"{high.instructions / 1_000:,.0f}. Instructions are estimates."
    )


def _instructions(ref: ModelRef) -> float:
    """Of one run on BOARD, as `tinyface analyze` says."""
    from codegen.report import analyze
    from host_tools.boards import load_board
    from host_tools.project.write import plan_of

    board = load_board(BOARD)
    instructions = analyze(plan_of(ref, board), board).instructions
    assert instructions is not None  # the board has a cost table
    return instructions
