"""`tinyface validate`: proves that a board computes the reference's bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codegen.errors import OptionError
from codegen.shell import quoted
from host_tools.commands import validate_recording
from host_tools.commands.options import (
    DEFAULT_BOARD,
    Baud,
    Box,
    Json,
    Labels,
    Mean,
    ModelArgument,
    ModelOption,
    PictureOption,
    Pictures,
    Port,
    Runtime,
    Seed,
    Stated,
    Std,
    at_baud,
    named_classes,
    one_model,
    picture_wish,
    refuse_box_alone,
    refuse_ignored,
)
from host_tools.terminal.console import ERR, EXIT_MISMATCH, OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from host_tools.proof.validate import Verdict

PLACE = 90
FRESH_SEED_BITS = 31
REQUESTS = 60


@reported("Nothing on the board was changed; run it again.")
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    board: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--board",
            "-b",
            metavar="BOARD",
            help="A name from `tinyface boards`.",
            show_default=DEFAULT_BOARD,
        ),
    ] = None,
    port: Port = None,
    baud: Baud = None,
    picture: PictureOption = None,
    mean: Mean = None,
    std: Std = None,
    labels: Labels = None,
    count: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--count", "-n", min=1, help="How many requests to compare.", show_default=str(REQUESTS)
        ),
    ] = None,
    seed: Seed = None,
    pictures: Pictures = None,
    box: Box = None,
    timeout: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--timeout", min=0.1, help="Seconds the board may take to answer."),
    ] = None,
    recording: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--recording",
            metavar="FILE",
            help="In place of a board: what one answered while `tinyface monitor --record FILE` ran.",
        ),
    ] = None,
    ticks: Annotated[bool, typer.Option("--ticks", help="Also list what each layer takes.")] = False,
    as_json: Json = False,
) -> None:
    """Send pictures, random and extreme tensors to a board and compare every byte with the reference.

    With --recording what a board answered before is compared, and no board is needed.
    Where only TFLite-Micro computes what the board does, its interpreter on this machine is the reference.

    Exit code 0: no byte differs. 1: some do; the first layer that differs is named. 2: it could not be done.
    """
    import secrets

    from rich.progress import Progress

    from host_tools.attach import open_board
    from host_tools.boards import load_board
    from host_tools.models import resolve
    from host_tools.pictures.files import shots_from
    from host_tools.proof.board_input import uncompared, with_labels_of
    from host_tools.proof.same_program import check_program
    from host_tools.proof.sequences import follows, sequence
    from host_tools.proof.stimuli import frames, requests, stimuli
    from host_tools.proof.validate import Validator
    from host_tools.proof.validate_program import ProgramValidator
    from host_tools.proof.validate_tflm import TflmValidator, runs_alone

    refuse_box_alone(box, pictures)
    wish = picture_wish(picture, mean, std)
    name = one_model(model, named)
    named_by = f" --labels {quoted(str(labels))}" if labels else ""
    if recording is not None:
        others: dict[str, object] = {
            "--board": board,
            "--port": port,
            "--baud": baud,
            "--count": count,
            "--seed": seed,
        }
        others |= {"--pictures": pictures, "--timeout": timeout, "--ticks": ticks}
        refuse_ignored(others, "a recording holds its board's frames and answers (--recording)")
        replayed = validate_recording.run(name, recording, Stated(wish, named_classes(labels)), named_by)
        show(replayed.verdict, replayed.to_json() if as_json else None)
        if not replayed.verdict.passed:
            raise typer.Exit(EXIT_MISMATCH)
        return
    board, count = board or DEFAULT_BOARD, count or REQUESTS
    target = load_board(board)
    ref = resolve(name, core_needed=target.kind != "serial", picture=wish, labels=named_classes(labels))
    target = at_baud(target, port, baud)
    shots = shots_from(pictures, ref.margin, box, ref.sees_whole) if pictures else []
    if shots and not ref.program.input.is_picture:
        raise OptionError(
            f"the input of {ref.name} is a tensor, which takes no pictures",
            "--pictures",
            "Add --picture gray or --picture rgb where it is a picture; else leave --pictures out.",
        )
    used = secrets.randbits(FRESH_SEED_BITS) if seed is None else seed
    note(f"seed {used} (repeat this run with --seed {used})")
    with (
        open_board(target, port, timeout_s=timeout) as session,
        Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress,
    ):
        validator: Validator | TflmValidator | ProgramValidator
        ref = with_labels_of(session, ref)
        most = session.board.max_payload
        if ref.has_stages:
            validator = ProgramValidator(session, ref, target, used)
            graphs = [network.graph for network in ref.networks]
            made = sequence if follows(validator.program, graphs) else frames
            sent = made(validator.program, count, used, most, shots)
        elif runs_alone(session.board, ref):
            validator = TflmValidator(session, ref, target, used)
            sent = requests(validator.signals, validator.program, count, used, most, shots)
        else:
            validator = Validator(session, ref, target, used)
            if not validator.verdict.same_plan and validator.verdict.runtime == Runtime.aot.value:
                note(
                    "The firmware was generated by another version of tinyface: its layers are not compared."
                )
            sent = stimuli(validator.graph, validator.program, count, used, most, shots)
        told = "" if ref.has_stages else uncompared(session, validator.program.input, ref, target)
        if told:
            note(told)
        else:
            check_program(session, ref, target, Stated(wish).flags + named_by)
        task = progress.add_task(f"{ref.name} on {board}", total=count)
        try:
            verdict = validator.run(sent, lambda _: progress.advance(task))
        except KeyboardInterrupt:
            note(f"Stopped after {validator.verdict.requests} of {count} requests.")
            show(validator.verdict, validator.verdict.to_json() if as_json else None)
            raise
    show(verdict, verdict.to_json() if as_json else None)
    if ticks and not as_json:
        show_ticks(verdict)
    if not verdict.passed:
        raise typer.Exit(EXIT_MISMATCH)


def show(verdict: Verdict, document: dict[str, object] | None = None) -> None:
    """Prints what a validation found: the document where there is one, else tables."""
    if document is not None:
        print_json(document)
        return
    from host_tools.proof.validate import CORE

    shown = table(
        f"{verdict.model} on {verdict.board} ({verdict.runtime})", "what", ">compared", ">differing"
    )
    shown.add_row("requests", f"{verdict.requests:,}", f"{verdict.requests_differing:,}")
    shown.add_row("output bytes", f"{verdict.bytes_compared:,}", f"{verdict.bytes_differing:,}")
    if verdict.layers_compared or verdict.first_layer:
        shown.add_row("layer CRCs", f"{verdict.layers_compared:,}", verdict.first_layer or "0")
    for what, compared, differing in (
        ("record items", verdict.items_compared, verdict.items_differing),
        ("points", verdict.points_compared, verdict.points_differing),
        ("edge values", verdict.edge_values, verdict.edge_values_differing),
    ):
        if compared or differing:
            shown.add_row(what, f"{compared:,}", f"{differing:,}")
    OUT.print(shown)
    if verdict.reference != CORE:
        OUT.print(f"compared with {verdict.reference}", markup=False)
    if verdict.edges_unproved:
        OUT.print(f"the edges' functions were not compared: {verdict.edges_unproved}", markup=False)
    for difference in verdict.differences:
        layer = f", first in layer {difference.layer}" if difference.layer else ""
        amount = (f"{difference.bytes:,} bytes",) if difference.bytes else ()
        parts = (*amount, *difference.also)
        told = f"{' and '.join(parts)} differ" if parts else "no output differs"
        OUT.print(f"request {difference.request}: {told}{layer}", markup=False)
    if not verdict.arena_guard_intact:
        OUT.print("the guard bytes around the arena were overwritten")
    if verdict.first_frame is not None:
        where = (("stage", verdict.first_stage), ("layer", verdict.first_layer))
        named = "".join(f", {what} {name}" for what, name in where if name)
        OUT.print(f"first to differ: frame {verdict.first_frame}{named}", markup=False)
    elif verdict.first_layer:
        OUT.print(f"first layer that differs: {verdict.first_layer}", markup=False)
    if verdict.passed:
        OUT.print(f"0 differing bytes over {verdict.distinct_inputs} distinct inputs")
    elif not verdict.bytes_compared:
        OUT.print("nothing was compared")
    elif verdict.edges_refused:
        OUT.print("no pass: a compiler is here, and the edges' functions are not proved")


def show_ticks(verdict: Verdict) -> None:
    """Prints what each layer took, lowest and highest of all requests."""
    timed = verdict.tick_unit == "microseconds" and verdict.clock != "chip"
    whose = f" of the {verdict.clock}, not of a chip," if timed else ""
    shown = table(f"{verdict.tick_unit}{whose} a layer", "layer", ">lowest", ">highest")
    for ticks in verdict.ticks:
        shown.add_row(ticks.layer, f"{ticks.lowest:,}", f"{ticks.highest:,}")
    shown.add_section()
    lowest, highest = sum(t.lowest for t in verdict.ticks), sum(t.highest for t in verdict.ticks)
    shown.add_row("all layers", f"{lowest:,}", f"{highest:,}")
    OUT.print(shown)
