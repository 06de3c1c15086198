"""float32 that stays between int8 layers is refused with its true cause, at the layer or input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from codegen.backends.tflm.arena import runs
from codegen.errors import ModelError
from codegen.tflite.reader import parse_model
from codegen.tflite.refusals import MIXED, PASSED, RESCALED, Cause
from tests.toys.layers import Net
from tests.toys.sample import sampled

Build = Callable[[Net], tuple[list[int], list[int]]]
"""Inputs and outputs of the model."""


def dequantized(net: Net, x: int) -> int:
    y = net.model.add_tensor(net.shape(x), "float32")
    net.model.add_op("DEQUANTIZE", [x], [y])
    return y


def quantized(net: Net, x: int, scale: float = 0.05, zero_point: int = 3) -> int:
    y = net.model.add_tensor(net.shape(x), "int8", scale, zero_point)
    net.model.add_op("QUANTIZE", [x], [y])
    return y


def computed(net: Net, kind: str, *xs: int, **options: float) -> int:
    y = net.model.add_tensor(net.shape(xs[0]), "float32")
    net.model.add_op(kind, list(xs), [y], **options)
    return y


def real_input(net: Net) -> int:
    return net.model.add_tensor((1, 9), "float32", name="numbers")


def logits(net: Net, x: int, scale: float = 0.07) -> int:
    return dequantized(net, net.dense(x, 6, scale=scale, zero_point=-11))


def joined(net: Net, a: int, b: int) -> int:
    y = net.model.add_tensor((1, net.shape(a)[1] + net.shape(b)[1]), "float32")
    net.model.add_op("CONCATENATION", [a, b], [y], axis=1)
    return y


def relu_between(net: Net) -> tuple[list[int], list[int]]:
    x = net.input(1, 9)
    return [x], [net.dense(quantized(net, computed(net, "RELU", logits(net, x))), 4)]


def relu_of_the_input(net: Net) -> tuple[list[int], list[int]]:
    x = real_input(net)
    return [x], [net.dense(quantized(net, computed(net, "RELU", x)), 4)]


def softmax_at_the_end(net: Net) -> tuple[list[int], list[int]]:
    x = net.input(1, 9)
    return [x], [computed(net, "SOFTMAX", logits(net, x), beta=1.0)]


def product_with_constants(net: Net) -> tuple[list[int], list[int]]:
    x = net.input(1, 9)
    factors = net.model.add_const(np.arange(6, dtype=np.float32).reshape(1, 6))
    return [x], [computed(net, "MUL", logits(net, x), factors)]


def to_another_scale(net: Net) -> tuple[list[int], list[int]]:
    x = net.input(1, 9)
    return [x], [net.dense(quantized(net, logits(net, x)), 4)]


def to_the_same_scale_and_another(net: Net) -> tuple[list[int], list[int]]:
    x = net.input(1, 9)
    y = logits(net, x)
    return [x], [net.dense(quantized(net, y, 0.07, -11), 4), net.dense(quantized(net, y), 4), y]


def join_of_two_scales(net: Net) -> tuple[list[int], list[int]]:
    x = net.input(1, 9)
    return [x], [joined(net, logits(net, x), logits(net, x, 0.03))]


def join_with_an_input(net: Net) -> tuple[list[int], list[int]]:
    x, more = net.input(1, 9), real_input(net)
    both = joined(net, logits(net, x), more)
    return [x, more], [net.dense(quantized(net, both, 0.07, -11), 4)]


def input_as_output(net: Net) -> tuple[list[int], list[int]]:
    x = real_input(net)
    return [x], [net.dense(quantized(net, x), 4), x]


def input_reshaped_as_output(net: Net) -> tuple[list[int], list[int]]:
    x = real_input(net)
    shape = net.model.add_const(np.array([3, 3], np.int32))
    y = net.model.add_tensor((3, 3), "float32")
    net.model.add_op("RESHAPE", [x, shape], [y], new_shape=(3, 3))
    return [x], [net.dense(quantized(net, x), 4), y]


def input_for_nothing(net: Net) -> tuple[list[int], list[int]]:
    x, idle = net.input(1, 9), real_input(net)
    return [x, idle], [net.dense(x, 4)]


REFUSED: dict[str, tuple[Build, str, str, Cause]] = {
    "RELU": (relu_between, "computes in float32", "layer 02 RELU", MIXED),
    "RELU, input": (relu_of_the_input, "computes in float32", "layer 00 RELU", MIXED),
    "SOFTMAX": (softmax_at_the_end, "computes in float32", "layer 02 SOFTMAX", MIXED),
    "MUL": (product_with_constants, "computes in float32", "layer 02 MUL", MIXED),
    "scale": (to_another_scale, "another scale in float32", "layer 02 QUANTIZE", RESCALED),
    "scales": (to_the_same_scale_and_another, "another scale", "layer 04 QUANTIZE", RESCALED),
    "join": (join_of_two_scales, "joins values of different scales", "layer 04 CONCATENATION", RESCALED),
    "join, input": (join_with_an_input, "joins a float32 input", "layer 02 CONCATENATION", RESCALED),
    "output": (input_as_output, "gives its values as they are", "input 'numbers'", PASSED),
    "reshaped": (input_reshaped_as_output, "gives its values as they are", "input 'numbers'", PASSED),
    "idle": (input_for_nothing, "no layer computes with it", "input 'numbers'", PASSED),
}


def made(build: Build) -> bytes:
    net = Net(9)
    return net.model.finish(*build(net))


@pytest.mark.parametrize("name", REFUSED)
def test_the_cause_is_named_with_what_to_do(name: str) -> None:
    build, words, where, cause = REFUSED[name]
    with pytest.raises(ModelError, match=words) as caught:
        parse_model(made(build), "model")
    assert caught.value.where == f"model, {where}"
    assert caught.value.remedy == cause.remedy


@pytest.mark.parametrize("name", sampled(REFUSED))
def test_tflite_micro_runs_it_as_the_table_says(name: str) -> None:
    pytest.importorskip("tflite_micro", reason="asks the interpreter itself")
    assert runs(made(REFUSED[name][0]))


def test_the_remedies_are_taken() -> None:
    """The same networks with the scale changed by integers, the layer quantized, the output left out."""
    net = Net(9)
    x = net.input(1, 9)
    y = quantized(net, net.dense(x, 6, scale=0.07, zero_point=-11))
    relu = net.unary("RELU", y, 0.05, 3)
    parse_model(net.model.finish([x], [net.dense(relu, 4)]), "model")
    net = Net(9)
    x = real_input(net)
    parse_model(net.model.finish([x], [net.dense(quantized(net, x), 4)]), "model")


def test_a_float_model_without_any_int8_is_called_that() -> None:
    net = Net(9)
    x = real_input(net)
    with pytest.raises(ModelError, match="not fully int8") as caught:
        parse_model(net.model.finish([x], [computed(net, "RELU", x)]), "model")
    assert "representative_dataset" in caught.value.remedy


def test_values_beyond_float32_are_said_to_be_that() -> None:
    net = Net(9)
    x = net.input(1, 9)
    y = net.dense(x, 6, scale=3e37, zero_point=-11)
    z = quantized(net, dequantized(net, y), 3e37, -11)
    with pytest.raises(ModelError, match=r"3e\+37 makes numbers that float32 does not hold") as caught:
        parse_model(net.model.finish([x], [z]), "model")
    assert caught.value.where == "model, layer 01 DEQUANTIZE"


def test_a_constant_that_an_output_shows_is_said_to_be_that() -> None:
    net = Net(9)
    x = net.input(1, 9)
    y = joined(net, logits(net, x), net.model.add_const(np.full((1, 2), 0.1, np.float32)))
    with pytest.raises(ModelError, match="constant joins values of an output") as caught:
        parse_model(net.model.finish([x], [y]), "model")
    assert caught.value.where == "model, layer 02 CONCATENATION"
