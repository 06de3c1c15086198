"""Forms of the ops that move bytes, of TRANSPOSE_CONV and of BATCH_MATMUL that are refused."""

from __future__ import annotations

import numpy as np

from tests.codegen.ops.spoiling import Build, Case, Change, inputs, options, table, tensor
from tests.toys.builder import ModelBuilder
from tests.toys.copies import copy, like
from tests.toys.layers import Net


def one(
    kind: str, x_shape: tuple[int, ...], constants: list[object], shape: tuple[int, ...], **more: object
) -> Build:
    """Tensor 0 is the input, then come the constants, then the output."""

    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(*x_shape)
        return [x], copy(net, kind, x, constants, shape, **more)

    return build


def split(net: Net) -> tuple[list[int], int]:
    """Tensors: axis, input, two outputs."""
    axis, x = net.model.add_const(np.array(1, np.int32)), net.input(1, 4)
    parts = [like(net, x, 1, 2), like(net, x, 1, 2)]
    net.model.add_op("SPLIT", [axis, x], parts, num_splits=2)
    return [x], parts[0]


def split_v(net: Net) -> tuple[list[int], int]:
    """Tensors: input, sizes, axis, two outputs."""
    x = net.input(1, 4)
    constants = [net.model.add_const(np.array(values, np.int32)) for values in ([1, 3], 1)]
    parts = [like(net, x, 1, 1), like(net, x, 1, 3)]
    net.model.add_op("SPLIT_V", [x, *constants], parts, num_splits=2)
    return [x], parts[0]


def unpack(net: Net) -> tuple[list[int], int]:
    """Tensors: input, two outputs."""
    x = net.input(2, 3)
    parts = [like(net, x, 3), like(net, x, 3)]
    net.model.add_op("UNPACK", [x], parts, num=2, axis=0)
    return [x], parts[0]


def pack(net: Net) -> tuple[list[int], int]:
    """Tensors: two inputs, output."""
    xs = [net.input(2, 3), net.input(2, 3)]
    y = like(net, xs[0], 2, 2, 3)
    net.model.add_op("PACK", xs, [y], values_count=2, axis=0)
    return xs, y


def transpose_conv(net: Net) -> tuple[list[int], int]:
    """Tensors: input, shape, weights, bias, output."""
    x = net.input(1, 2, 2, 3)
    shape = net.model.add_const(np.array([1, 4, 4, 2], np.int32))
    weights = net.model.add_const(np.ones((2, 3, 3, 3), np.int8), [0.01, 0.02], 0)
    bias = net.model.add_const(np.zeros(2, np.int32), [0.01 / 128, 0.02 / 128], 0)
    y = net.model.add_tensor((1, 4, 4, 2), scale=0.1)
    net.model.add_op("TRANSPOSE_CONV", [shape, weights, x, bias], [y], padding="SAME", stride_h=2, stride_w=2)
    return [x], y


def batch_matmul(net: Net) -> tuple[list[int], int]:
    """Tensors: input, constant matrix, output."""
    x = net.input(2, 3, 4)
    matrix = net.model.add_const(np.ones((4, 5), np.int8), 0.01, 3)
    y = net.model.add_tensor((2, 3, 5), scale=0.1)
    net.model.add_op("BATCH_MATMUL", [x, matrix], [y])
    return [x], y


def resized(height: int, width: int) -> Change:
    """Another size in the constant and in the output."""

    def change(model: ModelBuilder) -> None:
        tensor(1, data=table([height, width]))(model)
        tensor(2, shape=(1, height, width, 3))(model)

    return change


def outputs(*indices: int) -> Change:
    """Replace the op's outputs."""

    def change(model: ModelBuilder) -> None:
        model.ops[0].outputs = list(indices)

    return change


def many_pieces(net: Net) -> tuple[list[int], int]:
    """UNPACK into 16 scalars; tensor 17 is a spare one."""
    x = net.input(16)
    parts = [like(net, x) for _ in range(16)]
    net.model.add_op("UNPACK", [x], parts, num=16, axis=0)
    like(net, x)
    return [x], parts[0]


