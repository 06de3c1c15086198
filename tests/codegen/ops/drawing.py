"""Hypothesis strategies: one-layer models of every op with hostile shapes, scales and inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from codegen.errors import UnsupportedOpError
from codegen.tflite.reader import parse_model
from tests.toys.builder import ModelBuilder
from tests.toys.layers import output_side

Draw = Callable[[st.SearchStrategy[Any]], Any]
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


@dataclass(frozen=True, eq=False)
class Layer:
    """A model of one layer and one set of inputs.

    Attributes:
        model: bytes of the .tflite file.
        inputs: one array an input.
    """

    model: bytes
    inputs: tuple[NDArray[np.int8], ...]

    def __repr__(self) -> str:
        return f"Layer({len(self.model)} bytes, inputs {[x.shape for x in self.inputs]})"


# Scales whose products and quotients come close to powers of two from both sides: mantissas at INT32_MAX,
# mantissas that round up to 2**31, and plain ones.
_NEAR_ONE = (1.0, 1.0 - 2.0**-24, 1.0 + 2.0**-23, 1.0 - 2.0**-23)
mantissas = st.one_of(st.sampled_from(_NEAR_ONE), st.floats(0.5, 1.0, width=32))
zero_points = st.one_of(st.sampled_from((-128, 127, 0, -1)), st.integers(-128, 127))
sides = st.one_of(st.sampled_from((1, 2, 3)), st.integers(1, 11))
channel_counts = st.one_of(st.sampled_from((1, 3, 4, 8)), st.integers(1, 13))


def scale(draw: Draw, low: int = -12, high: int = 2) -> float:
    """A float32 scale between about 2**low and 2**high."""
    return float(np.float32(draw(mantissas) * 2.0 ** draw(st.integers(low, high))))


def int8s(draw: Draw, shape: tuple[int, ...], low: int = -128) -> NDArray[np.int8]:
    """Random values, or only the extremes, or one value everywhere."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    style = draw(st.sampled_from(("random", "random", "extremes", "low", "high")))
    if style == "random":
        return random.integers(low, 128, shape).astype(np.int8)
    if style == "extremes":
        return random.choice(np.array([low, 127], np.int8), shape)
    return np.full(shape, low if style == "low" else 127, np.int8)


def activation_input(draw: Draw, model: ModelBuilder, shape: tuple[int, ...]) -> int:
    return model.add_tensor(shape, scale=scale(draw), zero_point=draw(zero_points))


def activation_or_constant(
    draw: Draw, model: ModelBuilder, shape: tuple[int, ...], activation: bool, **quant: Any
) -> int:
    """A tensor with this quantization, now and then a constant unless `activation`."""
    if activation or draw(st.integers(0, 4)):
        return model.add_tensor(shape, **quant)
    return model.add_const(int8s(draw, shape), **quant)


def activations(model: ModelBuilder, tensors: list[int]) -> list[int]:
    """Without the constants."""
    return [t for t in tensors if model.tensors[t].data is None]


def weighted(
    draw: Draw, model: ModelBuilder, x: int, weights: NDArray[np.int8], channels: int, taps: int, axis: int,
    force_bias: bool = False,
) -> tuple[list[int], float]:  # fmt: skip
    """Inputs of a layer with weights, and an output scale that keeps the outputs in a sensible range."""
    x_scale = float(model.tensors[x].scale)  # type: ignore[arg-type]
    per_channel = draw(st.booleans()) and channels > 1
    spread = draw(st.sampled_from((0, 1, 12)))  # 12: one channel 4096 times finer than another
    scales = [
        scale(draw, -9 - draw(st.integers(0, spread)), -8) for _ in range(channels if per_channel else 1)
    ]
    ins = [x, model.add_const(weights, scales, 0, axis=axis)]
    if force_bias or draw(st.booleans()):
        random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        size = draw(st.sampled_from((1, 100, 20000)))
        bias = random.integers(-size, size + 1, channels).astype(np.int32)
        ins.append(model.add_const(bias, [x_scale * s for s in scales], 0))
    # The largest sums are about taps * 127 * 255; a wide choice of gains gives saturation and silence.
    gain = 2.0 ** draw(st.integers(-14, 3))
    output = x_scale * max(scales) * taps * 127 * 255 / 256 * gain
    return ins, float(np.float32(output * draw(mantissas)))


