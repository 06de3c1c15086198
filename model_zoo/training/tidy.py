"""Rewrites a .tflite file with short layer names, constants aligned to 16 bytes and the outputs in the Keras
model's order; the values stay.

The converter's names run over several fused layers and cost a board's flash; the writer below keeps the layer
that a person knows, so reports and generated C speak of `s1_0_expand`.
"""

from __future__ import annotations

import re
from typing import Any

_WRAPPERS = re.compile(r"^quant_")
_SUFFIX = re.compile(r"_(conv|bn|relu)$")


def short_name(name: str) -> str:
    """`pfld/quant_s1_0_expand_relu/Relu6;pfld/...` -> `s1_0_expand`; a constant keeps its last word."""
    parts = name.split(";")[0].split("/")
    layer = parts[1] if len(parts) > 1 else parts[0]
    layer = _SUFFIX.sub("", _WRAPPERS.sub("", layer))
    return layer.replace(":0", "")


def _rename(graph: Any) -> None:
    """Gives every tensor a short, unique name; constants are named after the op that reads them."""
    taken: set[str] = set()
    made = {index for op in graph.operators if op.outputs is not None for index in op.outputs}

    def give(tensor: Any, wanted: str) -> None:
        name, count = wanted, 2
        while name in taken:
            name, count = f"{wanted}_{count}", count + 1
        taken.add(name)
        tensor.name = name.encode()

    for op in graph.operators:
        if op.outputs is None or len(op.outputs) == 0:  # of variables
            continue
        for index in op.outputs:
            old = graph.tensors[index].name.decode()
            give(graph.tensors[index], "output" if index in graph.outputs else short_name(old))
        layer = graph.tensors[op.outputs[0]].name.decode()
        for index, role in zip(op.inputs[1:3], ("w", "b"), strict=False):
            if index >= 0 and index not in made:
                give(graph.tensors[index], f"{layer}/{role}")
    for index in graph.inputs:
        give(graph.tensors[index], "picture")


def _order_outputs(model: Any) -> None:
    """Puts the outputs in the Keras model's order, which the signature keeps and the converter does not."""
    for signature in model.signatureDefs or ():
        graph = model.subgraphs[signature.subgraphIndex]
        by_place = {int(o.name.decode().rpartition("_")[2]): o.tensorIndex for o in signature.outputs}
        graph.outputs = [by_place[place] for place in range(len(by_place))]


def tidy(content: bytes) -> bytes:
    """Orders the outputs, renames, drops the converter's metadata and writes the file again.

    Args:
        content: a .tflite file as the converter made it.
    Returns:
        a smaller file with the same ops, shapes, quantization and weights.
    """
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    class AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]
        """Starts every byte vector at a multiple of 16, as the schema's force_align asks."""

        def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:  # noqa: N802
            return int(super().StartVector(elemSize, numElems, 16 if elemSize == 1 else alignment))

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    _order_outputs(model)
    for graph in model.subgraphs:
        _rename(graph)
        graph.name = b"main"
    model.metadata, model.metadataBuffer, model.signatureDefs = [], [], []
    model.description = b"tinyface"
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None
    builder = AlignedBuilder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
