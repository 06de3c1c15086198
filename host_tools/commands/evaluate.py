"""`tinyface evaluate`: measures a model on pictures, computed as the board computes it."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codegen.counted import and_face_free, counted, people
from host_tools.commands.evaluate_cascade import larger_of, show_cascade
from host_tools.commands.evaluate_program import compiled, interpreted, measured, tell
from host_tools.commands.evaluate_report import place_of, write
from host_tools.commands.options import (
    ANY_DATASET,
    DRAWN,
    SYNTHETIC_DATA,
    DataFolder,
    DatasetName,
    Json,
    ModelArgument,
    ModelOption,
    one_model,
    refuse_ignored,
)
from host_tools.terminal.console import ERR, OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from host_tools.models import ModelRef
    from model_zoo.cards import Card
    from model_zoo.evaluation.engines import Engine
    from model_zoo.evaluation.evaluate import Evaluation

PLACE = 160


class EngineName(str, enum.Enum):
    """What computes the network."""

    c = "c"
    tflm = "tflm"


class Part(str, enum.Enum):
    """A part of the split by identity, or the whole set where none of it was trained on."""

    test = "test"
    validation = "validation"
    train = "train"
    all = "all"


@reported("Nothing was written; run it again.")
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    engine: Annotated[
        EngineName,
        typer.Option("--engine", help="The generated C, or the TensorFlow Lite Micro interpreter."),
    ] = EngineName.c,
    part: Annotated[
        Part, typer.Option("--part", help="Which people; all: for a data set of other people.")
    ] = Part.test,
    data: DataFolder = None,
    dataset: DatasetName = ANY_DATASET,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--limit", min=1, help=f"Only so many pictures {DRAWN}"),
    ] = None,
    beside: Annotated[
        str,
        typer.Option(
            "--beside",
            metavar="PEER",
            help="Another method on the same pictures; of faces, of expressions in frames: haar, OpenCV's.",
        ),
    ] = "",
    unsure: Annotated[
        str,
        typer.Option(
            "--unsure",
            metavar="LARGER",
            help="Ask this one where MODEL is not sure: the trade of accuracy against instructions.",
        ),
    ] = "",
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--report", metavar="FILE.html", help="Also write everything that can be measured, and as .json."
        ),
    ] = None,
    groups: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--groups",
            metavar="FILE.csv",
            help="Also measure each group of pictures by itself: columns file and group.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a model with a card on a data set, or a program that marks faces on scenes made of one, through
    the integer program and the board's arithmetic."""
    from codegen.errors import DataError
    from host_tools.models import resolve
    from model_zoo.evaluation.engines import micro_engine
    from model_zoo.evaluation.evaluate import EvaluateOptions, evaluate
    from model_zoo.evaluation.groups import gap_in_words, read_groups
    from model_zoo.training.progress import Progress

    if dataset == "synthetic":
        refuse_ignored({"--data": data}, SYNTHETIC_DATA)
    ref = resolve(one_model(model, named))
    if ref.has_stages:
        ignored = {
            "--report": report,
            "--groups": groups,
            "--unsure": unsure or None,
        }
        refuse_ignored(ignored, "A program of several stages is measured alone")
        networks = interpreted if engine is EngineName.tflm else compiled
        if not as_json:
            note(f"{ref.name} on scenes of the {part.value} part, computed by {_SPOKEN[engine]}")
        alone = (lambda one: micro_engine(one.data)) if engine is EngineName.tflm else compiled_engine
        tell(*measured(ref, networks, alone, part.value, data, dataset, limit, as_json, beside), as_json)
        return
    if ref.card is None:
        raise DataError(
            "the model has no card, so nobody knows what its outputs mean",
            str(ref.path),
            "Evaluate a model of the zoo, or one that `tinyface train` made (card.json lies beside it).",
        )
    if unsure:
        others = {"--beside": beside or None, "--report": report, "--groups": groups, "--limit": limit}
        refuse_ignored(others, "Two classifiers are measured together (--unsure)")
        runs_of = (lambda one: micro_engine(one.data)) if engine is EngineName.tflm else compiled_engine
        show_cascade(ref, larger_of(unsure), runs_of, part.value, data, dataset, as_json)
        return
    if report is not None:
        place_of(report)
    named_groups = read_groups(groups) if groups is not None else {}
    runs = micro_engine(ref.data) if engine is EngineName.tflm else compiled_engine(ref)
    if not as_json:
        note(f"{ref.name} on the {part.value} part, computed by {_SPOKEN[engine]}")
    options = EvaluateOptions(
        card=ref.card,
        data=data,
        part=part.value,
        engine=runs,
        limit=limit,
        dataset=dataset,
        beside=beside,
        sections=report is not None,
        groups=named_groups,
    )
    with Progress(as_json, ERR) as progress:
        found = evaluate(options, progress)
    said = stated(ref.card, found)
    if said:
        note(said)
    if report is not None:
        write(report, ref, ref.card, found)
    told = elsewhere(ref.card, found.dataset)
    if told:
        note(told)
    if as_json:
        print_json(found.to_json())
        return
    score = found.score
    figure = score.figure
    shown = table(f"{found.model} on {found.dataset}, {found.part} part", "what", ">value")
    whose = "(people not stated)" if score.identities is None else f"of {people(score.identities)}"
    if found.made:
        whose = f"of {found.shows}"
    shown.add_row("pictures", f"{score.images:,} {whose}{and_face_free(found.face_free)}")
    if score.faces is not None:
        shown.add_row(f"faces that the {figure.name} rests on", f"{score.faces:,}")
    given, strained = found.given, found.strained
    shown.add_row(f"{figure.name} with {given}" if given else figure.name, figure.text(score.value))
    shown.add_row(f"95 % interval by {score.drawn}", score.interval())
    if strained is not None:
        shown.add_row(f"{figure.name} with {strained.name}", figure.text(strained.score.value))
    guess = found.baseline
    shown.add_row(f"{figure.name} of the {guess.name}, without a look", figure.text(guess.score.value))
    for other in score.further:
        shown.add_row(other.label, f"{other.value:.2f} {other.unit}" if other.unit else f"{other.value:.4f}")
    if found.peer is not None:
        shown.add_section()
        shown.add_row(f"{figure.name} of {found.peer.name}", figure.text(found.peer.score.value))
        for other in found.peer.score.further:
            text = f"{other.value:.2f} {other.unit}" if other.unit else f"{other.value:.4f}"
            shown.add_row(f"{found.peer.name} {other.label}", text)
    if found.groups:
        shown.add_section()
        for group in found.groups:
            what = f"{figure.name} of {group.name} ({counted(group.score.images, 'picture')})"
            shown.add_row(what, f"{figure.text(group.score.value)}, {group.score.interval()}")
    OUT.print(shown)
    if found.groups:
        note(gap_in_words(found.groups))
    note(f"{figure.meaning[0].upper()}{figure.meaning[1:]}.")
    if strained is not None:
        note(f"{strained.name[0].upper()}{strained.name[1:]}: {strained.condition}.")


