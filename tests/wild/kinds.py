"""Of which kind a model is: by the types that its multiplying operators read."""

from __future__ import annotations

from codegen.backends.tflm.operators import NPU_OPERATORS
from codegen.tflite.model_file import FileGraph, FileOperator, ModelFile

WEIGHTED = frozenset(
    {
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
        "TRANSPOSE_CONV",
        "BATCH_MATMUL",
        "SVDF",
        "LSTM",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
    }
)
KINDS = ("int8", "mixed", "int16x8", "uint8", "hybrid", "float32", "npu", "other")
"""int8: all arithmetic on int8 (edges may be uint8 or float32). mixed: only some of it. int16x8: int16
activations, int8 weights. uint8: weights of the scheme before 2020. hybrid: float32 activations and int8
weights. npu: compiled for an accelerator. other: none of these."""


def kind_of(model: ModelFile) -> str:
    """One of KINDS."""
    if any(operator.custom in NPU_OPERATORS for operator in model.operators):
        return "npu"
    found = {
        kind
        for graph in model.graphs
        for operator in graph.operators
        if operator.kind in WEIGHTED and (kind := _weighted(graph, operator))
    }
    if not found:
        dtypes = {t.dtype for graph in model.graphs for t in graph.used() if not t.is_constant}
        found = {"int8"} if "int8" in dtypes else {"float32"} if "float32" in dtypes else set()
    if "int8" in found:
        return "int8" if found == {"int8"} else "mixed"
    return next((kind for kind in KINDS if kind in found), "other")


def _weighted(graph: FileGraph, operator: FileOperator) -> str:
    """Kind of one operator; "" where both its operands have types that no kind knows."""
    types = [graph.tensors[t].dtype for t in operator.inputs[:2] if t != -1]
    if len(types) < 2:
        return ""
    activation, weights = types
    if weights == "uint8":
        return "uint8"
    known = {
        ("int8", "int8"): "int8", ("int8", "int4"): "int8", ("int16", "int8"): "int16x8",
        ("float32", "int8"): "hybrid", ("float32", "float32"): "float32", ("int16", "int16"): "int16x8",
    }  # fmt: skip
    return known.get((activation, weights), "")
