"""A fake board that runs the tflite-micro wheel as firmware under `--runtime tflm` runs TFLite-Micro."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np

from codegen.backends.tflm.tensors import engine_tensors
from codegen.program.picture import picture_tensor
from codegen.program.spec import TENSOR, InputSpec
from codegen.tflite.model_file import ModelFile
from host_tools.pictures.raw import frame_to_pixels
from host_tools.wire.framing import Frame
from host_tools.wire.inference import region_of
from host_tools.wire.messages import InferPicture, InferTensor, Restart, Runtime
from tests.host_tools.fake_board import FakeBoard

ARENA_BYTES = 16 << 20


class TflmBoard(FakeBoard):
    """Answers with the file's own tensors; the model's variables last until it is restarted.

    Attributes:
        lie: turns a bit of every answer.
        swallow: answers that are computed and not sent.
        restarts: how often it was restarted.
    """

    def __init__(self, file: ModelFile, spec: InputSpec = TENSOR) -> None:
        super().__init__()
        self.spec = spec
        self.file, self.lie, self.swallow, self.restarts = file, False, 0, 0
        self.interpreter = self.start()
        tensors = engine_tensors(file, None)
        self.hello = replace(
            self.hello,
            runtime=Runtime.TFLM,
            board="esp32cam",
            model=file.name,
            model_hash=file.model_hash,
            layers=len(file.main.operators),
            input_bytes=sum(t.facts.bytes for t in tensors.inputs),
            output_bytes=sum(t.facts.bytes for t in tensors.outputs),
        )

    def start(self) -> Any:
        """A new interpreter."""
        from tflite_micro import runtime

        return runtime.Interpreter.from_bytes(self.file.data, arena_size=ARENA_BYTES)

    def answer(self, frame: Frame) -> None:
        if frame.type == InferTensor.CODE:
            self._infer(frame, InferTensor.unpack(frame.payload).tensors)
        elif frame.type == InferPicture.CODE:
            sent = InferPicture.unpack(frame.payload)
            pixels = frame_to_pixels(sent.format, sent.width, sent.height, sent.pixels)
            tensor = picture_tensor(pixels, region_of(sent), self.spec, self.file.inputs[0].dtype)
            self._infer(frame, tensor.tobytes(), sent)
        else:
            if frame.type == Restart.CODE:
                self.restarts += 1
                self.interpreter = self.start()
            super().answer(frame)

    def _infer(self, frame: Frame, data: bytes, picture: InferPicture | None = None) -> None:
        at = 0
        for number, tensor in enumerate(self.file.inputs):
            array = np.frombuffer(data, tensor.dtype, tensor.elements, at).reshape(tensor.shape)
            self.interpreter.set_input(array, number)
            at += array.nbytes
        self.interpreter.invoke()
        arrays = (self.interpreter.get_output(n) for n in range(len(self.file.outputs)))
        outputs = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
        if self.lie:
            outputs = bytes([outputs[0] ^ 1]) + outputs[1:]
        if self.swallow:
            self.swallow -= 1
            return
        self.send(replace(self.result(outputs, picture), input_crc=zlib.crc32(data)), frame.sequence)