SQUEEZE = one("SQUEEZE", (1, 3, 1), [], (3, 1), squeeze_dims=[0])
EXPAND = one("EXPAND_DIMS", (2, 3), [[0]], (1, 2, 3))
TRANSPOSE = one("TRANSPOSE", (2, 3), [[1, 0]], (3, 2))
SLICE = one("SLICE", (4, 3), [[1, 0], [2, -1]], (2, 3))
STRIDED = one("STRIDED_SLICE", (4, 3), [[1, 0], [4, 2], [2, 1]], (2, 2))
NEAREST = one("RESIZE_NEAREST_NEIGHBOR", (1, 2, 2, 3), [[4, 3]], (1, 4, 3, 3))
BILINEAR = one("RESIZE_BILINEAR", (1, 1, 1, 3), [[64, 64]], (1, 64, 64, 3))
DEEP = one("DEPTH_TO_SPACE", (1, 2, 3, 8), [], (1, 4, 6, 2), block_size=2)
LARGE = one("SPACE_TO_DEPTH", (1, 4, 6, 2), [], (1, 2, 3, 8), block_size=2)
MIRROR = one("MIRROR_PAD", (3, 2), [[[2, 1], [0, 1]]], (6, 3))
GATHER = one("GATHER", (4, 3), [[0, 3]], (2, 3))
POINTS = one("GATHER_ND", (2, 3, 4), [[[0, 2], [1, 0]]], (2, 4))
BACKWARDS = one("REVERSE_V2", (2, 3, 2), [[1, 2]], (2, 3, 2))
APART = one("SPACE_TO_BATCH_ND", (1, 4, 4, 2), [[2, 2], [[0, 0], [0, 0]]], (4, 2, 2, 2))
TOGETHER = one("BATCH_TO_SPACE_ND", (4, 2, 2, 2), [[2, 2], [[1, 0], [0, 1]]], (1, 3, 3, 2))
BROADCAST = one("BROADCAST_TO", (1, 3), [[2, 3]], (2, 3))

