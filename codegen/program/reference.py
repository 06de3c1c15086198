"""A program's frames in NumPy, step by step as firmware/src/program.c takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.program.decoders import Item, Seen
from codegen.program.kept import Kept
from codegen.program.picture import MAX_SIDE_PX, Region, centre_region, picture_tensor, whole_region
from codegen.program.records import Kind, Record, points_at
from codegen.program.stages import Program, Scale, Source, Stage
from codegen.program.turned import turn_of

Invoke = Callable[[Graph, Sequence[NDArray[Any]]], Sequence[NDArray[Any]]]
"""Runs a network on all its inputs; gives its outputs."""


@dataclass(frozen=True)
class NetworkRun:
    """One run of one network.

    Attributes:
        stage: index of the stage.
        run: which run of the stage in this frame.
        region: what it saw.
        inputs, outputs: its tensors.
    """

    stage: int
    run: int
    region: Region
    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class StageEnd:
    """A stage has worked: what it found."""

    stage: int
    record: Record


def interpret(graph: Graph, inputs: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
    """The outputs of the integer reference."""
    return run(graph, list(inputs)).outputs


class Reference:
    """A program at work; records and states stay from frame to frame as they do on a board.

    Args:
        program: checked.
        graphs: its networks.
        invoke: runs a network.
    Attributes:
        records: of each stage, the latest.
        states: of each stage's decoder, what it keeps.
        number: of the next frame since the last reset, from 0 on.
        time_ms: of the frame in work, the only clock that stages see.
    """

    def __init__(self, program: Program, graphs: Sequence[Graph], invoke: Invoke = interpret) -> None:
        self.program, self._graphs, self._invoke = program, graphs, invoke
        self.reset()

    def reset(self) -> None:
        """Forgets all records and states; frames count from 0."""
        self.number = self.time_ms = 0
        self._given: Region | None = None
        self.records = [Record(s.decoder.KIND, s.decoder.width) for s in self.program.stages]
        self.states: list[dict[str, Any]] = [{} for _ in self.program.stages]
        self._kept = {
            index: Kept(self.program, stage, self._graphs[stage.model])
            for index, stage in enumerate(self.program.stages)
            if stage.model is not None
        }

    def frame(
        self, pixels: NDArray[np.uint8], time_ms: int = 0, region: Region | None = None
    ) -> Iterator[NetworkRun | StageEnd]:
        """What happens in a frame, in order; to be taken to its end.

        Args:
            pixels: uint8 [H, W] gray or [H, W, 3] RGB.
            time_ms: of the frame, the only clock that stages see.
            region: in place of what stages see of it by rule.
        """
        self._given = region
        self.time_ms = time_ms
        for index, stage in enumerate(self.program.stages):
            if self._rests(stage):
                continue
            items: list[Item] = []
            for number, region in enumerate(self._regions(stage, pixels)):
                tensor = self._tensor(pixels, region, stage)
                happened = self._run(index, number, region, tensor)
                items += stage.decoder.decode(happened.outputs, region, stage.input)
                yield happened
            asks = False
            if stage.model is None:
                work = stage.decoder.work(self._seen(stage, pixels), self.states[index])
                items, asks = list(work.items), work.asks
            found = stage.decoder.gather(items, stage.most)
            kind, width = stage.decoder.KIND, stage.decoder.width
            self.records[index] = Record(kind, width, found, self.number + 1, asks)
            yield StageEnd(index, self.records[index])
        self.number += 1

    def _tensor(self, pixels: NDArray[np.uint8], region: Region, stage: Stage) -> NDArray[Any]:
        assert stage.model is not None
        graph = self._graphs[stage.model]
        return picture_tensor(pixels, region, stage.input, graph.tensor(graph.inputs[0]).dtype)

    def _run(self, index: int, number: int, region: Region, tensor: NDArray[Any]) -> NetworkRun:
        """One run of the stage's network, which keeps its states."""
        model = self.program.stages[index].model
        assert model is not None
        graph = self._graphs[model]
        inputs: list[NDArray[Any]] = [tensor] * len(graph.inputs)
        kept = self._kept[index]
        slot = kept.slot(self.records, number)
        for state, value in zip(graph.states, kept[slot], strict=True):
            inputs[state.input] = value
        outputs = tuple(self._invoke(graph, inputs))
        kept[slot] = [outputs[state.output] for state in graph.states]
        return NetworkRun(index, number, region, tuple(inputs), outputs)

    def _seen(self, stage: Stage, pixels: NDArray[np.uint8]) -> Seen:
        """What a stage without a network works on."""
        of = self.records[self.program.index(stage.of)] if stage.of else Record(Kind.RAW, 0)
        beside = self.records[self.program.index(stage.beside)] if stage.beside else None
        height, width = pixels.shape[:2]
        return Seen(of, beside, self.number + 1, self.time_ms, (width, height), stage.most)

    def _rests(self, stage: Stage) -> bool:
        asked = bool(stage.when) and self.records[self.program.index(stage.when)].asks
        if self.number % stage.every != stage.phase and not asked:
            return True
        return bool(stage.unless) and self.records[self.program.index(stage.unless)].count > 0

    def _regions(self, stage: Stage, pixels: NDArray[np.uint8]) -> list[Region]:
        height, width = pixels.shape[:2]
        if stage.source == Source.CENTRE:
            return [self._given or centre_region(width, height, stage.input.width, stage.input.height)]
        if stage.source == Source.WHOLE:
            whole = self._given or whole_region(width, height, stage.input.width, stage.input.height)
            return windows(whole, stage.scales)
        if stage.source == Source.ITEMS:
            record = self.records[self.program.index(stage.of)]
            return [self._around(stage, record, item) for item in record.items]
        return []

    @staticmethod
    def _around(stage: Stage, record: Record, item: Item) -> Region:
        size = stage.input.width, stage.input.height
        return region_around(
            box_of(record.kind, item), stage.margin_q8, *size, turn=upright_turn(stage.upright, record, item)
        )


