"""Whole foreign models: the reference equals the real TFLite-Micro interpreter, every layer of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.interpreter import run
from codegen.tflite.reader import read_model
from tests.codegen.ops.oracle import Oracle

# name -> multiply-accumulates, layers
MODELS = {
    "person_detect": (7_157_888, 31),
    "vww_96_int8": (7_489_664, 31),
    "kws_ref_model": (2_656_768, 13),
}


@pytest.mark.parametrize("name", MODELS)
def test_model_equals_tflite_micro(name: str, shared_models: Path) -> None:
    path = shared_models / f"{name}.tflite"
    graph = read_model(path)
    assert (graph.macs, len(graph.ops)) == MODELS[name]
    oracle = Oracle(path.read_bytes())
    (index,) = graph.inputs
    shape = graph.tensor(index).shape
    seed = np.random.SeedSequence().entropy
    random = np.random.default_rng(seed)
    inputs = [np.full(shape, value, np.int8) for value in (-128, 127, 0)]
    inputs.append(random.choice(np.array([-128, 127], np.int8), shape))
    inputs += [random.integers(-128, 128, shape).astype(np.int8) for _ in range(16)]
    for array in inputs:
        expected = oracle.run([array])
        trace = run(graph, [array])
        np.testing.assert_array_equal(trace.outputs[0], expected[0], err_msg=f"seed {seed}")
    for position, (op, results) in enumerate(zip(graph.ops, trace.layers, strict=True)):
        theirs = oracle.tensor(op.outputs[0]).reshape(-1)
        np.testing.assert_array_equal(
            results[0].reshape(-1), theirs, err_msg=f"{graph.layer_name(position)}, seed {seed}"
        )
