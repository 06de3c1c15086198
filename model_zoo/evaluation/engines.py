"""What computes the network: from an int8 picture to its output tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError, ToolError
from codegen.installation import interpreter_remedy
from codegen.program.spec import InputTensor
from codegen.program.stages import NetworkFacts
from codegen.tflite.reader import parse_model


@dataclass(frozen=True)
class Engine:
    """A network that runs.

    Attributes:
        name: how reports call what computes it.
        outputs: facts of its output tensors, by which decoders are made.
        run: int8 [1, H, W, C] to all outputs; what a network keeps between runs is forgotten before each.
    """

    name: str
    outputs: tuple[InputTensor, ...]
    run: Callable[[NDArray[np.int8]], Sequence[NDArray[Any]]]


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
    graph = parse_model(content, "model")  # the interpreter itself trusts the file
    facts = NetworkFacts.of(graph)
    try:
        interpreter = runtime.Interpreter.from_bytes(content)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"TFLite-Micro refuses it ({error})", "model", "Export it again as int8.") from error

    def run(picture: NDArray[np.int8]) -> tuple[NDArray[Any], ...]:
        if graph.states:
            interpreter.reset()
        interpreter.set_input(picture, 0)
        interpreter.invoke()
        own = len(facts.outputs) - len(graph.states)
        return tuple(interpreter.get_output(index) for index in range(own))

    return Engine("tflm", facts.outputs, run)
