"""`tinyface evaluate` of a program: faces pasted into face-free pictures, found, cut out and marked by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.terminal.console import ERR, OUT, note, print_json, table

if TYPE_CHECKING:
    from codegen.program.reference import Invoke
    from host_tools.models import ModelRef
    from model_zoo.evaluation.end_to_end import EndToEnd


def measured(
    ref: ModelRef,
    networks: Callable[[ModelRef], Invoke],
    part: str,
    data: Path | None,
    dataset: str,
    limit: int | None,
    quiet: bool,
) -> EndToEnd:
    """Measures a program on one part.

    Args:
        ref: of a program of several stages.
        networks: makes what runs its networks.
        part, data, dataset, limit: as evaluate's options say them; so many faces.
        quiet: show no progress.
    Raises:
        DataError: the program marks nothing, or the data do not fit.
    """
    from codegen.program.reference import Reference
    from model_zoo.evaluation.end_to_end import chosen_samples, marking_stages, measure
    from model_zoo.training.progress import Progress

    _, marked = marking_stages(ref.program)
    model = ref.program.stages[marked].model
    card = ref.networks[model].card if model is not None else None
    stated = card.facts.get("presence", {}).get("threshold") if card is not None else None
    with Progress(quiet, ERR) as progress:
        samples = chosen_samples(part, data, dataset, limit, progress)
        reference = Reference(ref.program, [network.graph for network in ref.networks], networks(ref))
        return measure(reference, samples, part, stated)


def compiled(ref: ModelRef) -> Invoke:
    """Its networks as generated C, compiled for this machine.

    Raises:
        ToolError: there is no C compiler.
    """
    from codegen.backends.host_library import CompiledModel
    from host_tools.project.write import plan_of

    runs = {id(network.graph): CompiledModel(plan_of(network)) for network in ref.networks}
    return lambda graph, inputs: runs[id(graph)].invoke(list(inputs))


def interpreted(ref: ModelRef) -> Invoke:
    """Its networks in the TensorFlow Lite Micro interpreter.

    Raises:
        ToolError: it is not installed.
    """
    from model_zoo.evaluation.engines import micro_engine

    runs = {id(network.graph): micro_engine(network.data) for network in ref.networks}

    def invoke(graph: Any, inputs: Sequence[Any]) -> Sequence[Any]:
        return runs[id(graph)].run(inputs[0])

    return invoke


def tell(found: EndToEnd, as_json: bool) -> None:
    """Prints a measurement."""
    if as_json:
        print_json(found.to_json())
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


def _roll(degrees: float) -> str:
    return f"turned by up to {degrees:.0f} degrees" if degrees else "upright"
