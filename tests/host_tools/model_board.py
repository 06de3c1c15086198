"""A fake board that runs the reference interpreter, and lies where a test tells it to."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from codegen.interpreter import run
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.program.picture import picture_tensor
from host_tools.boards import load_board
from host_tools.models import ModelRef
from host_tools.pictures.raw import frame_to_pixels
from host_tools.project.write import plan_of
from host_tools.proof.reference import expect
from host_tools.wire.framing import Frame
from host_tools.wire.inference import region_of
from host_tools.wire.messages import (
    InferPicture,
    InferTensor,
    Layers,
    RecordKind,
    Result,
    Stats,
    StatsRequest,
)
from tests.host_tools.fake_board import HELLO, FakeBoard

Lie = Callable[[Result, Layers], tuple[Result, Layers]]


class ModelBoard(FakeBoard):
    """Answers as a board with this model does.

    Attributes:
        lie: changes what it answers.
        guard: what it says about its arena's guards.
    """

    def __init__(self, ref: ModelRef, lie: Lie | None = None, options: PlanOptions = DEFAULT_OPTIONS) -> None:
        self.ref, self.lie, self.guard = ref, lie, 1
        plan = plan_of(ref, load_board("sim"), options)
        self.graph = plan.graph
        super().__init__()
        self.hello = replace(
            HELLO,
            model_hash=ref.model_hash,
            plan_hash=plan.plan_hash,
            arena_bytes=plan.arena_bytes,
            model=ref.name,
            layers=len(self.graph.ops),
            input_bytes=sum(self.graph.tensor(i).bytes for i in self.graph.inputs),
            output_bytes=sum(self.graph.tensor(i).bytes for i in self.graph.outputs),
        )

    def answer(self, frame: Frame) -> None:
        if frame.type == InferTensor.CODE:
            data = InferTensor.unpack(frame.payload).tensors
            inputs, at = [], 0
            for index in self.graph.inputs:
                tensor = self.graph.tensor(index)
                array = np.frombuffer(data[at : at + tensor.bytes], tensor.dtype).reshape(tensor.shape)
                inputs.append(array)
                at += tensor.bytes
            self._infer(frame, inputs, None)
        elif frame.type == InferPicture.CODE:
            picture = InferPicture.unpack(frame.payload)
            pixels = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
            spec = self.ref.program
            tensor = picture_tensor(pixels, region_of(picture), spec.input)
            self._infer(frame, [tensor], picture)
        elif frame.type == StatsRequest.CODE:
            self.send(Stats(1, 2, 0, 0, 3, 4, 5, 6, self.guard, 0, 0, 0, 7, ""), frame.sequence)
        else:
            super().answer(frame)

    def _infer(self, frame: Frame, inputs: list[np.ndarray], picture: InferPicture | None) -> None:
        trace = run(self.graph, inputs)
        kind, values, items = RecordKind.RAW, 0, ()
        if picture is not None:
            expected = expect(self.graph, self.ref.program, inputs, region_of(picture)).record
            assert expected is not None
            kind, values, items = RecordKind(expected.kind), expected.width, expected.values
        result = replace(
            self.result(b"".join(a.tobytes() for a in trace.outputs), picture),
            input_crc=zlib.crc32(b"".join(a.tobytes() for a in inputs)),
            kind=kind,
            item_values=values,
            items=items,
        )
        crcs = [zlib.crc32(b"".join(a.tobytes() for a in layer)) for layer in trace.layers]
        layers = Layers(tuple(crcs), tuple(100 + i for i in range(len(crcs))), ())
        if self.lie:
            result, layers = self.lie(result, layers)
        self.send(layers, frame.sequence)
        self.send(result, frame.sequence)
