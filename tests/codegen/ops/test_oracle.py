"""Every op's reference equals the real TFLite-Micro interpreter, on drawn layers and on the toys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.interpreter import run
from codegen.ops import REGISTRY
from codegen.tflite.reader import parse_model
from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.drawn import LAYERS
from tests.codegen.ops.oracle import Oracle
from tests.toys.models import TOYS

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def check(layer: Layer) -> None:
    graph = parse_model(layer.model, "drawn")
    expected = Oracle(layer.model, 400_000).run(layer.inputs, len(graph.outputs))
    computed = run(graph, layer.inputs).outputs
    for ours, theirs in zip(computed, expected, strict=True):
        assert ours.dtype == theirs.dtype
        # TFLite-Micro reports a scalar as one element.
        np.testing.assert_array_equal(ours.reshape(-1), theirs.reshape(-1))


def test_every_op_is_drawn() -> None:
    assert set(LAYERS) == set(REGISTRY.classes)


@pytest.mark.parametrize("kind", LAYERS)
def test_reference_equals_tflite_micro(kind: str) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
    @given(LAYERS[kind])
    def equal(layer: Layer) -> None:
        check(layer)

    equal()


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYERS)
def test_reference_equals_tflite_micro_often(kind: str) -> None:
    @settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
    @given(LAYERS[kind])
    def equal(layer: Layer) -> None:
        check(layer)

    equal()


@pytest.mark.parametrize("name", TOYS)
def test_toy_equals_tflite_micro_layer_by_layer(name: str) -> None:
    model = TOYS[name]()
    graph, oracle = parse_model(model, name), Oracle(model)
    random = np.random.default_rng(7)

    @settings(max_examples=4, deadline=None)
    @given(st.sampled_from((-128, 127, None, None)))
    def equal(value: int | None) -> None:
        inputs = [
            np.full(graph.tensor(t).shape, value, np.int8)
            if value is not None
            else random.integers(-128, 128, graph.tensor(t).shape).astype(np.int8)
            for t in graph.inputs
        ]
        expected = oracle.run(inputs, len(graph.outputs))
        trace = run(graph, inputs)
        for op, results in zip(graph.ops, trace.layers, strict=True):
            for index, ours in zip(op.outputs, results, strict=True):
                np.testing.assert_array_equal(ours.reshape(-1), oracle.tensor(index).reshape(-1))
        for ours, theirs in zip(trace.outputs, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)

    equal()
