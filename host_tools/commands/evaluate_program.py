"""`tinyface evaluate` of a program: faces pasted into face-free pictures, found, cut out and marked by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.terminal.console import ERR, OUT, note, print_json, table

if TYPE_CHECKING:
    from codegen.program.reference import Invoke
    from host_tools.models import ModelRef
    from model_zoo.evaluation.end_to_end import EndToEnd
    from model_zoo.evaluation.engines import Engine
    from model_zoo.evaluation.followed import Steadied
    from model_zoo.evaluation.pasted import Pasted

EMOTIONS = "emotions"
"""The task of networks of expressions; others with as many classes name something else."""
HAAR, HAAR_EYES = "haar", "a Haar cascade's, turned by its eyes"
"""What `--beside` takes of such a program, and how its crop is called."""
FACES, HEADS = 12, 4
"""Films of real faces and of rendered heads by which it is measured how still a program holds points."""


def measured(
    ref: ModelRef,
    networks: Callable[[ModelRef], Invoke],
    engine: Callable[[ModelRef], Engine],
    part: str,
    data: Path | None,
    dataset: str,
    limit: int | None,
    quiet: bool,
    beside: str = "",
) -> tuple[EndToEnd, Steadied | None, Pasted | None]:
    """Measures a program on one part; how still it holds points where it has a stage for that, and what it
    takes expressions for where a network with a card names them.

    Args:
        ref: of a program of several stages.
        networks: makes what runs its networks.
        engine: makes what runs one network alone.
        part, data, dataset, limit: as evaluate's options say them; so many faces.
        quiet: show no progress.
        beside: another method for expressions, HAAR or "".
    Raises:
        DataError: the program marks nothing, or the data do not fit.
    """
    from codegen.errors import DataError
    from codegen.program.reference import Reference
    from model_zoo.evaluation.deployed import deployed_of
    from model_zoo.evaluation.end_to_end import chosen_samples, marking_stages, measure
    from model_zoo.evaluation.followed import steadied
    from model_zoo.evaluation.haar import face_cascade
    from model_zoo.evaluation.pasted import FITTED_ON, classing_stage, expressions_of, haar_eyes
    from model_zoo.evaluation.pasted import measure as measure_pasted
    from model_zoo.training.progress import Progress

    _, marked = marking_stages(ref.program)
    model = ref.program.stages[marked].model
    card = ref.networks[model].card if model is not None else None
    stated = card.facts.get("presence", {}).get("threshold") if card is not None else None
    place = classing_stage(ref.program)
    network = None if place is None else ref.networks[ref.program.stages[place].model or 0]
    of_network = network.card if network is not None else None
    names_moods = of_network is not None and of_network.task == EMOTIONS
    if beside and (beside != HAAR or not names_moods):
        raise DataError(
            f"nothing called {beside!r} can stand beside it",
            ref.name,
            f"A program that names expressions takes --beside {HAAR}, any other none.",
        )
    if beside:
        face_cascade()
    with Progress(quiet, ERR) as progress:
        samples = chosen_samples(part, data, dataset, limit, progress)
        reference = Reference(ref.program, [network.graph for network in ref.networks], networks(ref))
        moods = expressions_of(part, data, limit) if names_moods else None
        found = measure(reference, samples, part, stated)
        still = steadied(reference, samples, min(FACES, limit or FACES), min(HEADS, limit or HEADS))
        if network is None or of_network is None or moods is None:
            return found, still, None
        given = deployed_of(of_network, engine(network))
        free = samples.take((~samples.faces()).nonzero()[0])
        grounds = list(free.pictures)

        def watched(done: int, of: int) -> None:
            progress.measured("expressions in frames", done, of)

        other = None
        if beside:
            train = expressions_of("train", data, FITTED_ON)
            spec = given.stage.input
            other = HAAR_EYES, haar_eyes(train, grounds, given.found_in, spec.width, spec.height)
        pasted = measure_pasted(reference, moods, grounds, given.found, part, watched, other)
    if pasted is None:
        note(f"{ref.name} named nothing in {len(moods)} pictures of {moods.name}: nothing is told of that.")
    return found, still, pasted


def compiled(ref: ModelRef) -> Invoke:
    """Its networks as generated C, compiled for this machine.

    Raises:
        ToolError: there is no C compiler.
    """
    from codegen.backends.host_library import CompiledModel
    from host_tools.project.write import plan_of

    runs = {id(network.graph): CompiledModel(plan_of(network, None)) for network in ref.networks}
    return lambda graph, inputs: runs[id(graph)].invoke(list(inputs))


def interpreted(ref: ModelRef) -> Invoke:
    """Its networks in the TensorFlow Lite Micro interpreter.

    Raises:
        ToolError: it is not installed.
        DataError: a network remembers frames.
    """
    from codegen.errors import DataError
    from model_zoo.evaluation.engines import micro_engine

    for network in ref.networks:
        if network.graph.states:
            raise DataError(
                "it remembers frames, and the interpreter would forget them here",
                f"{network.name}, a network of {ref.name}",
                "Measure it with --engine c.",
            )
    runs = {id(network.graph): micro_engine(network.data) for network in ref.networks}

    def invoke(graph: Any, inputs: Sequence[Any]) -> Sequence[Any]:
        return runs[id(graph)].run(inputs[0])

    return invoke


def tell(found: EndToEnd, still: Steadied | None, pasted: Pasted | None, as_json: bool) -> None:
    """Prints a measurement."""
    if as_json:
        steadiness = {} if still is None else {"steadiness": asdict(still)}
        print_json(found.to_json() | steadiness | ({} if pasted is None else {"expressions": asdict(pasted)}))
        return
    rolls = list(found.scores)
    shown = table(
        f"{found.program} on {found.dataset}, {found.part} part", "what", *(f">{_roll(r)}" for r in rolls)
    )
    shown.add_row("scenes", *(f"{found.pictures:,}" for _ in rolls))
    rows: dict[str, dict[float, str]] = {}
    for roll, score in found.scores.items():
        if score is None:
            rows.setdefault("faces lost", {})[roll] = "100.00 %"
            continue
        rows.setdefault(f"{score.figure.name} of the found", {})[roll] = score.figure.text(score.value)
        rows.setdefault(f"95 % interval by {score.drawn}", {})[roll] = score.interval()
        for other in score.further:
            rows.setdefault(other.label, {})[roll] = f"{other.value:.2f} {other.unit}".rstrip()
    for label, values in rows.items():
        shown.add_row(label, *(values.get(roll, "") for roll in rolls))
    OUT.print(shown)
    note(
        "Each face is pasted into a face-free picture of 320x240, by a fixed seed; lost: no box shares half "
        "of its union with the face."
    )
    if still is not None:
        _tell_still(still)
    if pasted is not None:
        _tell_pasted(pasted)


def _tell_pasted(pasted: Pasted) -> None:
    """The table of expressions through the program's own crops."""
    title = f"Expressions: {pasted.pictures:,} pictures of {pasted.dataset} in frames, {pasted.part} part"
    shown = table(title, "crop", ">accuracy", ">balanced accuracy")
    crops = [
        ("the program's own", pasted.accuracy, pasted.balanced_accuracy),
        ("as given, same pictures", pasted.given_accuracy, pasted.given_balanced_accuracy),
    ]
    other = pasted.beside
    if other is not None:
        crops.append((other.name, other.accuracy, other.balanced_accuracy))
    for crop, accuracy, balanced in crops:
        shown.add_row(crop, f"{accuracy:.2f} %", f"{balanced:.2f} %")
    OUT.print(shown)
    note(
        f"Of the pictures that it classed; it classed nothing where {pasted.lost:.2f} % of them are. Each is "
        "pasted with its edges into a face-free picture, 15 to 45 % of its width, and shown for up to 8 "
        "frames."
    )
    if other is not None:
        note(
            f"{other.name[0].upper()}{other.name[1:]}: it found nothing where {other.lost:.2f} % of them are."
        )


