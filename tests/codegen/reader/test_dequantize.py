"""A DEQUANTIZE that makes an output float is dropped; the scale of the output says what it would compute."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.backends.tflm import generate
from codegen.errors import ModelError, UnsupportedOpError
from codegen.interpreter import run
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite_reader import parse_model
from tests.codegen.ops.oracle import Oracle
from tests.toys.layers import Net


def model(*, readers: int = 1, then_relu: bool = False) -> bytes:
    """A layer, and `readers` DEQUANTIZE of its output."""
    net = Net(3)
    x = net.input(1, 9)
    y, ends = net.dense(x, 5, scale=0.07, zero_point=-11), []
    for _ in range(readers):
        ends.append(net.model.add_tensor((1, 5), "float32"))
        net.model.add_op("DEQUANTIZE", [y], [ends[-1]])
    if then_relu:
        ends.append(net.model.add_tensor((1, 5), "float32"))
        net.model.add_op("RELU", [ends[-2]], [ends[-1]])
    return net.model.finish([x], ends[-readers:])


def test_the_integers_before_it_are_the_output() -> None:
    data = model()
    graph = parse_model(data, "m")
    assert [op.kind for op in graph.ops] == ["FULLY_CONNECTED"]
    assert graph.dropped == ("01 DEQUANTIZE",)
    assert optimize(graph).dropped == graph.dropped
    y = graph.tensor(graph.outputs[0])
    assert (y.dtype, y.zero_point) == ("int8", -11)
    oracle, random = Oracle(data), np.random.default_rng(2)
    for _ in range(20):
        x = random.integers(-128, 128, (1, 9)).astype(np.int8)
        ours = run(graph, [x]).outputs[0].astype(np.float64)
        np.testing.assert_array_equal(
            (y.scale * (ours - y.zero_point)).astype(np.float32), oracle.run([x])[0]
        )


@pytest.mark.parametrize("data", [model(then_relu=True), model(readers=2)], ids=["float layer", "twice"])
def test_float_elsewhere_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="float32"):
        parse_model(data, "m")


def test_tflite_micro_back_end_refuses_it() -> None:
    data = model()
    with pytest.raises(UnsupportedOpError, match="floating point"):
        generate(make_plan(optimize(parse_model(data, "m"))), data)
