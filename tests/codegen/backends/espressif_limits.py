"""Layers that espressif/esp-tflite-micro can't run as TFLite-Micro does, and their neighbours that it can."""

from __future__ import annotations

import numpy as np

from tests.toys.layers import Net


def no_bias() -> bytes:
    net = Net(1)
    x = net.input(1, 3, 4, 5)
    return net.model.finish([x], [net.conv(x, 4, bias=False)])


def no_bias_depthwise() -> bytes:
    net = Net(2)
    x = net.input(1, 5, 5, 4)
    out = net.depthwise(x)
    net.model.ops[-1].inputs.pop()
    return net.model.finish([x], [out])


def groups(kernel: int, dilation: int) -> bytes:
    net = Net(3)
    x = net.input(1, 5, 5, 4)
    half = net.input(1, 5, 5, 2)
    out = net.conv(half, 4, (kernel, kernel), dilation=dilation)
    net.model.ops[-1].inputs[0] = x
    return net.model.finish([x], [out])


def padv2() -> bytes:
    net = Net(6)
    x = net.input(1, 3, 4, 2)
    out = net.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)])
    op = net.model.ops[-1]
    op.kind = "PADV2"
    op.inputs.append(
        net.model.add_const(np.array([7], np.int8), net.scale(x), net.model.tensors[x].zero_point)
    )
    return net.model.finish([x], [out])


def softmax(*shape: int) -> bytes:
    net = Net(4)
    x = net.input(*shape, scale=0.05)
    return net.model.finish([x], [net.softmax(x)])


def leaky(alpha: float, scale: float, out: float) -> bytes:
    net = Net(5)
    x = net.input(1, 256, scale=scale, zero_point=102)
    return net.model.finish([x], [net.unary("LEAKY_RELU", x, out, 15, alpha=alpha)])


REFUSED = {
    "conv_2d without a bias": (no_bias(), "no bias"),
    "depthwise_conv_2d without a bias": (no_bias_depthwise(), "no bias"),
    "1x1 conv_2d in groups": (groups(1, 1), "2 groups"),
    "3x3 conv_2d in groups": (groups(3, 1), "2 groups"),
    "softmax of one axis": (softmax(10), "axis 1"),
    "softmax of rows longer than axis 1": (softmax(1, 2, 200), "axis 1"),
    "leaky_relu near a tie": (leaky(0.5827776789665222, 2.331110715866089, 2.717038631439209), "single"),
}
"""What: a model of one layer, and a part of what the message says."""

TAKEN = {
    "dilated conv_2d in groups": groups(3, 2),
    "softmax of two axes": softmax(1, 10),
    "softmax of rows as long as axis 1": softmax(1, 10, 10),
    "leaky_relu": leaky(0.3, 0.05, 0.04),
    "padv2": padv2(),
}
