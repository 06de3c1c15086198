"""The interpreter: what it takes, what it returns, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.errors import ModelError
from codegen.interpreter import run
from codegen.tflite.reader import parse_model
from tests.toys.models import TOYS


def test_trace_has_every_layer() -> None:
    graph = parse_model(TOYS["two_inputs_two_outputs"](), "toy")
    inputs = [np.full(graph.tensor(t).shape, 5, np.int8) for t in graph.inputs]
    trace = run(graph, inputs)
    assert len(trace.layers) == len(graph.ops)
    assert [output.shape for output in trace.outputs] == [graph.tensor(t).shape for t in graph.outputs]
    for op, results in zip(graph.ops, trace.layers, strict=True):
        for index, array in zip(op.outputs, results, strict=True):
            assert array.shape == graph.tensor(index).shape
            assert str(array.dtype) == graph.tensor(index).dtype


def test_inputs_are_not_changed() -> None:
    graph = parse_model(TOYS["add"](), "toy")
    inputs = [np.full(graph.tensor(t).shape, 5, np.int8) for t in graph.inputs]
    before = [array.copy() for array in inputs]
    run(graph, inputs)
    for ours, copy in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(ours, copy)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "takes 1 inputs, 0 are given"),
        ([np.zeros((1, 8, 10, 3), np.int8)] * 2, "2 are given"),
        ([np.zeros((8, 10, 3), np.int8)], r"not int8 \[8, 10, 3\]"),
        ([np.zeros((1, 8, 10, 3), np.uint8)], "not uint8"),
        ([np.zeros((1, 8, 10, 3), np.float32)], "not float32"),
    ],
)
def test_wrong_inputs_are_refused(inputs: list[np.ndarray], words: str) -> None:
    graph = parse_model(TOYS["conv_2d"](), "toy")
    with pytest.raises(ModelError, match=words):
        run(graph, inputs)
