"""`tinyface search`: networks that are good for what they cost on a board, found by training many briefly."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import (
    ANY_DATASET,
    DRAWN,
    MAX_SEED,
    BoardName,
    DataFolder,
    DatasetName,
    Json,
)
from host_tools.terminal.console import OUT, note, print_json, reported, table
from host_tools.terminal.native_output import sifted

if TYPE_CHECKING:
    from codegen.report import Analysis

PLACE = 155
RUNS = Path("runs") / "search"
MOST_INSTRUCTIONS, MOST_ARENA = 9.0, 70_000
"""Millions, and bytes: about those of the other landmark networks near 4 MMAC."""


@reported("Run the same command again: trials that ended are kept, and those that did not go on.")
def command(
    trials: Annotated[int, typer.Option("--trials", min=0, help="So many more networks.")] = 20,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Of training each.")] = 30,
    board: BoardName = "esp32cam",
    most: Annotated[
        float,
        typer.Option(
            "--most", min=0.1, metavar="MILLIONS", help="Instructions that a network may take there."
        ),
    ] = MOST_INSTRUCTIONS,
    arena: Annotated[
        int, typer.Option("--arena", min=1, metavar="BYTES", help="RAM that it may take.")
    ] = MOST_ARENA,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Journal and checkpoints; several workers may share it."
        ),
    ] = RUNS,
    data: DataFolder = None,
    dataset: DatasetName = ANY_DATASET,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--limit", min=1, help=f"Only so many training pictures {DRAWN}"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=MAX_SEED, help="Of all that is random.")] = 1,
    as_json: Json = False,
) -> None:
    """Search MnasNet-like landmark networks: error on the validation part against instructions on a board.

    Needs TensorFlow and Optuna, the extra `train`. Nothing looks at the test part.
    """
    from codegen.report import analyze
    from codegen.tflite.reader import parse_model
    from host_tools.boards import load_board
    from host_tools.project.write import plan_on
    from model_zoo.search.study import SearchOptions, run
    from model_zoo.training.environment import noise

    target = load_board(board)

    def price(content: bytes, name: str) -> Analysis:
        return analyze(plan_on(parse_model(content, name), target), target)

    options = SearchOptions(
        out=output,
        trials=trials,
        epochs=epochs,
        most_instructions=1e6 * most,
        most_arena=arena,
        data=data,
        dataset=dataset,
        limit=limit,
        seed=seed,
    )

    def tell(done: int, of: int, what: str) -> None:
        if not as_json:
            note(f"{done} of {of}  {what}")

    with sifted(noise()):
        found = run(options, price, tell)
    if as_json:
        print_json({"board": target.name, "found": [asdict(one) for one in found]})
        return
    shown = table("Networks", "genes", ">NME, %, validation", ">instructions", ">arena", ">ms", "")
    for one in found:
        shown.add_row(
            one.genes,
            f"{one.value:.2f}",
            f"{one.instructions:,.0f}",
            f"{one.arena_bytes:,}",
            f"{one.milliseconds:.1f}",
            "best" if one.best else "",
        )
    OUT.print(shown)
    note(f"best: no other one has both a smaller error and fewer instructions. {TO_TRAIN}")


TO_TRAIN = "Write the genes of one into model_zoo/architectures/mnas_lite.py to train it in full."
