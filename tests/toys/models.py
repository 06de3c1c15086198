"""TOYS: name -> function that builds the bytes of a small int8 .tflite model.

One model an op, then nets of several ops: shared tensors, many inputs and outputs, a mini MobileNet and
a mini PFLD (both with less than 5 KB of constants).
"""

from __future__ import annotations

from collections.abc import Callable

from tests.toys.copies import COPIES
from tests.toys.layers import Net

TOYS: dict[str, Callable[[], bytes]] = {}


def toy(build: Callable[[], bytes]) -> Callable[[], bytes]:
    """Register a model under the name of its function."""
    TOYS[build.__name__] = build
    return build


@toy
def conv_2d() -> bytes:
    """3x3, stride 2 on an even input (asymmetric SAME padding), odd channel counts."""
    net = Net(1)
    x = net.input(1, 8, 10, 3, zero_point=-4)
    return net.model.finish([x], [net.conv(x, 5, (3, 3), stride=2)])


@toy
def conv_2d_pointwise() -> bytes:
    """1x1 with per-tensor weights and no bias."""
    net = Net(2)
    x = net.input(1, 3, 5, 7, zero_point=9)
    return net.model.finish([x], [net.conv(x, 6, per_channel=False, bias=False, activation="NONE")])


@toy
def conv_2d_dilated() -> bytes:
    """3x2 kernel, dilation 2."""
    net = Net(3)
    x = net.input(1, 9, 7, 2)
    return net.model.finish([x], [net.conv(x, 4, (3, 2), dilation=2, activation="RELU")])


@toy
def depthwise_conv_2d() -> bytes:
    """3x3, stride 1, six channels."""
    net = Net(4)
    x = net.input(1, 7, 6, 6, zero_point=-128, scale=6 / 255)
    return net.model.finish([x], [net.depthwise(x)])


@toy
def depthwise_conv_2d_multiplier() -> bytes:
    """One channel in, eight out, stride 2: the first layer of person_detect in small."""
    net = Net(5)
    x = net.input(1, 8, 8, 1, zero_point=-1)
    return net.model.finish([x], [net.depthwise(x, multiplier=8, stride=2)])


@toy
def fully_connected() -> bytes:
    """Odd sizes, with bias."""
    net = Net(6)
    x = net.input(1, 37, zero_point=-7)
    return net.model.finish([x], [net.dense(x, 11)])


@toy
def fully_connected_no_bias() -> bytes:
    """The optional bias is absent."""
    net = Net(7)
    x = net.input(1, 16)
    return net.model.finish([x], [net.dense(x, 4, bias=False, activation="RELU")])


@toy
def add() -> bytes:
    """Two inputs of different scales."""
    net = Net(8)
    a, b = net.input(1, 4, 5, 3, scale=0.03, zero_point=4), net.input(1, 4, 5, 3, scale=0.02, zero_point=-90)
    return net.model.finish([a, b], [net.add(a, b, "RELU")])


@toy
def add_broadcast() -> bytes:
    """A vector of channels added to a picture."""
    net = Net(9)
    a, b = net.input(1, 4, 5, 3, scale=0.03), net.input(1, 1, 1, 3, scale=0.05, zero_point=10)
    return net.model.finish([a, b], [net.add(a, b)])


@toy
def concatenation() -> bytes:
    """Three inputs along the channels."""
    net = Net(10)
    xs = [net.input(1, 3, 2, c) for c in (1, 4, 3)]
    return net.model.finish(xs, [net.concat(xs)])


@toy
def average_pool_2d() -> bytes:
    """SAME padding: windows at the border count fewer pixels."""
    net = Net(11)
    x = net.input(1, 7, 5, 3, zero_point=-3)
    return net.model.finish([x], [net.pool(x, (3, 2), stride=2, padding="SAME")])


@toy
def mean() -> bytes:
    """Over height and width, as GlobalAveragePooling2D exports it."""
    net = Net(12)
    x = net.input(1, 5, 3, 4, zero_point=-100, scale=0.02)
    return net.model.finish([x], [net.mean(x)])


@toy
def pad() -> bytes:
    """One row above, two columns to the right."""
    net = Net(13)
    x = net.input(1, 3, 4, 2, zero_point=17)
    return net.model.finish([x], [net.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)])])


