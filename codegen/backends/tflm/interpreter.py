"""TFLite-Micro itself as a reference: the wheel's interpreter, one inference after the other, with its state.

It runs in a program of its own (this file): the interpreter prints to the C library's stderr, and may crash.
"""

from __future__ import annotations

import importlib.util
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from codegen.backends.tflm.arena import MAX_ARENA_BYTES, last_words
from codegen.errors import ModelError, ToolError
from codegen.installation import ROOT, interpreter_remedy
from codegen.scratch import ScratchFolder
from codegen.tflite.model_file import ModelFile

TIMEOUT_S = 300.0
"""So long may one inference take."""
_LENGTH = struct.Struct("<I")


class TflmInterpreter:
    """The interpreter of one model; its variables start when it is entered, and again at `reset`.

    Raises:
        ToolError: the tflite-micro wheel is not installed.
    """

    def __init__(self, model: ModelFile) -> None:
        if importlib.util.find_spec("tflite_micro") is None:
            raise ToolError(
                "only TFLite-Micro itself computes what this board does with the model, and it is not here",
                "tflite-micro wheel",
                interpreter_remedy("use a model with an integer core"),
            )
        self._model = model
        self._folder = ScratchFolder()
        self._said = self._folder.path / "stderr"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> TflmInterpreter:
        self.reset()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._folder.close()

    def reset(self) -> None:
        """The state in which the model starts."""
        self._stop()
        path = self._folder.path / "model.tflite"
        path.write_bytes(self._model.data)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "codegen.backends.tflm.interpreter", str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=environment,
            )

    def invoke(self, inputs: Sequence[NDArray[np.generic]]) -> bytes:
        """One inference.

        Args:
            inputs: one array an input of the file, in its own type and shape.
        Returns:
            the bytes of all outputs, one after the other.
        Raises:
            ModelError: the interpreter stops, or does not end within TIMEOUT_S.
        """
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            process.stdin.write(b"".join(array.tobytes() for array in inputs))
            process.stdin.flush()
            head = process.stdout.read(_LENGTH.size)
            outputs = process.stdout.read(*_LENGTH.unpack(head)) if len(head) == _LENGTH.size else None
        except BrokenPipeError:
            outputs = None
        finally:
            watchdog.cancel()
        if outputs is None:
            why = last_words(self._said.read_bytes(), process.wait(TIMEOUT_S))
            raise ModelError(
                f"TFLite-Micro on this machine stops at it: {why}",
                self._model.name,
                "Use a model that it runs.",
            )
        return outputs

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _serve(path: Path, requests: BinaryIO, replies: BinaryIO) -> None:
    """Reads the inputs of one inference after the other; answers each with the outputs' length and bytes."""
    from tflite_micro import runtime

    from codegen.tflite.model_file import read_file

    model = read_file(path.read_bytes(), path.stem)
    interpreter = runtime.Interpreter.from_bytes(model.data, arena_size=MAX_ARENA_BYTES)
    while True:
        for number, tensor in enumerate(model.inputs):
            size = tensor.elements * np.dtype(tensor.dtype).itemsize
            data = requests.read(size)
            if len(data) < size:
                return
            interpreter.set_input(np.frombuffer(data, tensor.dtype).reshape(tensor.shape), number)
        interpreter.invoke()
        arrays = (interpreter.get_output(n) for n in range(len(model.outputs)))
        outputs = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
        replies.write(_LENGTH.pack(len(outputs)) + outputs)
        replies.flush()


if __name__ == "__main__":
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the interpreter prints is no answer
    _serve(Path(sys.argv[1]), sys.stdin.buffer, kept)
