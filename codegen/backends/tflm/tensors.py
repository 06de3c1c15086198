"""Inputs and outputs of a TFLite-Micro project: the integer core's where there is one, else the file's own.

The interpreter's own tensors may be uint8 or float32 while the firmware speaks int8. Each uint8 is the int8
with its highest bit turned, and a float32 beside QUANTIZE or DEQUANTIZE holds no more than an integer does:
the two go over into each other without loss, which is proved here value by value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from codegen import render
from codegen.backends.facts import MAX_RANK, TensorFacts, tensor_facts
from codegen.edges import Edge, dequantize, quantize
from codegen.errors import ModelError, UnsupportedOpError
from codegen.graph import Graph
from codegen.tensor import ITEM_BYTES
from codegen.tflite.model_file import FileTensor, ModelFile

DTYPES = {
    "int8": ("TINYFACE_INT8", "kTfLiteInt8"),
    "uint8": ("TINYFACE_UINT8", "kTfLiteUInt8"),
    "int16": ("TINYFACE_INT16", "kTfLiteInt16"),
    "int32": ("TINYFACE_INT32", "kTfLiteInt32"),
    "float32": ("TINYFACE_FLOAT32", "kTfLiteFloat32"),
    "bool": ("TINYFACE_BOOL", "kTfLiteBool"),
    "int64": ("TINYFACE_INT64", "kTfLiteInt64"),
}
"""dtype -> names in engine.h and in TFLite-Micro."""


@dataclass(frozen=True)
class EngineTensor:
    """One input or output.

    Attributes:
        facts: what the firmware sees.
        dtype: of that, as NumPy names it.
        file_type, file_bytes: what the interpreter's tensor is.
    """

    facts: TensorFacts
    dtype: str
    file_type: str
    file_bytes: int


@dataclass(frozen=True)
class EngineTensors:
    """All of them; `core`: they are those of the integer core."""

    inputs: tuple[EngineTensor, ...]
    outputs: tuple[EngineTensor, ...]
    core: bool


def engine_tensors(model: ModelFile, graph: Graph | None) -> EngineTensors:
    """What the firmware sees of a model.

    Args:
        graph: the model's integer core, None where there is none.
    Raises:
        UnsupportedOpError: a type or a number of axes that engine.h can't describe.
    """
    for tensor in (*model.inputs, *model.outputs):
        _check(model, tensor)
    if graph is None or not speaks_core(model, graph):
        return EngineTensors(
            tuple(_own(model, tensor) for tensor in model.inputs),
            tuple(_own(model, tensor) for tensor in model.outputs),
            False,
        )

    def core(indices: tuple[int, ...], files: tuple[FileTensor, ...]) -> tuple[EngineTensor, ...]:
        return tuple(
            EngineTensor(tensor_facts(graph, t), graph.tensor(t).dtype, DTYPES[file.dtype][1], _bytes(file))
            for t, file in zip(indices, files, strict=True)
        )

    return EngineTensors(core(graph.inputs, model.inputs), core(graph.outputs, model.outputs), True)


def speaks_core(model: ModelFile, graph: Graph) -> bool:
    """Whether core and file have the same inputs and outputs but for types, each converted without loss."""
    ends = (
        (model.main.inputs, model.inputs, graph.inputs, graph.input_edges),
        (model.main.outputs, model.outputs, graph.outputs, graph.output_edges),
    )
    if len({*model.main.inputs, *model.main.outputs}) != len((*model.main.inputs, *model.main.outputs)):
        return False  # a tensor that is converted twice, or read back
    for indices, files, inner, edges in ends:
        if [edge.outer for edge in edges] != list(range(len(indices))):
            return False
        for file, t, edge in zip(files, inner, edges, strict=True):
            tensor = graph.tensor(t)
            if file.shape != tensor.shape or not is_exact(edge, tensor.dtype):
                return False
    return True


def is_exact(edge: Edge, dtype: str) -> bool:
    """Whether every value of the core comes back from the file's type, as the firmware converts it."""
    if edge.dtype == dtype:
        return True
    if edge.dtype == "uint8":
        return dtype == "int8"
    if edge.dtype != "float32" or dtype not in ("int8", "int16"):
        return False
    info = np.iinfo(dtype)
    values = np.arange(info.min, info.max + 1).astype(dtype)
    steps = (values.astype(np.int32) - edge.zero_point).astype(np.float32)
    if not 0 < edge.scale * float(np.abs(steps).max()) < float(np.finfo(np.float32).max):
        return False
    real = np.float32(edge.scale) * steps
    if not np.array_equal(real, dequantize(values, edge.scale, edge.zero_point)):
        return False
    return np.array_equal(quantize(real, edge.scale, edge.zero_point, dtype), values)


def _check(model: ModelFile, tensor: FileTensor) -> None:
    where = f"{model.name}, tensor {tensor.name!r}"
    if tensor.dtype not in DTYPES:
        raise UnsupportedOpError(
            f"an input or output is {tensor.dtype}", where, f"Export it as {', '.join(DTYPES)}."
        )
    if len(tensor.shape) > MAX_RANK:
        raise UnsupportedOpError(
            f"an input or output has {len(tensor.shape)} axes", where, f"Use at most {MAX_RANK}."
        )
    if any(size <= 0 for size in tensor.shape):
        raise ModelError(
            f"its shape {list(tensor.shape)} is open", where, "Export the model with fixed shapes."
        )


def _bytes(tensor: FileTensor) -> int:
    return tensor.elements * ITEM_BYTES[tensor.dtype]


def _own(model: ModelFile, tensor: FileTensor) -> EngineTensor:
    """The file's own tensor."""
    one = len(tensor.scales) == 1 and len(tensor.zero_points) == 1
    facts = TensorFacts(
        tensor.name,
        DTYPES[tensor.dtype][0],
        render.C_TYPES[tensor.dtype],
        tensor.shape,
        tensor.scales[0] if one else 0.0,
        tensor.zero_points[0] if one else 0,
        _bytes(tensor),
    )
    return EngineTensor(facts, tensor.dtype, DTYPES[tensor.dtype][1], facts.bytes)