def _tell_still(still: Steadied) -> None:
    """The table of jitter and lag."""
    heads = (">at rest", ">rendered, at rest", ">from frame to frame", ">lag, frames")
    shown = table("How still points are held: deviation, % of the face's side", "filter", *heads)
    for n, one in enumerate(still.filters):
        pairs = (one.rest, one.rest_rendered, one.step)
        if not n:
            shown.add_row("none", *("-" if pair is None else f"{pair[0]:.2f}" for pair in pairs), "0")
        lag = "-" if one.lag_frames is None else f"{one.lag_frames:.1f}"
        shown.add_row(one.name, *map(_fall, pairs), lag)
    OUT.print(shown)
    note(
        f"Films of 10 frames a second, noise of sigma 4, half a pixel of shake; one track followed the face "
        f"in {still.followed} of {still.films}. Lag: behind the network, where a rendered head turns by 30 "
        "degrees a second."
    )


def _fall(pair: tuple[float, float] | None) -> str:
    """What a filter leaves of a deviation, and by how much that is less."""
    if pair is None:
        return "-"
    plain, held = pair
    return f"{held:.2f} ({100 * (1 - held / plain):.0f} % less)" if plain else f"{held:.2f}"


def _roll(degrees: float) -> str:
    return f"turned by up to {degrees:.0f} degrees" if degrees else "upright"
