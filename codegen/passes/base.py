"""What a pass is, and the three edits of a Graph that passes are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from codegen.graph import Graph, Op


class Pass(ABC):
    """One rewrite. It never changes what the outputs are, not by one bit; its test proves it."""

    @abstractmethod
    def match(self, graph: Graph, position: int) -> bool:
        """True where the rewrite applies to the op at this position."""

    @abstractmethod
    def transform(self, graph: Graph, position: int) -> Graph:
        """The rewritten graph; called only where `match` is true."""


def without(graph: Graph, position: int) -> Graph:
    """The graph without one op; its tensors stay."""
    return replace(graph, ops=graph.ops[:position] + graph.ops[position + 1 :])


def with_op(graph: Graph, position: int, op: Op) -> Graph:
    """The graph with another op at this position."""
    return replace(graph, ops=(*graph.ops[:position], op, *graph.ops[position + 1 :]))


def renumber(graph: Graph, mapping: Mapping[int, int]) -> Graph:
    """Every reference to a tensor in `mapping` becomes a reference to its value."""

    def to(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(mapping.get(t, t) for t in indices)

    ops = tuple(replace(op, inputs=to(op.inputs), outputs=to(op.outputs)) for op in graph.ops)
    return replace(graph, ops=ops, inputs=to(graph.inputs), outputs=to(graph.outputs))


def readers(graph: Graph, tensor: int) -> list[int]:
    """Positions of the ops that read a tensor."""
    return [position for position, op in enumerate(graph.ops) if tensor in op.inputs]
