"""Patch-wise execution: layers run band of rows by band of rows; what lies between them never exists whole.

The result is an ordinary Graph whose layers are the bands' layers; see `segments` for the rows they compute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from codegen.graph import Graph, Op
from codegen.memory.plan import ARENA_ALIGNMENT, BAND_ALIGNMENT
from codegen.memory.segments import (
    MAX_PATCHED_LAYERS,
    Band,
    Rows,
    Segment,
    bands_of,
    find_segment,
    kept_rows,
    needed,
)
from codegen.ops.bands import JoinRows, KeepRows, RowBand
from codegen.ops.convolution import Convolution
from codegen.ops.pooling import Pooling
from codegen.tensor import Tensor

MAX_BANDS = 64
"""Each is written out: more of them cost more code than they save."""


@dataclass(frozen=True)
class Patch:
    """Layers start .. end - 1 in bands of `rows` rows of the last one's output (the last band may be lower).

    Attributes:
        start, end: positions, at least two layers.
        rows: of the last layer's output.
        cached: rows that two bands need are kept, not computed again.
        over: the output lies over the part of the (one dying) input that is read already.
        extra_macs: multiply-accumulates for rows that are computed more than once; negative where some rows
            are never needed.
        moved_bytes: of the rows kept.
        bands: how many.
        least: the layers need no less than that while they run.
    """

    start: int
    end: int
    rows: int
    cached: bool
    over: bool
    extra_macs: int
    moved_bytes: int
    bands: int
    least: int

    @property
    def price(self) -> tuple[int, int, int, int, int, int, bool]:
        """What it costs: the order in which patches are tried."""
        return (
            self.extra_macs, self.moved_bytes, self.bands,
            self.end - self.start, self.start, self.least, self.over,
        )  # fmt: skip


def possible_patches(graph: Graph, around: int | None = None, overlap: bool = True) -> list[Patch]:
    """All patches of a graph, the cheapest first.

    Args:
        around: only those of which this layer is a part.
        overlap: also those whose output lies over their input.
    """
    found = []
    count = len(graph.ops)
    starts = range(count) if around is None else range(max(0, around - MAX_PATCHED_LAYERS + 1), around + 1)
    for start in starts:
        low = start + 2 if around is None else max(start + 2, around + 1)
        for end in range(low, min(count, start + MAX_PATCHED_LAYERS) + 1):
            segment = find_segment(graph, start, end)
            if segment is not None:
                found += list(_patches_of(graph, segment, overlap))
    return sorted(found, key=lambda p: p.price)


def apply_patch(graph: Graph, patch: Patch) -> Graph:
    """The graph with these layers in bands.

    Raises:
        ValueError: the patch is none of `possible_patches`.
    """
    segment = find_segment(graph, patch.start, patch.end)
    bands = bands_of(graph, segment, patch.rows, patch.cached) if segment else None
    if segment is None or bands is None or not _aligned(graph, segment, bands):
        raise ValueError(f"{graph.name} has no such patch: {patch}")
    over = _over(graph, segment, bands) if patch.over else None
    if patch.over and over is None:
        raise ValueError(f"{graph.name} has no such patch: {patch}")
    return _Writer(graph, segment, over).write(bands)


def moved_bytes(graph: Graph) -> int:
    """Bytes of rows that move from band to band in one invoke."""
    return sum(graph.tensor(op.outputs[0]).bytes for op in graph.ops if isinstance(op, KeepRows))


class _Writer:
    """Writes the bands' layers."""

    def __init__(self, graph: Graph, segment: Segment, over: tuple[int, int] | None) -> None:
        self.graph, self.segment, self.over = graph, segment, over
        self.tensors = list(graph.tensors)
        self.ops: list[Op] = []
        self.labels: list[str] = []
        self.seen: dict[tuple[int, Rows], int] = {}  # rows of a source -> the tensor that names them

    def write(self, bands: list[Band]) -> Graph:
        graph, segment = self.graph, self.segment
        for number, band in enumerate(bands):  # names for the rows of the sources, before any is overwritten
            for (_, t), rows in sorted(band.reads.items()):
                if t in segment.sources and (t, rows) not in self.seen:
                    self.seen[t, rows] = self._look(t, t, 0, rows, number)
                    self._name(segment.start, number)
        parts, held = [], dict[int, int]()  # held: tensor -> its rows at hand
        for number, band in enumerate(bands):
            before = dict(held)
            for n in range(segment.start, segment.end):
                self._layer(n, number, band, bands[number - 1] if number else band, before, held)
                self._name(n, number)
            parts.append(held[segment.result])
        self.ops.append(JoinRows(tuple(parts), (segment.result,), self.over))
        self.labels.append(graph.label(segment.end - 1))
        ahead, behind = range(segment.start), range(segment.end, len(graph.ops))
        labels = (*map(graph.label, ahead), *self.labels, *map(graph.label, behind))
        ops = (*graph.ops[: segment.start], *self.ops, *graph.ops[segment.end :])
        return replace(graph, tensors=tuple(self.tensors), ops=ops, labels=labels)

    def _name(self, n: int, number: int) -> None:
        """Label the layers written since the last call: band `number` of layer `n`."""
        self.labels += [f"{self.graph.label(n)}.{number}"] * (len(self.ops) - len(self.labels))

    def _layer(
        self, n: int, number: int, band: Band, last: Band, before: dict[int, int], held: dict[int, int]
    ) -> None:
        """One layer of one band: keep rows, compute the others behind them."""
        op = self.graph.ops[n]
        y, rows = op.outputs[0], band.new[op.outputs[0]]
        kept = None
        if kept_rows(band, y):
            first, old = band.whole[y][0], before[y]
            kept = self._look(y, old, last.whole[y][0], (first, rows[0]), number)
            if first > last.whole[y][0]:
                halo = self._tensor(y, rows[0] - first, f"kept {number}")
                self.ops.append(KeepRows((kept,), (halo,), old))
                kept = halo
        inputs = {t: self._input(n, t, number, band, held) for t in self.graph.activations[n]}
        new = self._tensor(y, rows[1] - rows[0], f"band {number}")
        changed = replace(op, inputs=tuple(inputs.get(t, t) for t in op.inputs), outputs=(new,))
        if isinstance(changed, Convolution | Pooling):
            window = replace(
                changed.window,
                pad_before=(max(0, -needed(op, rows)[0]), changed.window.pad_before[1]),
                output=(rows[1] - rows[0], changed.window.output[1]),
            )
            changed = replace(changed, window=window)
        self.ops.append(changed)
        held[y] = new
        if kept is not None:
            held[y] = self._tensor(y, rows[1] - band.whole[y][0], f"rows {number}")
            self.ops.append(JoinRows((kept, new), (held[y],)))

    def _input(self, n: int, t: int, number: int, band: Band, held: dict[int, int]) -> int:
        """The rows of an input that a layer reads."""
        rows = band.reads[n, t]
        if t in self.segment.sources:
            return self.seen[t, rows]
        return self._look(t, held[t], band.whole[t][0], rows, number)

    def _look(self, original: int, t: int, first: int, rows: Rows, number: int) -> int:
        """Rows of a tensor that holds those from `first` on: a new name, or its own where that is all."""
        if self.tensors[t].shape[1] == rows[1] - rows[0]:
            return t
        view = self._tensor(original, rows[1] - rows[0], f"rows {rows[0]} of band {number}")
        self.ops.append(RowBand((t,), (view,), rows[0] - first))
        return view

    def _tensor(self, original: int, rows: int, what: str) -> int:
        whole = self.graph.tensor(original)
        shape = (whole.shape[0], rows, *whole.shape[2:])
        self.tensors.append(Tensor(f"{whole.name} {what}", shape, whole.dtype, whole.quant))
        return len(self.tensors) - 1


