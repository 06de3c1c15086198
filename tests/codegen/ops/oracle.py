"""The real TFLite-Micro interpreter (the `tflite-micro` wheel) as the tests call it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

runtime = pytest.importorskip(
    "tflite_micro.python.tflite_micro.runtime", reason="the tflite-micro wheel is not installed"
)


class Oracle:
    """A model inside the real interpreter; every tensor stays readable."""

    def __init__(self, model: bytes, arena_bytes: int = 4_000_000) -> None:
        self._interpreter = runtime.Interpreter.from_bytes(
            model,
            arena_size=arena_bytes,
            intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
        )

    def run(self, inputs: Sequence[NDArray[Any]], outputs: int = 1) -> tuple[NDArray[Any], ...]:
        """One inference: the model's outputs."""
        for index, array in enumerate(inputs):
            self._interpreter.set_input(array, index)
        self._interpreter.invoke()
        return tuple(np.array(self._interpreter.get_output(i)) for i in range(outputs))

    def tensor(self, index: int) -> NDArray[Any]:
        """A tensor of the last inference by its index in the file."""
        return np.array(self._interpreter.GetTensor(index, 0)["tensor_data"])
