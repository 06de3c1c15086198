"""COPIES: small models of the ops that move bytes: axes renamed, cut, stacked, turned, repeated, resized.

`tests.toys.models` puts them among the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.toys.layers import Net

COPIES: list[Callable[[], bytes]] = []


def copies(build: Callable[[], bytes]) -> Callable[[], bytes]:
    """Put a model into the list."""
    COPIES.append(build)
    return build


def like(net: Net, x: int, *shape: int) -> int:
    """An activation with the scale and zero point of another."""
    return net.model.add_tensor(shape, scale=net.scale(x), zero_point=net.model.tensors[x].zero_point)


def copy(net: Net, kind: str, x: int, constants: Sequence[Any], shape: Sequence[int], **options: Any) -> int:
    """An op with one activation, int32 constants behind it and one output of this shape."""
    inputs = [x, *(net.model.add_const(np.array(values, np.int32)) for values in constants)]
    y = like(net, x, *shape)
    net.model.add_op(kind, inputs, [y], **options)
    return y


@copies
def squeeze() -> bytes:
    """Height and width of a 1x1 map go, then every axis of one element."""
    net = Net(40)
    x = net.input(1, 1, 1, 6)
    y = copy(net, "SQUEEZE", x, [], (1, 6), squeeze_dims=[1, -2])
    return net.model.finish([x], [y, copy(net, "SQUEEZE", x, [], (6,))])


@copies
def expand_dims() -> bytes:
    """A vector becomes a row of a picture; both are outputs."""
    net = Net(41)
    x = net.input(3, 4, zero_point=-8)
    y = copy(net, "EXPAND_DIMS", x, [0], (1, 3, 4))
    return net.model.finish([x], [y, copy(net, "EXPAND_DIMS", y, [[-1]], (1, 3, 4, 1))])


@copies
def transpose() -> bytes:
    """Channels to the front; then an order that moves no byte."""
    net = Net(42)
    x = net.input(1, 3, 5, 4, zero_point=-3)
    y = copy(net, "TRANSPOSE", x, [[0, 3, 1, 2]], (1, 4, 3, 5))
    return net.model.finish([x], [copy(net, "TRANSPOSE", y, [[1, 0, 2, 3]], (4, 1, 3, 5))])


@copies
def strided_slice() -> bytes:
    """Every second row from the first on, columns backwards, one channel that drops its axis."""
    net = Net(43)
    x = net.input(1, 5, 6, 3)
    y = copy(net, "STRIDED_SLICE", x, [[0, 1, -1, 2], [1, 9, 0, 3], [1, 2, -2, 1]], (1, 2, 3),
             end_mask=0b100, shrink_axis_mask=0b1000)  # fmt: skip
    return net.model.finish([x], [y])


@copies
def slice_box() -> bytes:
    """SLICE: half of the channels, as a channel split does it."""
    net = Net(44)
    x = net.input(1, 4, 3, 6)
    y = copy(net, "SLICE", x, [[0, 1, 0, 3], [1, 2, -1, 3]], (1, 2, 3, 3))
    return net.model.finish([x], [y])


@copies
def space_and_depth() -> bytes:
    """Blocks of 2 x 2 pixels become channels for a convolution, and pixels again behind it."""
    net = Net(52)
    x = net.input(1, 6, 4, 2)
    deep = copy(net, "SPACE_TO_DEPTH", x, [], (1, 3, 2, 8), block_size=2)
    y = net.conv(deep, 12)
    return net.model.finish([x], [copy(net, "DEPTH_TO_SPACE", y, [], (1, 6, 4, 3), block_size=2)])


@copies
def split() -> bytes:
    """Two halves of the channels, of which one goes on."""
    net = Net(45)
    x = net.input(1, 3, 3, 4)
    axis = net.model.add_const(np.array(3, np.int32))
    left, right = like(net, x, 1, 3, 3, 2), like(net, x, 1, 3, 3, 2)
    net.model.add_op("SPLIT", [axis, x], [left, right], num_splits=2)
    return net.model.finish([x], [left, net.depthwise(right)])


@copies
def split_v() -> bytes:
    """Rows 2, 1 and the rest; the middle one is not read."""
    net = Net(46)
    x = net.input(1, 6, 2, 3)
    constants = [net.model.add_const(np.array(values, np.int32)) for values in ([2, 1, -1], [-3])]
    parts = [like(net, x, 1, rows, 2, 3) for rows in (2, 1, 3)]
    net.model.add_op("SPLIT_V", [x, *constants], parts, num_splits=3)
    return net.model.finish([x], [parts[2], parts[0]])


@copies
def pack() -> bytes:
    """Three vectors side by side along a new last axis."""
    net = Net(47)
    xs = [net.input(1, 5) for _ in range(3)]
    y = like(net, xs[0], 1, 5, 3)
    net.model.add_op("PACK", xs, [y], values_count=3, axis=-1)
    return net.model.finish(xs, [y])


@copies
def unpack() -> bytes:
    """The rows of a matrix, in another order."""
    net = Net(48)
    x = net.input(3, 4)
    parts = [like(net, x, 4) for _ in range(3)]
    net.model.add_op("UNPACK", [x], parts, num=3, axis=0)
    return net.model.finish([x], [parts[1], parts[2], parts[0]])


@copies
def resize_nearest_neighbor() -> bytes:
    """Twice as large, as UpSampling2D exports it."""
    net = Net(49)
    x = net.input(1, 3, 4, 5)
    y = copy(net, "RESIZE_NEAREST_NEIGHBOR", x, [[6, 8]], (1, 6, 8, 5), half_pixel_centers=True)
    return net.model.finish([x], [y])


@copies
def resize_bilinear() -> bytes:
    """From 3x5 to 7x4 with half pixel centers."""
    net = Net(50)
    x = net.input(1, 3, 5, 3)
    y = copy(net, "RESIZE_BILINEAR", x, [[7, 4]], (1, 7, 4, 3), half_pixel_centers=True)
    return net.model.finish([x], [y])


@copies
def mirror_pad() -> bytes:
    """Reflected by two rows above, one column on each side."""
    net = Net(51)
    x = net.input(1, 3, 4, 2)
    y = copy(net, "MIRROR_PAD", x, [[[0, 0], [2, 0], [1, 1], [0, 0]]], (1, 5, 6, 2))
    return net.model.finish([x], [y])


@copies
def gather() -> bytes:
    """Three columns, one of them twice."""
    net = Net(52)
    x = net.input(1, 3, 4, 2)
    return net.model.finish([x], [copy(net, "GATHER", x, [[3, 0, 3, 1]], (1, 3, 4, 2), axis=2)])


@copies
def broadcast_to() -> bytes:
    """A vector of channels under every pixel."""
    net = Net(53)
    x = net.input(1, 1, 3)
    return net.model.finish([x], [copy(net, "BROADCAST_TO", x, [[2, 4, 5, 3]], (2, 4, 5, 3))])


@copies
def transpose_conv() -> bytes:
    """Twice as large: 3x3 kernel, stride 2, a scale a channel, no bias."""
    net = Net(54)
    x = net.input(1, 3, 4, 5, zero_point=-20)
    shape = net.model.add_const(np.array([1, 6, 8, 3], np.int32))
    values = net.random.integers(-127, 128, (3, 3, 3, 5)).astype(np.int8)
    weights = net.model.add_const(values, [0.004, 0.003, 0.001], 0)
    y = net.model.add_tensor((1, 6, 8, 3), scale=0.02, zero_point=4)
    net.model.add_op("TRANSPOSE_CONV", [shape, weights, x], [y], padding="SAME", stride_h=2, stride_w=2)
    return net.model.finish([x], [y])


@copies
def batch_matmul() -> bytes:
    """Two heads of attention scores: queries times transposed keys."""
    net = Net(55)
    a, b = net.input(1, 2, 5, 4), net.input(1, 2, 5, 4, scale=0.02, zero_point=-9)
    y = net.model.add_tensor((1, 2, 5, 5), scale=0.01, zero_point=7)
    net.model.add_op("BATCH_MATMUL", [a, b], [y], adj_y=True)
    return net.model.finish([a, b], [y])


@copies
def mixing_matrix() -> bytes:
    """A constant matrix times the channels of each picture: BATCH_MATMUL with the constant on its left."""
    net = Net(56)
    x = net.input(2, 4, 3, scale=0.03, zero_point=6)
    y = net.model.add_tensor((2, 5, 3), scale=0.02, zero_point=-4)
    net.model.add_op("BATCH_MATMUL", [net.constant(5, 4), x], [y])
    return net.model.finish([x], [y])


@copies
def class_token() -> bytes:
    """A constant token before those of a picture, as transformers have it; then both beside each other."""
    net = Net(57)
    shared = {"scale": 0.02, "zero_point": -5}
    x = net.input(1, 5, 4, **shared)
    tokens = net.concat([net.constant(1, 1, 4, **shared), x], axis=1)
    bias = net.constant(1, 6, 4, **shared)
    y = like(net, x, 1, 6, 4, 2)
    net.model.add_op("PACK", [tokens, bias], [y], values_count=2, axis=3)
    return net.model.finish([x], [tokens, y])
