"""Runs a Graph layer by layer with the ops' integer references: what `validate` compares against.

`enter` and `leave` stand around it where the .tflite file itself takes other types (codegen/edges.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.edges import UINT8_SHIFT, dequantize, quantize
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


def enter(graph: Graph, outer: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The inputs of the core.

    Args:
        outer: one array an input of the file, of its own type and shape, and one a variable.
    Raises:
        ModelError: an array of another number, type or shape, or a NaN.
    """
    expected = len({edge.outer for edge in graph.input_edges})
    if len(outer) != expected:
        raise ModelError(f"it takes {expected} inputs, {len(outer)} are given", graph.name, "Pass one each.")
    arrays = []
    for edge, index in zip(graph.input_edges, graph.inputs, strict=True):
        value, tensor = outer[edge.outer], graph.tensor(index)
        if value.shape != tensor.shape or str(value.dtype) != edge.dtype:
            raise ModelError(
                f"it takes {edge.dtype} {list(tensor.shape)}, not {value.dtype} {list(value.shape)}",
                f"{graph.name}, input {edge.name!r}",
                "Pass an array of that type and shape.",
            )
        if edge.dtype == "float32":
            value = quantize(value, edge.scale, edge.zero_point, tensor.dtype)
        elif edge.dtype != tensor.dtype:
            value = (value.astype(np.int16) - UINT8_SHIFT).astype(np.int8)
        arrays.append(value)
    return arrays


def leave(graph: Graph, core: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """The outputs of the file, of its own types.

    Args:
        core: one array an output of the core.
    """
    arrays = []
    for edge, index, value in zip(graph.output_edges, graph.outputs, core, strict=True):
        if edge.dtype == "float32":
            value = dequantize(value, edge.scale, edge.zero_point)
        elif edge.dtype != graph.tensor(index).dtype:
            value = (value.astype(np.int16) + UINT8_SHIFT).astype(np.uint8)
        arrays.append(value)
    return arrays