@st.composite
def conv_2d(draw: Draw) -> Layer:
    """CONV_2D: any kernel, stride, dilation, padding, groups."""
    model = ModelBuilder()
    height, width = draw(sides), draw(sides)
    kernel = draw(st.sampled_from(((1, 1), (3, 3), (1, 3), (2, 2), (5, 1))))
    dilation = draw(st.sampled_from((1, 1, 2)))
    padding = draw(st.sampled_from(("SAME", "VALID")))
    if padding == "VALID":
        height = max(height, (kernel[0] - 1) * dilation + 1)
        width = max(width, (kernel[1] - 1) * dilation + 1)
    stride_h, stride_w = draw(st.sampled_from(((1, 1), (2, 2), (1, 2), (3, 1))))
    groups = draw(st.sampled_from((1, 1, 1, 2)))
    depth, channels = draw(channel_counts), draw(channel_counts) * groups
    batches = draw(st.sampled_from((1, 1, 2)))
    x = activation_input(draw, model, (batches, height, width, depth * groups))
    weights = int8s(draw, (channels, *kernel, depth), -127)
    ins, y_scale = weighted(draw, model, x, weights, channels, kernel[0] * kernel[1] * depth, 0)
    shape = (batches, output_side(height, kernel[0], stride_h, dilation, padding),
             output_side(width, kernel[1], stride_w, dilation, padding), channels)  # fmt: skip
    y = model.add_tensor(shape, scale=y_scale, zero_point=draw(zero_points))
    model.add_op(
        "CONV_2D", ins, [y], padding=padding, stride_h=stride_h, stride_w=stride_w,
        dilation_h_factor=dilation, dilation_w_factor=dilation,
        fused_activation_function=draw(st.sampled_from(ACTIVATIONS)),
    )  # fmt: skip
    return Layer(model.finish([x], [y]), (int8s(draw, model.tensors[x].shape),))


@st.composite
def depthwise_conv_2d(draw: Draw) -> Layer:
    """DEPTHWISE_CONV_2D: any depth multiplier; 3x3 more often than others."""
    model = ModelBuilder()
    height, width, depth = draw(sides), draw(sides), draw(channel_counts)
    multiplier = draw(st.sampled_from((1, 1, 2, 3)))
    kernel = draw(st.sampled_from(((3, 3), (3, 3), (1, 1), (5, 5), (2, 3))))
    dilation = draw(st.sampled_from((1, 1, 1, 2)))
    padding = draw(st.sampled_from(("SAME", "VALID")))
    if padding == "VALID":
        height = max(height, (kernel[0] - 1) * dilation + 1)
        width = max(width, (kernel[1] - 1) * dilation + 1)
    stride = draw(st.sampled_from((1, 2, 3)))
    batches = draw(st.sampled_from((1, 1, 2)))
    channels = depth * multiplier
    x = activation_input(draw, model, (batches, height, width, depth))
    weights = int8s(draw, (1, *kernel, channels), -127)
    ins, y_scale = weighted(draw, model, x, weights, channels, kernel[0] * kernel[1], 3, force_bias=True)
    shape = (batches, output_side(height, kernel[0], stride, dilation, padding),
             output_side(width, kernel[1], stride, dilation, padding), channels)  # fmt: skip
    y = model.add_tensor(shape, scale=y_scale, zero_point=draw(zero_points))
    model.add_op(
        "DEPTHWISE_CONV_2D", ins, [y], padding=padding, stride_h=stride, stride_w=stride,
        depth_multiplier=multiplier, dilation_h_factor=dilation, dilation_w_factor=dilation,
        fused_activation_function=draw(st.sampled_from(ACTIVATIONS)),
    )  # fmt: skip
    return Layer(model.finish([x], [y]), (int8s(draw, model.tensors[x].shape),))


@st.composite
def fully_connected(draw: Draw) -> Layer:
    """FULLY_CONNECTED on vectors and on pictures."""
    model = ModelBuilder()
    batches, units = draw(st.integers(1, 3)), draw(channel_counts)
    shape = draw(st.sampled_from(((7,), (1,), (33,), (64,), (2, 3, 4))))
    depth = int(np.prod(shape))
    x = activation_input(draw, model, (batches, *shape))
    ins, y_scale = weighted(draw, model, x, int8s(draw, (units, depth), -127), units, depth, 0)
    y = model.add_tensor((batches, units), scale=y_scale, zero_point=draw(zero_points))
    model.add_op("FULLY_CONNECTED", ins, [y], fused_activation_function=draw(st.sampled_from(ACTIVATIONS)))
    return Layer(model.finish([x], [y]), (int8s(draw, model.tensors[x].shape),))