def _patches_of(graph: Graph, segment: Segment, overlap: bool) -> Iterator[Patch]:
    """The patches of one segment."""
    total = graph.tensor(segment.result).shape[1]
    for rows in sorted({-(-total // n) for n in range(2, MAX_BANDS + 1)} - {total}):
        again = None
        for cached in (False, True):
            bands = bands_of(graph, segment, rows, cached)
            if bands is None or not _aligned(graph, segment, bands):
                continue
            moved = sum(
                kept_rows(band, t) * _line(graph, t) for band in bands for t in band.new if kept_rows(band, t)
            )
            if cached and not moved:
                continue  # no band shares a row with the one before
            again = _extra_macs(graph, segment, bands)
            over = _over(graph, segment, bands) if overlap else None
            for place in (None, over) if over else (None,):
                yield Patch(
                    segment.start, segment.end, rows, cached, place is not None, again, moved, len(bands),
                    _least(graph, segment, bands, place, overlap),
                )  # fmt: skip


def _line(graph: Graph, tensor: int) -> int:
    """Bytes of a row."""
    return graph.tensor(tensor).bytes // graph.tensor(tensor).shape[1]


def _aligned(graph: Graph, segment: Segment, bands: list[Band]) -> bool:
    """True where all rows that get a name of their own start at BAND_ALIGNMENT."""
    for band in bands:
        for (_, t), rows in band.reads.items():
            first = 0 if t in segment.sources else band.whole[t][0]
            if (rows[0] - first) * _line(graph, t) % BAND_ALIGNMENT:
                return False
        for t, rows in band.new.items():
            first = 0 if t == segment.result else band.whole[t][0]
            if (rows[0] - first) * _line(graph, t) % BAND_ALIGNMENT:
                return False
    for band, last in zip(bands[1:], bands, strict=False):
        for t in band.new:
            if (
                kept_rows(band, t)
                and (band.whole[t][0] - last.whole[t][0]) * _line(graph, t) % BAND_ALIGNMENT
            ):
                return False
    return True


def _over(graph: Graph, segment: Segment, bands: list[Band]) -> tuple[int, int] | None:
    """(source, bytes by which the result must start below it), None where that saves nothing.

    In every band the result's new rows lie below all rows of the source that are still to be read: those of
    later bands, and those that the last layer itself reads.
    """
    if len(segment.dying) != 1 or len(segment.sources) != 1:
        return None
    (source,) = segment.dying
    x, y, last = _line(graph, source), _line(graph, segment.result), segment.end - 1
    distance = 0
    for number, band in enumerate(bands):
        pending = [
            rows[0] for later in bands[number + 1 :] for (_, t), rows in later.reads.items() if t == source
        ]
        if (last, source) in band.reads:
            pending.append(band.reads[last, source][0])
        if pending:
            distance = max(distance, band.new[segment.result][1] * y - min(pending) * x)
    distance = -(-distance // ARENA_ALIGNMENT) * ARENA_ALIGNMENT
    apart = graph.tensor(source).bytes + graph.tensor(segment.result).bytes
    return (source, distance) if _together(graph, segment, source, distance) < apart else None


def _together(graph: Graph, segment: Segment, source: int, distance: int) -> int:
    return max(distance + graph.tensor(source).bytes, graph.tensor(segment.result).bytes)


def _least(
    graph: Graph, segment: Segment, bands: list[Band], over: tuple[int, int] | None, overlap: bool
) -> int:
    """What some layer of a band needs at least: sources, result, rows that stay, and its own rows."""
    staying: dict[int, int] = {}  # tensor -> most bytes of it in any band
    for t in bands[0].new:
        if any(kept_rows(band, t) for band in bands):
            staying[t] = max(_rows_bytes(graph, band, t) for band in bands)
    last = {t: (number, n) for number, band in enumerate(bands) for n, t in sorted(band.reads)}
    made = {graph.ops[n].outputs[0]: (0, n) for n in range(segment.start, segment.end)}
    made |= dict.fromkeys(segment.sources, (0, 0))
    last |= dict.fromkeys({*segment.sources, segment.result} - {*segment.dying}, (len(bands), 0))
    outside = {t: graph.tensor(t).bytes for t in (*segment.sources, segment.result)} | staying
    if over is not None:
        outside[segment.result] = _together(graph, segment, *over)
        made[segment.result] = (0, 0)
        del outside[over[0]]
    most = 0
    for number, band in enumerate(bands):
        for n in range(segment.start, segment.end):
            op, now = graph.ops[n], (number, n)
            here = [
                _rows_bytes(graph, band, t)
                for t in (*graph.activations[n], op.outputs[0])
                if t in band.whole and t not in staying and t != segment.result
            ]
            beside = 0
            for t, size in outside.items():
                if made[t] < now < last[t] or (over is not None and t == segment.result):
                    beside += size
                elif made[t] <= now <= last[t]:  # begins or ends here, so that it may be handed over
                    here.append(size)
            most = max(most, beside + (max(here, default=0) if overlap else sum(here)))
    return most


def _rows_bytes(graph: Graph, band: Band, tensor: int) -> int:
    return (band.whole[tensor][1] - band.whole[tensor][0]) * _line(graph, tensor)


def _extra_macs(graph: Graph, segment: Segment, bands: list[Band]) -> int:
    extra = 0
    for n in range(segment.start, segment.end):
        op = graph.ops[n]
        rows = sum(band.new[op.outputs[0]][1] - band.new[op.outputs[0]][0] for band in bands)
        total = graph.tensor(op.outputs[0]).shape[1]
        extra += op.macs(graph) // total * (rows - total)
    return extra
