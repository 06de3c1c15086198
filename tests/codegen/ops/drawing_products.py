"""Hypothesis strategies: one-layer models of TRANSPOSE_CONV and BATCH_MATMUL, hostile shapes and scales."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from tests.codegen.ops.drawing import (
    ACTIVATIONS,
    Draw,
    Layer,
    activation_input,
    channel_counts,
    int8s,
    is_accepted,
    mantissas,
    scale,
    sides,
    weighted,
    zero_points,
)
from tests.toys.builder import ModelBuilder
from tests.toys.layers import output_side


@st.composite
def transpose_conv(draw: Draw) -> Layer:
    """TRANSPOSE_CONV: kernels smaller and larger than the stride, any output that the stride allows."""
    model = ModelBuilder()
    kernel = draw(st.sampled_from(((1, 1), (2, 2), (3, 3), (4, 4), (2, 5), (3, 1))))
    stride = draw(st.sampled_from(((1, 1), (2, 2), (2, 2), (1, 2), (3, 2))))
    padding = draw(st.sampled_from(("SAME", "VALID")))
    out = [draw(sides), draw(sides)]
    if padding == "VALID":
        out = [max(side, k) for side, k in zip(out, kernel, strict=True)]
    size = [output_side(o, k, s, 1, padding) for o, k, s in zip(out, kernel, stride, strict=True)]
    batches, depth, channels = draw(st.integers(1, 2)), draw(channel_counts), draw(channel_counts)
    x = activation_input(draw, model, (batches, *size, depth))
    weights = int8s(draw, (channels, *kernel, depth), -127)
    met = math.prod(-(-k // s) for k, s in zip(kernel, stride, strict=True))  # taps that meet one pixel
    ins, y_scale = weighted(draw, model, x, weights, channels, met * depth, 0)
    y_shape = (batches, *out, channels)
    y = model.add_tensor(y_shape, scale=y_scale, zero_point=draw(zero_points))
    shape = model.add_const(np.array(y_shape, np.int32))
    model.add_op(
        "TRANSPOSE_CONV", [shape, ins[1], x, *ins[2:]], [y], padding=padding, stride_h=stride[0],
        stride_w=stride[1], fused_activation_function=draw(st.sampled_from(ACTIVATIONS)),
    )  # fmt: skip
    return Layer(model.finish([x], [y]), (int8s(draw, (batches, *size, depth)),))


@st.composite
def batch_matmul(draw: Draw) -> Layer:
    """BATCH_MATMUL: 2 to 5 axes, batches that broadcast either way, transposed or not, a constant or none."""
    model = ModelBuilder()
    rows, depth, columns = draw(channel_counts), draw(channel_counts), draw(channel_counts)
    batch = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
    turned = draw(st.booleans()), draw(st.booleans())
    shapes = []
    for matrix, turn in zip(((rows, depth), (depth, columns)), turned, strict=True):
        own = tuple(size if draw(st.integers(0, 3)) else 1 for size in batch)
        own = own[draw(st.integers(0, len(own))) :] if draw(st.integers(0, 3)) == 0 else own
        shapes.append(own + (matrix[::-1] if turn else matrix))
    constant = draw(st.sampled_from((None, None, 0, 1)))
    a, b = (
        model.add_const(int8s(draw, shape), scale(draw), draw(zero_points))
        if number == constant
        else activation_input(draw, model, shape)
        for number, shape in enumerate(shapes)
    )
    inputs = [t for number, t in enumerate((a, b)) if number != constant]
    product = float(model.tensors[a].scale) * float(model.tensors[b].scale)  # type: ignore[arg-type]
    gain = depth * 255 * 2.0 ** draw(st.integers(-14, 3)) * draw(mantissas)
    shape = (*np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2]), rows, columns)
    y = model.add_tensor(shape, scale=float(np.float32(product * gain)), zero_point=draw(zero_points))
    model.add_op("BATCH_MATMUL", [a, b], [y], adj_x=turned[0], adj_y=turned[1])
    return Layer(model.finish(inputs, [y]), tuple(int8s(draw, model.tensors[t].shape) for t in inputs))


LAYERS: dict[str, st.SearchStrategy[Layer]] = {
    "TRANSPOSE_CONV": transpose_conv().filter(is_accepted),
    "BATCH_MATMUL": batch_matmul().filter(is_accepted),
}
