"""Puts many small graphs side by side into one, so that one compiled program runs all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codegen.graph import Graph, Op
from codegen.tensor import Tensor


def joined(graphs: Sequence[Graph]) -> Graph:
    """One graph that computes all of them: its inputs and outputs are theirs, one graph after the other."""
    tensors: list[Tensor] = []
    ops: list[Op] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for graph in graphs:
        start = len(tensors)
        tensors += graph.tensors
        inputs += _moved(graph.inputs, start)
        outputs += _moved(graph.outputs, start)
        ops += [
            replace(op, inputs=_moved(op.inputs, start), outputs=_moved(op.outputs, start))
            for op in graph.ops
        ]
    return Graph("joined", tuple(tensors), tuple(ops), tuple(inputs), tuple(outputs), bytes(32))


def _moved(indices: Sequence[int], start: int) -> tuple[int, ...]:
    return tuple(t if t < 0 else t + start for t in indices)