@toy
def reshape() -> bytes:
    """A picture becomes a vector."""
    net = Net(14)
    x = net.input(1, 3, 4, 2)
    return net.model.finish([x], [net.reshape(x, 1, 24)])


@toy
def softmax() -> bytes:
    """Ten classes."""
    net = Net(15)
    x = net.input(1, 10, scale=0.1)
    return net.model.finish([x], [net.softmax(x)])


@toy
def softmax_int16() -> bytes:
    """int8 logits, int16 probabilities."""
    net = Net(16)
    x = net.input(1, 5, scale=0.08, zero_point=20)
    return net.model.finish([x], [net.softmax(x, dtype="int16")])


@toy
def quantize() -> bytes:
    """To a finer scale."""
    net = Net(17)
    x = net.input(1, 6, 3, scale=0.05, zero_point=-20)
    return net.model.finish([x], [net.quantize(x, 0.031, 7)])


@toy
def max_pool_2d() -> bytes:
    """SAME padding on an odd picture: what lies outside never wins."""
    net = Net(22)
    x = net.input(1, 7, 5, 3, zero_point=-3)
    return net.model.finish([x], [net.pool(x, (3, 2), 2, "SAME", "RELU6", "MAX_POOL_2D")])


@toy
def squeeze_excite() -> bytes:
    """A picture times its own gates: MUL with broadcasting, LOGISTIC, HARD_SWISH."""
    net = Net(23)
    x = net.input(1, 4, 5, 6, scale=0.05, zero_point=-8)
    swish = net.unary("HARD_SWISH", x, 0.04, -118)
    squeezed = net.mean(swish, keep_dims=True)
    gates = net.unary("LOGISTIC", net.conv(squeezed, 6, activation="NONE", scale=0.06), 1 / 256, -128)
    return net.model.finish([x], [net.binary("MUL", swish, gates, 0.03, -120)])


@toy
def sub_mul_constants() -> bytes:
    """A constant minus a tensor, times a constant a channel."""
    net = Net(24)
    x = net.input(1, 3, 4, 5, scale=0.03, zero_point=11)
    rest = net.binary("SUB", net.constant(1), x, 0.04, 2, fused_activation_function="RELU")
    return net.model.finish([x], [net.binary("MUL", rest, net.constant(5), 0.03, -9)])


@toy
def activations() -> bytes:
    """RELU, RELU6, LEAKY_RELU, PRELU, TANH and ELU one after the other, with an offset between."""
    net = Net(25)
    x = net.input(1, 4, 4, 3, scale=0.06, zero_point=5)
    y = net.binary("PRELU", x, net.constant(1, 1, 3), 0.05, -10)
    y = net.unary("ELU", net.unary("LEAKY_RELU", y, 0.04, -20, alpha=0.3), 0.03, -90)
    y = net.unary("TANH", y, 1 / 128, 0)
    left = net.unary("RELU", y, 0.01, -128)
    right = net.unary("RELU6", net.quantize(y, 0.07, -30), 0.07, -30)
    return net.model.finish([x], [left, right])


@toy
def minimum_maximum() -> bytes:
    """The larger of two tensors, limited by a constant a channel."""
    net = Net(26)
    shared = {"scale": 0.02, "zero_point": -7}
    a, b = net.input(1, 3, 3, 4, **shared), net.input(1, 1, 3, 4, **shared)
    larger = net.binary("MAXIMUM", a, b, **shared)
    return net.model.finish([a, b], [net.binary("MINIMUM", net.constant(4, **shared), larger, **shared)])


@toy
def normalisation() -> bytes:
    """Layer normalisation in small: SQUARED_DIFFERENCE, SUM, RSQRT, and the largest channel."""
    net = Net(27)
    x = net.input(1, 6, 8, scale=0.02, zero_point=-13)
    mean = net.mean(x, (2,), keep_dims=True, scale=0.01, zero_point=4)
    squares = net.binary("SQUARED_DIFFERENCE", x, mean, 0.03, -128)
    total = net.mean(squares, (2,), keep_dims=True, scale=0.1, zero_point=-128, kind="SUM")
    scaled = net.binary("MUL", net.binary("SUB", x, mean), net.unary("RSQRT", total, 0.02, -128), 0.02, 1)
    return net.model.finish([x], [scaled, net.mean(scaled, (1, 2), False, 0.02, 1, "REDUCE_MAX")])


