"""Drops ops that copy their input: RESHAPE to the same shape, QUANTIZE to the same scale, PAD by nothing."""

from __future__ import annotations

from codegen.graph import Graph
from codegen.passes.base import Pass, renumber, without

KINDS = frozenset({"RESHAPE", "QUANTIZE", "PAD"})
"""Ops that compute the identity where shape, type and quantization of input and output are equal."""


class DropIdentity(Pass):
    """Readers of the output read the input instead; a model output keeps its name where it can."""

    def match(self, graph: Graph, position: int) -> bool:
        op = graph.ops[position]
        if op.kind not in KINDS:
            return False
        source, output = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
        return (source.shape, source.dtype, source.quant) == (output.shape, output.dtype, output.quant)

    def transform(self, graph: Graph, position: int) -> Graph:
        op = graph.ops[position]
        source, output = op.inputs[0], op.outputs[0]
        graph = without(graph, position)
        fixed = source in graph.inputs or source in graph.outputs or graph.tensor(source).is_constant
        if output in graph.outputs and not fixed:
            return renumber(graph, {source: output})
        return renumber(graph, {output: source})