def upright_turn(points: tuple[int, int] | None, record: Record, item: Item) -> int:
    """The turn of a region in which two points of an item lie level, 0 for none."""
    if points is None:
        return 0
    at = points_at(record.kind, record.width)
    (x0, y0), (x1, y1) = (item[at[p] : at[p] + 2] for p in points)
    return turn_of(x1 - x0, y1 - y0)


def windows(whole: Region, scales: Sequence[Scale]) -> list[Region]:
    """The windows of a pyramid over the whole region, row by row; the whole itself without scales."""
    if not scales:
        return [whole]
    found = []
    for scale in scales:
        width = max(1, whole.width * scale.size_q8 + 128 >> 8)
        height = max(1, whole.height * scale.size_q8 + 128 >> 8)
        for row in range(scale.rows):
            for column in range(scale.columns):
                x = whole.x + _spread(whole.width - width, column, scale.columns)
                y = whole.y + _spread(whole.height - height, row, scale.rows)
                found.append(Region(_int16(x), _int16(y), width, height, whole.turn))
    return found


def _spread(room: int, place: int, places: int) -> int:
    return room * place // (places - 1) if places > 1 else room // 2


def box_of(kind: Kind, item: Item) -> tuple[int, int, int, int]:
    """Left, top, width, height of an item of boxes, or around the points of an item."""
    if kind == Kind.POINTS:
        left, top = min(item[0::2]), min(item[1::2])
        return left, top, max(item[0::2]) - left, max(item[1::2]) - top
    return item[0], item[1], item[2], item[3]


def region_around(
    box: tuple[int, int, int, int], margin_q8: int, width: int, height: int, turn: int = 0
) -> Region:
    """The region around a box with the aspect of an input of width x height.

    Args:
        box: left, top, width, height in frame px times 256, (0, 0) = centre of the top-left pixel.
        margin_q8: longer side of the region over that of the box, 256 is 1.
        turn: of the region about its centre, in 1/65536 of a full turn.
    """
    side = max(box[2], box[3], 0) * margin_q8
    px = min(max((side + 32768) >> 16, 1), MAX_SIDE_PX)
    across = px if width >= height else max(1, (px * width + height // 2) // height)
    down = max(1, (px * height + width // 2) // width) if width >= height else px
    x = (2 * (box[0] + 128) + box[2] - 256 * across + 256) >> 9
    y = (2 * (box[1] + 128) + box[3] - 256 * down + 256) >> 9
    return Region(_int16(x), _int16(y), across, down, turn)


def _int16(value: int) -> int:
    return min(max(value, -(2**15)), 2**15 - 1)