@st.composite
def concatenation(draw: Draw) -> Layer:
    """CONCATENATION: 1 to 10 inputs, any axis, some of them constant."""
    model = ModelBuilder()
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=10))
    shared = {"scale": scale(draw), "zero_point": draw(zero_points)}
    xs = []
    for length in lengths:
        shape[axis] = length
        xs.append(activation_or_constant(draw, model, tuple(shape), not xs, **shared))
    shape[axis] = sum(lengths)
    y = model.add_tensor(shape, **shared)
    model.add_op("CONCATENATION", xs, [y], axis=axis)
    ins = activations(model, xs)
    return Layer(model.finish(ins, [y]), tuple(int8s(draw, model.tensors[x].shape) for x in ins))


@st.composite
def pool_2d(draw: Draw, kind: str) -> Layer:
    """AVERAGE_POOL_2D, MAX_POOL_2D: windows inside, across the border, and of the whole picture."""
    model = ModelBuilder()
    height, width = draw(sides), draw(sides)
    window = draw(st.sampled_from(((1, 1), (2, 2), (3, 3), (3, 2), (height, width))))
    padding = draw(st.sampled_from(("SAME", "VALID")))
    if padding == "VALID":
        height, width = max(height, window[0]), max(width, window[1])
    stride_h, stride_w = draw(st.sampled_from(((1, 1), (2, 2), (2, 3))))
    x = activation_input(draw, model, (draw(st.integers(1, 2)), height, width, draw(channel_counts)))
    tensor = model.tensors[x]
    shape = (tensor.shape[0], output_side(height, window[0], stride_h, 1, padding),
             output_side(width, window[1], stride_w, 1, padding), tensor.shape[3])  # fmt: skip
    y = model.add_tensor(shape, scale=tensor.scale, zero_point=tensor.zero_point)
    model.add_op(
        kind, [x], [y], padding=padding, stride_h=stride_h, stride_w=stride_w,
        filter_height=window[0], filter_width=window[1],
        fused_activation_function=draw(st.sampled_from(ACTIVATIONS)),
    )  # fmt: skip
    return Layer(model.finish([x], [y]), (int8s(draw, tensor.shape),))


@st.composite
def reduction(draw: Draw, kind: str) -> Layer:
    """MEAN, SUM, REDUCE_MAX over any axes, given positive or negative, some twice."""
    model = ModelBuilder()
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=4)))
    rank = len(shape)
    axes = draw(st.lists(st.integers(-rank, rank - 1), min_size=1, max_size=rank))
    keep = draw(st.booleans())
    gone = {a % rank for a in axes}
    kept = tuple(1 if i in gone else d for i, d in enumerate(shape) if keep or i not in gone)
    x = activation_input(draw, model, shape)
    x_scale = float(model.tensors[x].scale)  # type: ignore[arg-type]
    y_scale = float(np.float32(x_scale * 2.0 ** draw(st.integers(-6, 4)) * draw(mantissas)))
    axis = model.add_const(np.array(axes, np.int32))
    y_point = draw(zero_points)
    if kind == "REDUCE_MAX":
        y_scale, y_point = x_scale, int(model.tensors[x].zero_point)  # type: ignore[arg-type]
    y = model.add_tensor(kept, scale=y_scale, zero_point=y_point)
    model.add_op(kind, [x, axis], [y], keep_dims=keep)
    return Layer(model.finish([x], [y]), (int8s(draw, shape),))


