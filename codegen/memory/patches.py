"""Patch-wise execution: the first layers run band of rows by band of rows, so that they never exist whole.

A band of the last layer's output needs a band of its input with a halo, and so on up to the first layer's
input; rows of the halo are computed once for each band that needs them. The result is an ordinary Graph
whose layers are the bands' layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from codegen.graph import Graph, Tensor
from codegen.memory.plan import ARENA_ALIGNMENT
from codegen.ops.average_pool_2d import AveragePool2D
from codegen.ops.bands import JoinRows, RowBand
from codegen.ops.base import Op
from codegen.ops.conv_2d import Conv2D
from codegen.ops.depthwise_conv_2d import DepthwiseConv2D
from codegen.ops.window import Window

Sliding: TypeAlias = Conv2D | DepthwiseConv2D | AveragePool2D
Rows: TypeAlias = tuple[int, int]
"""First row and the row after the last."""

MAX_PATCHED_LAYERS = 12
MAX_BANDS = 64


@dataclass(frozen=True)
class Patch:
    """Layers 0 .. layers - 1 in bands of `rows` rows of the last one's output (the last band may be lower).

    Attributes:
        layers: at least two.
        rows: of the last layer's output.
        extra_macs: multiply-accumulates for rows that are computed more than once.
    """

    layers: int
    rows: int
    extra_macs: int


def possible_patches(graph: Graph) -> list[Patch]:
    """All patches of a graph, those with the fewest extra multiply-accumulates first.

    The layers are sliding windows over one picture, each read by the next one alone; the bands start at
    multiples of the arena's alignment in the first input and the last output.
    """
    chain = _chain(graph)
    found = []
    for layers in range(2, len(chain) + 1):
        total = chain[layers - 1].window.output[0]
        for rows in {-(-total // n) for n in range(2, MAX_BANDS + 1)}:
            if rows < total and _possible(graph, chain[:layers], rows):
                found.append(Patch(layers, rows, _extra_macs(graph, chain[:layers], rows)))
    return sorted(found, key=lambda p: (p.extra_macs, p.layers, p.rows))


def apply_patch(graph: Graph, patch: Patch) -> Graph:
    """The graph with its first layers in bands.

    Raises:
        ValueError: the patch is none of `possible_patches`.
    """
    chain = _chain(graph)[: patch.layers]
    if len(chain) != patch.layers or not _possible(graph, chain, patch.rows):
        raise ValueError(f"{graph.name} has no such patch: {patch}")
    tensors, ops, parts = list(graph.tensors), list[Op](), []
    source, result = chain[0].inputs[0], chain[-1].outputs[0]

    def band(tensor: int, rows: Rows, number: int) -> int:
        whole = graph.tensor(tensor)
        shape = (whole.shape[0], rows[1] - rows[0], *whole.shape[2:])
        tensors.append(Tensor(f"{whole.name} band {number}", shape, whole.dtype, whole.quant))
        return len(tensors) - 1

    for number, spans in enumerate(_bands(graph, chain, patch.rows)):
        x = band(source, spans[0], number)
        ops.append(RowBand((source,), (x,), spans[0][0]))
        for op, rows in zip(chain, spans[1:], strict=True):
            y = band(op.outputs[0], rows, number)
            window = replace(
                op.window,
                pad_before=(max(0, -_needs(op.window, rows)[0]), op.window.pad_before[1]),
                output=(rows[1] - rows[0], op.window.output[1]),
            )
            ops.append(replace(op, inputs=(x, *op.inputs[1:]), outputs=(y,), window=window))
            x = y
        parts.append(x)
    ops.append(JoinRows(tuple(parts), (result,)))
    return replace(graph, tensors=tuple(tensors), ops=(*ops, *graph.ops[patch.layers :]), numbers=())


def _chain(graph: Graph) -> list[Sliding]:
    """The sliding windows that the graph starts with."""
    chain: list[Sliding] = []
    for op in graph.ops[:MAX_PATCHED_LAYERS]:
        if not isinstance(op, Conv2D | DepthwiseConv2D | AveragePool2D):
            break
        x = op.inputs[0]
        if graph.tensor(x).shape[0] != 1 or (chain and x != chain[-1].outputs[0]):
            break
        if chain and (x in graph.outputs or sum(other.inputs.count(x) for other in graph.ops) != 1):
            break
        chain.append(op)
    return chain


def _needs(window: Window, rows: Rows) -> Rows:
    """The input rows under these output rows, padding included."""
    top = rows[0] * window.stride[0] - window.pad_before[0]
    reach = (window.kernel[0] - 1) * window.dilation[0] + 1
    return top, top + (rows[1] - rows[0] - 1) * window.stride[0] + reach


def _bands(graph: Graph, chain: list[Sliding], height: int) -> Iterator[list[Rows]]:
    """For each band the rows of the first input and of every layer's output."""
    total = chain[-1].window.output[0]
    for first in range(0, total, height):
        spans = [(first, min(total, first + height))]
        for op in reversed(chain):
            low, high = _needs(op.window, spans[0])
            limit = graph.tensor(op.inputs[0]).shape[1]
            # A window wholly in the padding still gets one row to look at.
            low, high = min(max(0, low), limit - 1), max(min(limit, high), 1)
            spans.insert(0, (low, high))
        yield spans


def _possible(graph: Graph, chain: list[Sliding], height: int) -> bool:
    """True where all bands start at the arena's alignment and see more than padding."""
    source, result = graph.tensor(chain[0].inputs[0]), graph.tensor(chain[-1].outputs[0])
    line, last = source.bytes // source.shape[1], result.bytes // result.shape[1]
    for spans in _bands(graph, chain, height):
        if spans[0][0] * line % ARENA_ALIGNMENT or spans[-1][0] * last % ARENA_ALIGNMENT:
            return False
        for op, rows in zip(chain, spans[1:], strict=True):
            low, high = _needs(op.window, rows)
            if high <= 0 or low >= graph.tensor(op.inputs[0]).shape[1]:
                return False
    return True


def _extra_macs(graph: Graph, chain: list[Sliding], height: int) -> int:
    rows = [0] * len(chain)
    for spans in _bands(graph, chain, height):
        for n, (first, end) in enumerate(spans[1:]):
            rows[n] += end - first
    return sum(
        op.macs(graph) // op.window.output[0] * (n - op.window.output[0])
        for op, n in zip(chain, rows, strict=True)
    )
