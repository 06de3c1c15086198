"""Forms of an op that no kernel computes are refused, with the layer named; nothing is computed wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.errors import UnsupportedOpError
from codegen.ops import REGISTRY
from codegen.tflite.reader import parse_model
from tests.codegen.ops.every_op import every
from tests.codegen.ops.spoiling import Build, Case, Change, inputs, options, table, tensor
from tests.toys.layers import Net


def conv(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2)
    return [x], net.conv(x, 3, (3, 3))


def depthwise(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2)
    return [x], net.depthwise(x)


def dense(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 6)
    return [x], net.dense(x, 4)


def add(net: Net) -> tuple[list[int], int]:
    a, b = net.input(1, 4), net.input(1, 4)
    return [a, b], net.add(a, b)


def concat(net: Net) -> tuple[list[int], int]:
    xs = [net.input(1, 4), net.input(1, 2)]
    return xs, net.concat(xs)


def concat_constant(net: Net) -> tuple[list[int], int]:
    constant = net.constant(1, 2, scale=1 / 128)
    x = net.input(1, 4)
    return [x], net.concat([constant, x])


def pool(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2)
    return [x], net.pool(x, (2, 2))


def mean(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4, 4, 2)
    return [x], net.mean(x)


def pad(net: Net) -> tuple[list[int], int]:
    x = net.input(2, 3)
    return [x], net.pad(x, [(0, 1), (1, 0)])


def reshape(net: Net) -> tuple[list[int], int]:
    x = net.input(2, 3)
    return [x], net.reshape(x, 3, 2)


def softmax(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 5, scale=0.1)
    return [x], net.softmax(x)


def quantize(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 5, scale=0.1)
    return [x], net.quantize(x, 0.2, 0)


CASES: list[Case] = [
    ("CONV_2D", conv, options(stride_w=0), "no sliding window"),
    ("CONV_2D", conv, options(dilation_h_factor=-1), "no sliding window"),
    ("CONV_2D", conv, options(stride_h=2), "the output is"),
    ("CONV_2D", conv, options(fused_activation_function="TANH"), "fused activation TANH"),
    ("CONV_2D", conv, tensor(1, zero_point=[0, 1, 0]), "zero point that is not 0"),
    ("CONV_2D", conv, tensor(1, scale=None), "have no scale"),
    ("CONV_2D", conv, tensor(1, scale=[1e30] * 3), "overflow|scaled up"),
    ("CONV_2D", conv, tensor(2, data=table([2**31 - 1] * 3)), "overflow 32 bits"),
    ("CONV_2D", conv, tensor(2, shape=(1,), data=table([5]), scale=0.1), "its bias has 1 elements"),
    ("CONV_2D", conv, tensor(3, dtype="int16", zero_point=0), "its output is int16"),
    ("CONV_2D", conv, inputs(0), "1 inputs"),
    ("CONV_2D", conv, inputs(-1, 1, 2), "input 0 is absent"),
    ("CONV_2D", conv, inputs(1, 1, 2), "input 0 is a constant"),
    ("CONV_2D", conv, inputs(0, 2, 1), "no constant int8"),
    ("DEPTHWISE_CONV_2D", depthwise, options(depth_multiplier=2), "depth multiplier 2"),
    ("DEPTHWISE_CONV_2D", depthwise, options(depth_multiplier=0), "depth multiplier 0"),
    ("DEPTHWISE_CONV_2D", depthwise, options(padding="VALID", stride_h=9, stride_w=9), "the output is"),
    ("FULLY_CONNECTED", dense, options(weights_format=1), "shuffled"),
    ("FULLY_CONNECTED", dense, inputs(0, 0, 2), "no constant int8"),
    ("FULLY_CONNECTED", dense, tensor(3, shape=(1, 3)), "do not fit"),
    ("FULLY_CONNECTED", dense, tensor(2, scale=[7.0]), "scale of its bias"),
    ("FULLY_CONNECTED", dense, tensor(2, scale=[float("nan")]), "scale of its bias"),
    ("ADD", add, tensor(1, shape=(1, 3)), "do not broadcast"),
    ("ADD", add, tensor(2, shape=(4,)), "the output is"),
    ("ADD", add, tensor(2, scale=1e-9), "millionth"),
    ("ADD", add, inputs(0), "1 inputs"),
    ("CONCATENATION", concat, tensor(1, scale=0.5), "different scales"),
    ("CONCATENATION", concat, tensor(1, zero_point=3), "different scales"),
    ("CONCATENATION", concat, options(axis=2), "axis 2"),
    ("CONCATENATION", concat, options(axis=0), "does not fit"),
    ("CONCATENATION", concat, options(fused_activation_function="RELU"), "fused activation"),
    ("CONCATENATION", concat, tensor(2, shape=(1, 7)), "add up to 6"),
    ("CONCATENATION", concat, inputs(*[0] * 11), "11 inputs"),
    ("CONCATENATION", concat_constant, inputs(0, 0), "all its inputs are constant"),
    ("CONCATENATION", concat_constant, tensor(0, scale=None), "no scale of its own"),
    ("CONCATENATION", concat_constant, tensor(0, scale=0.5), "different scales"),
    ("AVERAGE_POOL_2D", pool, tensor(1, scale=0.5), "different scales"),
    ("AVERAGE_POOL_2D", pool, options(filter_width=0), "no sliding window"),
    ("AVERAGE_POOL_2D", pool, options(filter_width=9), "larger than the image"),
    ("MEAN", mean, tensor(1, data=table([1, 4])), "axes"),
    ("MEAN", mean, tensor(2, shape=(2, 1)), "the output is"),
    ("MEAN", mean, tensor(2, scale=1e-30), "never left 0"),
    ("PAD", pad, tensor(1, data=table([0, 1, -1, 2])), "negative"),
    ("PAD", pad, tensor(2, shape=(3, 5)), "the output is"),
    ("RESHAPE", reshape, tensor(2, shape=(3, 3)), "can't become"),
    ("RESHAPE", reshape, tensor(2, dtype="int16", zero_point=0), "makes int16 of int8"),
    ("SOFTMAX", softmax, tensor(1, scale=0.01), "instead of 1/256"),
    ("SOFTMAX", softmax, tensor(1, zero_point=0), "instead of 1/256"),
    ("SOFTMAX", softmax, options(beta=-1.0), "too small"),
    ("SOFTMAX", softmax, options(beta=1e-9), "too small"),
    ("SOFTMAX", softmax, options(beta=float("nan")), "too small"),
    ("QUANTIZE", quantize, tensor(1, scale=1e-30), "never left 0"),
    ("QUANTIZE", quantize, tensor(1, shape=(5,)), "the output is"),
    *(case for cases in every("CASES") for case in cases),
]


@pytest.mark.parametrize(
    ("kind", "build", "change", "words"), CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_refused(kind: str, build: Build, change: Change, words: str) -> None:
    net = Net(5)
    ins, out = build(net)
    parse_model(net.model.finish(ins, [out]), "model")  # it is fine before
    change(net.model)
    with pytest.raises(UnsupportedOpError, match=words) as caught:
        parse_model(net.model.finish(ins, [out]), "model")
    assert caught.value.where == f"model, layer 00 {kind}"
    assert caught.value.remedy


@pytest.mark.parametrize(("scale", "count", "words"), [(0.5, 1, "another scale"), (None, 2, "one quantized")])
def test_fill_value_of_padv2(scale: float | None, count: int, words: str) -> None:
    net = Net(1)
    x = net.input(2, 3)
    y = net.pad(x, [(0, 1), (1, 0)])
    value = net.model.add_const(np.zeros(count, np.int8), scale or net.scale(x))
    net.model.ops[0].kind = "PADV2"
    net.model.ops[0].inputs = [*net.model.ops[0].inputs, value]
    with pytest.raises(UnsupportedOpError, match=words):
        parse_model(net.model.finish([x], [y]), "model")


def test_every_op_has_refusals_and_says_what_it_takes() -> None:
    assert {case[0] for case in CASES} | {"PADV2"} == set(REGISTRY.classes)
    for kind, cls in REGISTRY.classes.items():
        assert cls.kind == kind
        assert "int8" in cls.constraints
        assert "TFLite-Micro" in cls.proof