CASES: list[Case] = [
    ("SQUEEZE", SQUEEZE, options(squeeze_dims=[1]), "not all of one element"),
    ("SQUEEZE", SQUEEZE, options(squeeze_dims=[3]), "axis 3 does not exist"),
    ("SQUEEZE", SQUEEZE, options(squeeze_dims=[]), "the output is"),
    ("SQUEEZE", SQUEEZE, options(squeeze_dims=[0] * 17), "names 17 axes"),
    ("SQUEEZE", SQUEEZE, tensor(1, dtype="int16"), "output is int16"),
    ("EXPAND_DIMS", EXPAND, tensor(1, data=table([-4])), "axis -4 does not exist"),
    ("EXPAND_DIMS", EXPAND, tensor(1, data=table([1])), "the output is"),
    ("EXPAND_DIMS", EXPAND, tensor(1, shape=(2,), data=table([0, 0])), "not one number"),
    ("EXPAND_DIMS", EXPAND, inputs(0, 0), "no constant int32"),
    ("TRANSPOSE", TRANSPOSE, tensor(1, data=table([1, 1])), "no order of the axes"),
    ("TRANSPOSE", TRANSPOSE, tensor(1, data=table([-1, 0])), "no order of the axes"),
    ("TRANSPOSE", TRANSPOSE, tensor(1, data=table([0, 1])), "the output is"),
    ("TRANSPOSE", TRANSPOSE, tensor(0, shape=(1, 1, 1, 1, 2, 3)), "input has the shape"),
    ("SLICE", SLICE, tensor(1, data=table([3, 0])), "leaves"),
    ("SLICE", SLICE, tensor(1, data=table([-1, 0])), "leaves"),
    ("SLICE", SLICE, tensor(2, data=table([0, -1])), "leaves"),
    ("SLICE", SLICE, tensor(2, data=table([1, -1])), "the output is"),
    ("SLICE", SLICE, tensor(2, shape=(1,), data=table([2])), "do not fit"),
    ("SLICE", SLICE, tensor(2, dtype="int64", data=table([2, 0, -1, -1])), "of one type"),
    ("STRIDED_SLICE", STRIDED, tensor(3, data=table([0, 1])), "do not fit"),
    ("STRIDED_SLICE", STRIDED, tensor(3, data=table([1, 1])), "the output is"),
    ("STRIDED_SLICE", STRIDED, tensor(2, data=table([1, 2])), "the output is"),
    ("STRIDED_SLICE", STRIDED, tensor(1, shape=(1,), data=table([1])), "not one begin"),
    ("STRIDED_SLICE", STRIDED, options(shrink_axis_mask=1), "do not fit"),
    ("STRIDED_SLICE", STRIDED, options(ellipsis_mask=1), "ellipsis_mask"),
    ("STRIDED_SLICE", STRIDED, options(new_axis_mask=1), "new_axis_mask"),
    ("STRIDED_SLICE", STRIDED, options(offset=True), "offset"),
    ("STRIDED_SLICE", STRIDED, inputs(0, 0, 2, 3), "no constant int32"),
    ("SPLIT", split, options(num_splits=3), "do not split"),
    ("SPLIT", split, tensor(0, data=table([2])), "axis 2 does not exist"),
    ("SPLIT", split, tensor(0, data=table([0])), "do not split"),
    ("SPLIT", split, tensor(3, shape=(2,)), "the output is"),
    ("SPLIT", split, tensor(3, dtype="int16"), "an output is int16"),
    ("SPLIT_V", split_v, tensor(1, data=table([-1, -1])), "outputs take"),
    ("SPLIT_V", split_v, tensor(1, data=table([1, 2])), "outputs take"),
    ("SPLIT_V", split_v, tensor(1, data=table([3, 1])), "the output is"),
    ("SPLIT_V", split_v, options(num_splits=1), "2 outputs for the sizes"),
    ("UNPACK", unpack, options(axis=1), "outputs take"),
    ("UNPACK", unpack, options(axis=2), "axis 2 does not exist"),
    ("UNPACK", unpack, options(num=3), "its options say 3"),
    ("UNPACK", unpack, tensor(2, shape=(1, 3)), "the output is"),
    ("UNPACK", many_pieces, outputs(*range(1, 18)), "17 outputs"),
    ("PACK", pack, options(axis=3), "axis 3 does not exist"),
    ("PACK", pack, tensor(2, shape=(2, 3, 2)), "the output for its input 0"),
    ("PACK", pack, options(values_count=3), "its options say 3"),
    ("PACK", pack, tensor(1, scale=0.5), "different scales"),
    ("PACK", pack, tensor(1, shape=(3, 2)), "the output for its input 1"),
    ("PACK", pack, inputs(*[0] * 11), "11 inputs"),
    ("RESIZE_NEAREST_NEIGHBOR", NEAREST, tensor(1, data=table([4, 4])), "the output is"),
    ("RESIZE_NEAREST_NEIGHBOR", NEAREST, tensor(1, shape=(2, 1)), "not height and width"),
    ("RESIZE_NEAREST_NEIGHBOR", NEAREST, tensor(0, shape=(2, 2, 3)), "input has the shape"),
    ("RESIZE_BILINEAR", BILINEAR, options(align_corners=True, half_pixel_centers=True), "both"),
    ("RESIZE_BILINEAR", BILINEAR, resized(65, 64), "behind the image"),
    ("RESIZE_BILINEAR", BILINEAR, resized(1, 1 << 15), "at most 16384"),
    ("DEPTH_TO_SPACE", DEEP, options(block_size=0), "do not fit"),
    ("DEPTH_TO_SPACE", DEEP, options(block_size=3), "do not fit"),
    ("DEPTH_TO_SPACE", DEEP, options(block_size=-2), "do not fit"),
    ("DEPTH_TO_SPACE", DEEP, options(block_size=1), "the output is"),
    ("SPACE_TO_DEPTH", LARGE, options(block_size=3), "do not fit"),
    ("SPACE_TO_DEPTH", LARGE, options(absent=True), "do not fit"),
    ("MIRROR_PAD", MIRROR, options(absent=True), "it has no options"),
    ("MIRROR_PAD", MIRROR, tensor(1, data=table([3, 1, 0, 1])), "do not fit"),
    ("MIRROR_PAD", MIRROR, tensor(1, data=table([2, -1, 0, 1])), "do not fit"),
    ("MIRROR_PAD", MIRROR, tensor(1, data=table([1, 1, 0, 1])), "the output is"),
    ("MIRROR_PAD", MIRROR, tensor(1, shape=(4,)), "unknown"),
    ("MIRROR_PAD", MIRROR, options(mode=2), "unknown"),
    ("GATHER", GATHER, tensor(1, data=table([0, 4])), "outside"),
    ("GATHER", GATHER, tensor(1, data=table([-1, 0])), "outside"),
    ("GATHER", GATHER, options(batch_dims=1), "batch_dims is 1"),
    ("GATHER", GATHER, options(axis=2), "axis 2 does not exist"),
    ("GATHER", GATHER, options(axis=1), "outside"),
    ("GATHER", GATHER, tensor(2, shape=(3, 2)), "the output is"),
    ("GATHER_ND", POINTS, tensor(1, data=table([0, 3, 1, 0])), "outside"),
    ("GATHER_ND", POINTS, tensor(1, data=table([0, -1, 1, 0])), "outside"),
    ("GATHER_ND", POINTS, tensor(1, shape=(1, 4)), "do not fit"),
    ("GATHER_ND", POINTS, tensor(1, shape=(4, 1)), "outside"),
    ("GATHER_ND", POINTS, tensor(2, shape=(2, 2)), "the output is"),
    ("REVERSE_V2", BACKWARDS, tensor(1, data=table([0, 2])), "no neighbours"),
    ("REVERSE_V2", BACKWARDS, tensor(1, data=table([1, 1])), "no neighbours"),
    ("REVERSE_V2", BACKWARDS, tensor(1, data=table([1, 3])), "axis 3 does not exist"),
    ("REVERSE_V2", BACKWARDS, tensor(2, shape=(2, 2, 3)), "the output is"),
    ("SPACE_TO_BATCH_ND", APART, tensor(2, data=table([1, 1, 0, 0])), "never sets"),
    ("SPACE_TO_BATCH_ND", APART, tensor(1, data=table([3, 2])), "do not come out even"),
    ("SPACE_TO_BATCH_ND", APART, tensor(1, data=table([0, 2])), "do not fit"),
    ("SPACE_TO_BATCH_ND", APART, tensor(1, data=table([2, 1])), "the output is"),
    ("SPACE_TO_BATCH_ND", APART, tensor(0, shape=(4, 4, 2)), "do not fit"),
    ("BATCH_TO_SPACE_ND", TOGETHER, tensor(1, data=table([3, 2])), "do not fit"),
    ("BATCH_TO_SPACE_ND", TOGETHER, tensor(1, data=table([1, 2])), "the output is"),
    ("BATCH_TO_SPACE_ND", TOGETHER, tensor(2, data=table([2, 2, 0, 0])), "do not fit"),
    ("BATCH_TO_SPACE_ND", TOGETHER, tensor(2, data=table([-1, 0, 0, 0])), "do not fit"),
    ("BROADCAST_TO", BROADCAST, tensor(1, data=table([2, 4])), "the output is"),
    ("BROADCAST_TO", BROADCAST, tensor(0, shape=(2, 1, 3)), "does not broadcast"),
    ("BROADCAST_TO", BROADCAST, tensor(0, shape=(1, 2)), "does not broadcast"),
    ("TRANSPOSE_CONV", transpose_conv, options(stride_w=0), "no sliding window"),
    ("TRANSPOSE_CONV", transpose_conv, options(padding="VALID"), "the input is"),
    ("TRANSPOSE_CONV", transpose_conv, tensor(1, data=table([1, 4, 4, 3])), "the output is"),
    ("TRANSPOSE_CONV", transpose_conv, tensor(0, shape=(1, 2, 2, 2)), "do not fit"),
    ("TRANSPOSE_CONV", transpose_conv, tensor(2, zero_point=[0, 1]), "zero point that is not 0"),
    ("TRANSPOSE_CONV", transpose_conv, tensor(3, data=table([2**31 - 1] * 2)), "overflow 32 bits"),
    ("TRANSPOSE_CONV", transpose_conv, options(fused_activation_function="TANH"), "activation TANH"),
    ("TRANSPOSE_CONV", transpose_conv, inputs(1, 2), "2 inputs"),
    ("BATCH_MATMUL", batch_matmul, options(adj_y=True), "are no product"),
    ("BATCH_MATMUL", batch_matmul, options(adj_x=True), "are no product"),
    ("BATCH_MATMUL", batch_matmul, tensor(2, shape=(2, 5, 3)), "the output is"),
    ("BATCH_MATMUL", batch_matmul, tensor(2, scale=1e-9), "never left 0"),
    ("BATCH_MATMUL", batch_matmul, tensor(1, scale=[0.1] * 4, zero_point=[0] * 4), "no scale of its own"),
    ("BATCH_MATMUL", batch_matmul, tensor(1, shape=(3, 4, 5), data=bytes(60)), "are no product"),
    ("BATCH_MATMUL", batch_matmul, inputs(1, 1), "all its inputs are constant"),
    ("BATCH_MATMUL", batch_matmul, inputs(-1, 1), "input 0 is absent"),
    ("BATCH_MATMUL", batch_matmul, tensor(0, shape=(24,)), "first input has the shape"),
]
