"""`tinyface validate`: proves that a board computes the reference's bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import DEFAULT_BOARD, BoardName, Box, Json, Model, Pictures, Port, Seed
from host_tools.console import ERR, EXIT_MISMATCH, OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from host_tools.validate import Verdict

FRESH_SEED_BITS = 31


@reported("Nothing on the board was changed; run it again.")
def command(
    model: Model,
    board: BoardName = DEFAULT_BOARD,
    port: Port = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many requests to compare.")] = 50,
    seed: Seed = None,
    pictures: Pictures = None,
    box: Box = None,
    timeout: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--timeout", min=0.1, help="Seconds the board may take to answer."),
    ] = None,
    ticks: Annotated[bool, typer.Option("--ticks", help="Also list what each layer takes.")] = False,
    as_json: Json = False,
) -> None:
    """Send pictures, random and extreme tensors to a board and compare every byte with the reference.

    Exit code 0: no byte differs. 1: some do; the first layer that differs is named. 2: it could not be done.
    """
    import secrets

    from rich.progress import Progress

    from host_tools.attach import open_board
    from host_tools.boards import load_board
    from host_tools.models import resolve
    from host_tools.pictures import shots_from
    from host_tools.stimuli import stimuli
    from host_tools.validate import Validator

    ref, target = resolve(model), load_board(board)
    shots = shots_from(pictures, ref.margin, box) if pictures else []
    used = secrets.randbits(FRESH_SEED_BITS) if seed is None else seed
    note(f"seed {used} (repeat this run with --seed {used})")
    with (
        open_board(target, port, timeout_s=timeout) as session,
        Progress(console=ERR, transient=True) as progress,
    ):
        validator = Validator(session, ref, target, used)
        requests = stimuli(validator.graph, validator.pipeline, count, used, session.board.max_payload, shots)
        task = progress.add_task(f"{ref.name} on {board}", total=count)
        try:
            verdict = validator.run(requests, lambda _: progress.advance(task))
        except KeyboardInterrupt:
            note(f"Stopped after {validator.verdict.requests} of {count} requests.")
            show(validator.verdict, as_json)
            raise
    show(verdict, as_json)
    if ticks and not as_json:
        show_ticks(verdict)
    if not verdict.passed:
        raise typer.Exit(EXIT_MISMATCH)


def show(verdict: Verdict, as_json: bool) -> None:
    """Prints what a validation found."""
    if as_json:
        print_json(verdict.to_json())
        return
    shown = table(
        f"{verdict.model} on {verdict.board} ({verdict.runtime})", "what", ">compared", ">differing"
    )
    shown.add_row("requests", f"{verdict.requests:,}", f"{verdict.requests_differing:,}")
    shown.add_row("output bytes", f"{verdict.bytes_compared:,}", f"{verdict.bytes_differing:,}")
    shown.add_row("layer CRCs", f"{verdict.layers_compared:,}", verdict.first_layer or "0")
    shown.add_row("points", f"{verdict.points_compared:,}", "")
    OUT.print(shown)
    for difference in verdict.differences:
        also = f", {' and '.join(difference.also)} differ" if difference.also else ""
        layer = f", first in layer {difference.layer}" if difference.layer else ""
        OUT.print(f"request {difference.request}: {difference.bytes} bytes differ{layer}{also}", markup=False)
    if not verdict.arena_guard_intact:
        OUT.print("the guard bytes around the arena were overwritten")
    if verdict.first_layer:
        OUT.print(f"first layer that differs: {verdict.first_layer}", markup=False)
    if verdict.passed:
        OUT.print(f"0 differing bytes over {verdict.distinct_inputs} distinct inputs")
    elif not verdict.bytes_compared:
        OUT.print("nothing was compared")


def show_ticks(verdict: Verdict) -> None:
    """Prints what each layer took, lowest and highest of all requests."""
    shown = table(f"{verdict.tick_unit} a layer", "layer", ">lowest", ">highest")
    for ticks in verdict.ticks:
        shown.add_row(ticks.layer, f"{ticks.lowest:,}", f"{ticks.highest:,}")
    shown.add_section()
    lowest, highest = sum(t.lowest for t in verdict.ticks), sum(t.highest for t in verdict.ticks)
    shown.add_row("all layers", f"{lowest:,}", f"{highest:,}")
    OUT.print(shown)
