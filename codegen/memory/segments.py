"""Which layers can run band of rows by band of rows, and the rows that each band needs: geometry alone.

A band of the last layer's output needs rows of its inputs with a halo, and so on up to the segment's inputs.
The halo is computed again in every band, or kept from the band before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from codegen.graph import Graph, Op
from codegen.ops.convolution import Convolution
from codegen.ops.elementwise import Elementwise
from codegen.ops.lookup import Lookup
from codegen.ops.pooling import Pooling
from codegen.ops.quantize import Quantize
from codegen.ops.window import Window

Sliding: TypeAlias = Convolution | Pooling
Rows: TypeAlias = tuple[int, int]
"""First row and the row after the last."""

MAX_PATCHED_LAYERS = 12


@dataclass(frozen=True)
class Segment:
    """Layers start .. end - 1 of a graph, whose last output alone leaves them.

    Attributes:
        start, end: positions.
        sources: activations from outside, in the order in which they are read.
        result: the output of the last layer.
        dying: those of `sources` that nobody reads later.
    """

    start: int
    end: int
    sources: tuple[int, ...]
    result: int
    dying: tuple[int, ...]


@dataclass(frozen=True)
class Band:
    """One band of a segment.

    Attributes:
        whole: tensor -> rows at hand of it, for tensors made inside.
        new: tensor -> rows of it that this band computes; the others are kept from the band before.
        reads: (layer, tensor) -> rows that the layer reads.
    """

    whole: dict[int, Rows]
    new: dict[int, Rows]
    reads: dict[tuple[int, int], Rows]


def find_segment(graph: Graph, start: int, end: int) -> Segment | None:
    """The segment of these layers, None where they are none."""
    if not 0 <= start < end <= len(graph.ops):
        return None
    made = {op.outputs[0] for op in graph.ops[start:end]}
    result = graph.ops[end - 1].outputs[0]
    sources: list[int] = []
    for n in range(start, end):
        if not _by_rows(graph, n):
            return None
        sources += [t for t in graph.activations[n] if t not in made and t not in sources]
    if any(t in graph.outputs or graph.last_reader.get(t, -1) >= end for t in made - {result}):
        return None
    dying = tuple(t for t in sources if t not in graph.outputs and graph.last_reader[t] < end)
    return Segment(start, end, tuple(sources), result, dying)


def bands_of(graph: Graph, segment: Segment, height: int, cached: bool) -> list[Band] | None:
    """The rows of every band, None where a band would see nothing but padding or nothing new.

    Args:
        height: rows of the result in a band; the last one may be lower.
        cached: keep the halo instead of computing it again.
    """
    total = graph.tensor(segment.result).shape[1]
    bands: list[Band] = []
    for first in range(0, total, height):
        band = _band(
            graph, segment, (first, min(total, first + height)), bands[-1] if cached and bands else None
        )
        if band is None:
            return None
        bands.append(band)
    return bands


def kept_rows(band: Band, tensor: int) -> int:
    """How many rows of a tensor a band takes over from the one before."""
    return band.new[tensor][0] - band.whole[tensor][0]


def _band(graph: Graph, segment: Segment, rows: Rows, before: Band | None) -> Band | None:
    whole, new = {segment.result: rows}, {segment.result: rows}
    reads: dict[tuple[int, int], Rows] = {}
    for n in range(segment.end - 1, segment.start - 1, -1):
        op = graph.ops[n]
        y = op.outputs[0]
        if y not in whole:
            return None  # nobody needs a row of it
        if y != segment.result:
            new[y] = whole[y]
            if before is not None and before.whole[y][0] <= whole[y][0] < before.whole[y][1]:
                new[y] = before.whole[y][1], whole[y][1]
            if new[y][0] >= new[y][1]:
                return None
        for t in graph.activations[n]:
            limit = graph.tensor(t).shape[1]
            low, high = needed(op, new[y])
            if high <= 0 or low >= limit:
                return None
            low, high = max(0, low), min(limit, high)
            reads[n, t] = low, high
            if t not in segment.sources:
                known = whole.get(t, (low, high))
                whole[t] = min(known[0], low), max(known[1], high)
    return Band(whole, new, reads)


def needed(op: Op, rows: Rows) -> Rows:
    """The input rows under these output rows, padding included."""
    if not isinstance(op, Convolution | Pooling):
        return rows
    window: Window = op.window
    top = rows[0] * window.stride[0] - window.pad_before[0]
    reach = (window.kernel[0] - 1) * window.dilation[0] + 1
    return top, top + (rows[1] - rows[0] - 1) * window.stride[0] + reach


def _by_rows(graph: Graph, position: int) -> bool:
    """True where output rows follow from a few input rows, and all are pictures of one batch."""
    op = graph.ops[position]
    pictures = [graph.tensor(t) for t in (*graph.activations[position], *op.outputs)]
    if len(pictures) < 2 or any(p.dtype != "int8" or len(p.shape) != 4 or p.shape[0] != 1 for p in pictures):
        return False
    if isinstance(op, Elementwise):
        constants = [graph.tensor(t) for t in op.inputs if graph.tensor(t).is_constant]
        if any(c.elements not in (1, c.shape[-1]) for c in constants if c.shape):
            return False
    elif isinstance(op, Convolution | Pooling):
        return True
    elif not isinstance(op, Lookup | Quantize):
        return False
    return all(p.shape == pictures[-1].shape for p in pictures)
