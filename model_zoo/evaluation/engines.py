"""What computes the network: a callable from an int8 picture to the int8 output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError, ToolError
from codegen.installation import interpreter_remedy
from codegen.tflite.reader import parse_model

Engine: TypeAlias = Callable[[NDArray[np.int8]], NDArray[np.int8]]
"""int8 [1, H, W, C] -> int8 [1, 2 * points]."""


def micro_engine(content: bytes) -> Engine:
    """The TFLite-Micro interpreter (reference kernels), as a board would run it.

    Args:
        content: the .tflite file.
    Raises:
        ToolError: the tflite-micro wheel is not installed.
        ModelError: the file is damaged, or the interpreter refuses it.
    """
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError as error:
        raise ToolError(
            "the TFLite-Micro interpreter is not installed",
            "evaluate",
            interpreter_remedy("evaluate the compiled C"),
        ) from error
    parse_model(content, "model")  # the interpreter itself trusts the file
    try:
        interpreter = runtime.Interpreter.from_bytes(content)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"TFLite-Micro refuses it ({error})", "model", "Export it again as int8.") from error

    def run(picture: NDArray[np.int8]) -> NDArray[np.int8]:
        interpreter.set_input(picture, 0)
        interpreter.invoke()
        output: NDArray[np.int8] = interpreter.get_output(0)
        return output

    return run
