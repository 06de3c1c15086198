"""Runs a Graph layer by layer with the ops' integer references: what `validate` compares against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.graph import Graph


@dataclass(frozen=True, eq=False)
class Trace:
    """What one inference computed.

    Attributes:
        outputs: one array an output of the model.
        layers: for every op its output arrays.
    """

    outputs: tuple[NDArray[Any], ...]
    layers: tuple[tuple[NDArray[Any], ...], ...]


def run(graph: Graph, inputs: Sequence[NDArray[Any]]) -> Trace:
    """One inference.

    Args:
        graph: any graph of the reader or of a pass.
        inputs: one array an input, dtype and shape of the tensor.
    Raises:
        ModelError: number, shape or dtype of the inputs is another than the model's.
    """
    if len(inputs) != len(graph.inputs):
        raise ModelError(
            f"it takes {len(graph.inputs)} inputs, {len(inputs)} are given",
            graph.name,
            "Pass one array each.",
        )
    values: dict[int, NDArray[Any]] = {
        index: data for index in graph.outputs if (data := graph.tensor(index).data) is not None
    }
    for index, array in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensor(index)
        if array.shape != tensor.shape or str(array.dtype) != tensor.dtype:
            raise ModelError(
                f"it takes {tensor.dtype} {list(tensor.shape)}, not {array.dtype} {list(array.shape)}",
                f"{graph.name}, input {tensor.name!r}",
                "Pass an array of that type and shape.",
            )
        values[index] = array
    layers = []
    for op in graph.ops:
        arguments = []
        for index in op.inputs:
            if index != -1:
                constant = graph.tensor(index).data
                arguments.append(values[index] if constant is None else constant)
        results = op.reference(graph, arguments)
        values.update(zip(op.outputs, results, strict=True))
        layers.append(results)
    return Trace(tuple(values[index] for index in graph.outputs), tuple(layers))
