"""`tinyface evaluate --report`: the whole measurement as one HTML file, and the same as JSON beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.terminal.console import note, working

if TYPE_CHECKING:
    from host_tools.models import ModelRef
    from model_zoo.cards import Card
    from model_zoo.evaluation.evaluate import Evaluation
    from model_zoo.evaluation.report.sections import Table

ENDING = ".html"
BOARD = "esp32cam"
"""On which costs are told."""


def place_of(file: Path) -> Path:
    """The file, once it is known that it can be one.

    Raises:
        DataError: it has another ending, or its folder can't be written.
    """
    import os

    from codegen.errors import DataError

    if file.suffix.lower() != ENDING:
        raise DataError(
            f"a report is an HTML file, and this ends with {file.suffix or 'nothing'}",
            str(file),
            f"Name a file such as {file.with_suffix(ENDING).name}.",
        )
    folder = file.resolve().parent
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise DataError(
            "no file can be written there", str(file), "Name one in a folder that can be written."
        )
    return file


def write(file: Path, ref: ModelRef, card: Card, found: Evaluation) -> None:
    """Writes FILE.html and FILE.json, in which null stands for what can't be told of so few pictures.

    Raises:
        DataError: one can't be written.
    """
    from codegen.errors import DataError
    from codegen.plain_text import strict_json
    from codegen.whole_file import write_whole
    from model_zoo.evaluation.report.forms import forms_of
    from model_zoo.evaluation.report.page import page_of
    from model_zoo.evaluation.report.sections import Report

    score = found.score
    facts = {
        "network": found.model,
        "SHA-256": found.sha256,
        "data": f"{found.dataset}, {found.part} part",
        "terms of its training data": f"{card.data.name}: {card.data.licence}",
        "pictures": f"{score.images:,}" + (f", {found.shows}" if found.made else ""),
        "computed by": f"the engine {found.engine!r}, in the board's arithmetic",
        f"{score.figure.name}{' with ' + found.given if found.given else ''}": score.figure.text(score.value),
        "95 % interval": f"{score.interval()}, by {score.drawn}",
        f"{found.baseline.name}, without a look": score.figure.text(found.baseline.score.value),
        "trained by": str(card.facts.get("train_again", "")) or "not stated",
    }
    with working("write the report"):
        forms = forms_of(card)
        sections = (*found.sections, *([forms] if forms.rows else []), costs_of(ref))
        report = Report(f"{found.model} on {found.dataset}", facts, sections, found.to_json())
        text = strict_json(report.to_json(), indent=2) + "\n"
        beside = file.with_suffix(".json")
        try:
            write_whole(file, page_of(report).encode(), make_folder=False)
            write_whole(beside, text.encode(), make_folder=False)
        except OSError as error:
            raise DataError(
                f"the report can't be written ({error.strerror or error})",
                str(file),
                "Name a file in a folder that can be written.",
            ) from error
    note(f"Wrote {file} and {beside.name}")


def costs_of(ref: ModelRef) -> Table:
    """What the network takes on the ESP32-CAM: bytes, instructions, milliseconds with their range."""
    from codegen.report import analyze
    from host_tools.boards import load_board
    from host_tools.project.write import plan_of
    from model_zoo.evaluation.report.sections import Table

    board = load_board(BOARD)
    report = analyze(plan_of(ref, board), board)
    time = report.milliseconds
    rows: list[tuple[str, str]] = [
        ("multiply-accumulates", f"{report.macs:,}"),
        ("weights in flash", f"{report.weight_bytes:,} bytes"),
        ("arena", f"{report.arena_bytes:,} bytes in {report.arena_in or 'no memory that is large enough'}"),
    ]
    if report.instructions is not None:
        rows.append(("instructions", f"{report.instructions:,.0f}"))
    if time is not None:
        rows.append(("one run", f"{time.middle:.1f} ms, {time.low:.1f} to {time.high:.1f}"))
    return Table(f"Cost on {board.title}", ("what", "value"), tuple(rows), f"{report.estimate_label}.")