@st.composite
def arg_max(draw: Draw) -> Layer:
    """ARG_MAX over any axis of up to 5, many equal values."""
    model = ModelBuilder()
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=5)))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    x = activation_input(draw, model, shape)
    constant = np.array([axis] if draw(st.booleans()) else axis, np.int32)
    at = axis % len(shape)
    y = model.add_tensor([*shape[:at], *shape[at + 1 :]], "int32")
    model.add_op("ARG_MAX", [x, model.add_const(constant)], [y], output_type=2)
    values = int8s(draw, shape)
    return Layer(model.finish([x], [y]), (values // draw(st.sampled_from((1, 64))),))


@st.composite
def pad(draw: Draw, kind: str) -> Layer:
    """PAD, PADV2 of 1 to 4 axes."""
    model = ModelBuilder()
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    pads = [(draw(st.integers(0, 3)), draw(st.integers(0, 3))) for _ in shape]
    x = activation_input(draw, model, shape)
    table = model.add_const(np.array(pads, np.int32))
    tensor = model.tensors[x]
    ins = [x, table]
    if kind == "PADV2":
        value = np.array([draw(st.integers(-128, 127))], np.int8)
        ins.append(model.add_const(value, tensor.scale, tensor.zero_point))
    y = model.add_tensor(
        [a + d + b for d, (a, b) in zip(shape, pads, strict=True)],
        scale=tensor.scale, zero_point=tensor.zero_point,
    )  # fmt: skip
    model.add_op(kind, ins, [y])
    return Layer(model.finish([x], [y]), (int8s(draw, shape),))


@st.composite
def reshape(draw: Draw) -> Layer:
    """RESHAPE with and without the shape tensor."""
    model = ModelBuilder()
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    other = draw(st.permutations(shape))
    x = activation_input(draw, model, shape)
    tensor = model.tensors[x]
    ins = [x]
    if draw(st.booleans()):
        ins.append(model.add_const(np.array(other, np.int32)))
    y = model.add_tensor(other, scale=tensor.scale, zero_point=tensor.zero_point)
    model.add_op("RESHAPE", ins, [y], new_shape=other)
    return Layer(model.finish([x], [y]), (int8s(draw, shape),))


@st.composite
def softmax(draw: Draw) -> Layer:
    """SOFTMAX to int8 and int16."""
    model = ModelBuilder()
    classes = draw(st.one_of(st.sampled_from((1, 2, 511)), st.integers(1, 40)))
    shape = (*draw(st.lists(st.integers(1, 3), min_size=0, max_size=2)), classes)
    x = activation_input(draw, model, shape)
    beta = draw(st.sampled_from((1.0, 0.5, 3.0, 1e-3, 100.0)))
    dtype, y_scale, y_point = draw(
        st.sampled_from((("int8", 1 / 256, -128), ("int8", 1 / 256, -128), ("int16", 1 / 65536, -32768)))
    )
    y = model.add_tensor(shape, dtype, scale=y_scale, zero_point=y_point)
    model.add_op("SOFTMAX", [x], [y], beta=beta)
    return Layer(model.finish([x], [y]), (int8s(draw, shape),))


@st.composite
def quantize(draw: Draw) -> Layer:
    """QUANTIZE to int8 and int16, finer and coarser."""
    model = ModelBuilder()
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    x = activation_input(draw, model, shape)
    x_scale = float(model.tensors[x].scale)  # type: ignore[arg-type]
    wide = draw(st.booleans())
    y_scale = float(np.float32(x_scale * 2.0 ** draw(st.integers(-14 if wide else -9, 9)) * draw(mantissas)))
    y_point = draw(st.sampled_from((0, -32768, 32767))) if wide else draw(zero_points)
    y = model.add_tensor(shape, "int16" if wide else "int8", scale=y_scale, zero_point=y_point)
    model.add_op("QUANTIZE", [x], [y])
    return Layer(model.finish([x], [y]), (int8s(draw, shape),))


def is_accepted(layer: Layer) -> bool:
    """False where the scales drawn could overflow 32 bits; any other refusal is an error."""
    try:
        parse_model(layer.model, "drawn")
    except UnsupportedOpError as error:
        if not any(
            cause in error.cause
            for cause in ("overflow", "scaled up", "too small", "too large", "depends on the", "never left 0")
        ):
            raise
        return False
    return True


_STRATEGIES = {
    "CONV_2D": conv_2d(),
    "DEPTHWISE_CONV_2D": depthwise_conv_2d(),
    "FULLY_CONNECTED": fully_connected(),
    "CONCATENATION": concatenation(),
    "AVERAGE_POOL_2D": pool_2d("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": pool_2d("MAX_POOL_2D"),
    "MEAN": reduction("MEAN"),
    "SUM": reduction("SUM"),
    "REDUCE_MAX": reduction("REDUCE_MAX"),
    "ARG_MAX": arg_max(),
    "PAD": pad("PAD"),
    "PADV2": pad("PADV2"),
    "RESHAPE": reshape(),
    "SOFTMAX": softmax(),
    "QUANTIZE": quantize(),
}

LAYERS: dict[str, st.SearchStrategy[Layer]] = {
    kind: strategy.filter(is_accepted) for kind, strategy in _STRATEGIES.items()
}
"""Kind -> layers that the reader accepts."""