@toy
def arg_max() -> bytes:
    """A classifier that ends in the number of its class, as int32."""
    net = Net(28)
    x = net.input(1, 6, 5, 3, zero_point=-9)
    features = net.mean(net.conv(x, 8, (3, 3), stride=2), scale=0.01, zero_point=-128)
    return net.model.finish([x], [net.arg_max(net.dense(features, 7, scale=0.01))])


@toy
def segmentation() -> bytes:
    """The class of each pixel, and the same numbers as a vector."""
    net = Net(29)
    x = net.input(2, 5, 4, 3, scale=0.02, zero_point=5)
    classes = net.arg_max(net.conv(x, 5, activation="NONE", scale=0.03, zero_point=0))
    return net.model.finish([x], [classes, net.reshape(classes, 40)])


@toy
def two_inputs_two_outputs() -> bytes:
    """Two pictures in, a tensor that is read twice, two outputs of different ranks."""
    net = Net(18)
    a, b = net.input(1, 6, 6, 2), net.input(1, 6, 6, 2, scale=0.02, zero_point=-30)
    both = net.add(a, b)
    left = net.conv(both, 4, (3, 3), stride=2)
    right = net.pool(both, (6, 6))
    return net.model.finish([a, b], [left, net.reshape(right, 1, 2)])


@toy
def shared_tensor() -> bytes:
    """One activation is an output, is added to its own successor and concatenated."""
    net = Net(19)
    x = net.input(1, 5, 5, 3, scale=6 / 255, zero_point=-128)
    first = net.conv(x, 3, (3, 3))
    second = net.depthwise(first)
    summed = net.add(first, second, scale=6 / 255, zero_point=-128)
    return net.model.finish([x], [first, net.concat([first, summed, second])])


@toy
def mini_mobilenet() -> bytes:
    """MobileNet in small: depthwise first layer, four blocks, average pool, logits, softmax."""
    net = Net(20)
    x = net.input(1, 32, 32, 1, zero_point=-1)
    y = net.depthwise(x, multiplier=4, stride=2)
    for channels, stride in ((8, 1), (12, 2), (16, 1), (24, 2)):
        y = net.conv(net.depthwise(y, stride=stride), channels)
    y = net.pool(y, (4, 4), stride=2)
    logits = net.conv(y, 3, activation="NONE", scale=0.04, zero_point=11)
    return net.model.finish([x], [net.softmax(net.reshape(logits, 1, 3))])


@toy
def mini_pfld() -> bytes:
    """PFLD in small: inverted residuals with an ADD, and a head on three scales."""
    net = Net(21)
    x = net.input(1, 24, 24, 1)
    y = net.conv(x, 8, (3, 3), stride=2)
    wide = net.depthwise(net.conv(y, 16), stride=1)
    y = net.add(net.conv(wide, 8, activation="NONE", scale=0.04, zero_point=2), y, scale=0.05, zero_point=-30)
    first = net.conv(net.depthwise(net.conv(y, 16), stride=2), 8, activation="NONE", scale=0.05, zero_point=0)
    second = net.conv(net.pad(first, [(0, 0), (0, 1), (0, 1), (0, 0)]), 8, (3, 3), stride=2, padding="VALID",
                      activation="NONE", scale=0.05, zero_point=0)  # fmt: skip
    third = net.conv(second, 10, (3, 3), padding="VALID", activation="NONE", scale=0.05, zero_point=0)
    parts = [
        net.quantize(net.mean(first, scale=0.04, zero_point=0), 0.05, 0),
        net.quantize(net.mean(second, scale=0.04, zero_point=0), 0.05, 0),
        net.reshape(third, 1, 10),
    ]
    return net.model.finish([x], [net.dense(net.concat(parts), 20, scale=0.02, zero_point=-3)])


@toy
def two_heads() -> bytes:
    """Four wide branches that an exporter wrote side by side: run one after the other they need less."""
    net = Net(22)
    x = net.input(1, 12, 12, 2)
    wide = [net.conv(x, channels, (3, 3)) for channels in (8, 12, 8, 16)]
    narrow = [net.conv(y, 4, (3, 3), stride=3) for y in wide]
    left, right = net.concat(narrow[:2]), net.concat(narrow[2:])
    both = net.concat([left, right])
    return net.model.finish([x], [net.mean(both, scale=0.02, zero_point=1), net.pool(right, (4, 4))])


for build in COPIES:
    toy(build)
