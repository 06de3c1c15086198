"""The optional header of generated code that converts at the edges: model_edges.h."""

from __future__ import annotations

from dataclasses import dataclass

from codegen import render
from codegen.backends.facts import tensor_facts
from codegen.backends.templating import fill
from codegen.graph import Graph


@dataclass(frozen=True)
class EdgeFacts:
    """One input or output as model_edges.h names it.

    Attributes:
        name: "input_0", "output_1".
        about: what the file has there.
        dtype, ctype, elements: of the core's tensor.
        outer: type of the file's tensor.
        scale, zero_point: of the core's tensor.
        scaled: there is such a scale.
        low, high: limits of `dtype`.
        shifted: "input" or "output" where the file has uint8, else "".
    """

    name: str
    about: str
    dtype: str
    ctype: str
    elements: int
    outer: str
    scale: float
    zero_point: int
    scaled: bool
    low: int
    high: int
    shifted: str


def edge_facts(graph: Graph) -> tuple[EdgeFacts, ...]:
    """Inputs, then outputs."""
    facts = []
    for what, indices, edges in (
        ("input", graph.inputs, graph.input_edges),
        ("output", graph.outputs, graph.output_edges),
    ):
        for number, (index, edge) in enumerate(zip(indices, edges, strict=True)):
            tensor, shown = graph.tensor(index), tensor_facts(graph, index)
            low, high = render.CTYPE_RANGE[shown.ctype]
            layers = f", its layers {', '.join(edge.layers)}" if edge.layers else ""
            where = f"{what} {edge.outer}{layers}"
            facts.append(
                EdgeFacts(
                    name=f"{what}_{number}",
                    about=f"{what} {number}: {edge.name}, {edge.dtype} in the file ({where})",
                    dtype=tensor.dtype,
                    ctype=shown.ctype,
                    elements=tensor.elements,
                    outer=edge.dtype,
                    scale=shown.scale,
                    zero_point=shown.zero_point,
                    scaled=shown.scale > 0 and tensor.dtype in ("int8", "int16"),
                    low=low,
                    high=high,
                    shifted=what if edge.dtype == "uint8" and tensor.dtype == "int8" else "",
                )
            )
    return tuple(facts)


@dataclass(frozen=True)
class StateFacts:
    """One variable as model_edges.h keeps it.

    Attributes:
        name, input, output, initial: of the State.
        field: of the struct.
        ctype, elements: of the core's tensor.
        uniform: the one byte that all of `initial` are, else None.
    """

    name: str
    field: str
    input: int
    output: int
    ctype: str
    elements: int
    initial: bytes
    uniform: int | None


def state_facts(graph: Graph) -> tuple[StateFacts, ...]:
    """The variables of the file."""
    facts = []
    for number, state in enumerate(graph.states):
        tensor = graph.tensor(graph.inputs[state.input])
        same = state.initial[0] if len({*state.initial}) == 1 else None
        facts.append(
            StateFacts(
                name=state.name,
                field=f"variable_{number}",
                input=state.input,
                output=state.output,
                ctype=render.C_TYPES[tensor.dtype],
                elements=tensor.elements,
                initial=state.initial,
                uniform=same,
            )
        )
    return tuple(facts)


def edges_header(graph: Graph) -> str:
    """Text of model_edges.h."""
    prefix = render.prefix(graph.name)
    return fill(
        "model_edges.h.jinja",
        name=graph.name,
        prefix=prefix,
        PREFIX=prefix.upper(),
        edges=edge_facts(graph),
        states=state_facts(graph),
    )