_SPOKEN = {EngineName.c: "the generated C", EngineName.tflm: "the TensorFlow Lite Micro interpreter"}


def stated(card: Card, found: Evaluation) -> str:
    """Writes the first figure of the test part into the card of a training, or of a rendered one those of
    photographs; what is said of it, "" where nothing was written."""
    from model_zoo.evaluation.keep import is_kept, is_of_photographs, keep, keep_photographed

    on_photographs = is_of_photographs(card, found)
    if not on_photographs and not is_kept(card, found):
        return ""
    try:
        kept = (keep_photographed if on_photographs else keep)(card, found)
    except OSError as error:
        return f"The card can't be written ({error.strerror or error}); it goes on stating {card.known_by}."
    if on_photographs:
        return f"The card states {kept.photographed} from now on, beside {kept.primary} of its own data."
    return f"The card states {kept.primary} of the test part from now on; until now it was {card.primary}."


def elsewhere(card: Card, dataset: str) -> str:
    """Why the figures differ from the card's: those are of another data set; "" where they are not."""
    measured_on, primary = card.data.name, card.primary
    if not measured_on or measured_on == dataset:
        return ""
    return (
        f"The {primary.name} of {primary.value:.2f} {primary.unit} in the model's card was measured on "
        f"{measured_on}, and this is {dataset}: other pictures, so the two figures do not compare. Name the "
        "card's data set with --data."
    )


def compiled_engine(ref: ModelRef) -> Engine:
    """The model's generated C, compiled for this machine.

    Raises:
        ToolError: there is no C compiler.
    """
    from codegen.backends.host_library import CompiledModel
    from codegen.program.kept import first_values
    from codegen.program.stages import NetworkFacts
    from host_tools.project.write import plan_of
    from model_zoo.evaluation.engines import Engine

    compiled = CompiledModel(plan_of(ref, None))
    kept = first_values(ref.graph)
    return Engine("c", NetworkFacts.of(ref.graph).outputs, lambda picture: compiled.invoke([picture, *kept]))
