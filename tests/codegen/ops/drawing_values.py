"""Drawn layers of ops on single values: two tensors element by element, and one tensor by table."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.codegen.ops.drawing import (
    ACTIVATIONS,
    Draw,
    Layer,
    activation_input,
    int8s,
    is_accepted,
    mantissas,
    scale,
    zero_points,
)
from tests.toys.builder import ModelBuilder


def _two_tensors(
    draw: Draw, kind: str, shared: bool = False, gain: tuple[int, int] = (-8, 6), fused: bool = False
) -> Layer:
    """Equal shapes, broadcasting both ways, a constant on either side, a tensor with itself.

    Args:
        shared: one scale and zero point for all.
        gain: powers of two between the output's scale and the larger input's.
        fused: the op has a fused activation.
    """
    model = ModelBuilder()
    full = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    keep_a = draw(st.lists(st.booleans(), min_size=len(full), max_size=len(full)))
    keep_b = draw(st.lists(st.booleans(), min_size=len(full), max_size=len(full)))
    if draw(st.booleans()):
        keep_a = keep_b = [True] * len(full)
    shapes = [
        tuple(d if keep else 1 for d, keep in zip(full, keeps, strict=True)) for keeps in (keep_a, keep_b)
    ]
    if draw(st.booleans()):
        shapes[1] = shapes[1][draw(st.integers(0, len(full) - 1)) :]
    a = activation_input(draw, model, shapes[0])
    x = model.tensors[a]
    form = draw(st.sampled_from(("two", "two", "constant", "same")))
    inputs = [a]
    other = (x.scale, x.zero_point) if shared else (scale(draw), draw(zero_points))
    if form == "two":
        b = model.add_tensor(shapes[1], scale=other[0], zero_point=other[1])
        inputs.append(b)
    elif form == "constant":
        b = model.add_const(int8s(draw, shapes[1]), *other)
    else:
        b, shapes[1] = a, shapes[0]
    pair = [a, b] if draw(st.booleans()) else [b, a]
    largest = max(float(model.tensors[t].scale) for t in pair)  # type: ignore[arg-type]
    y_scale = float(np.float32(largest * 2.0 ** draw(st.integers(*gain)) * draw(mantissas)))
    shape = np.broadcast_shapes(*shapes)
    y = (
        model.add_tensor(shape, scale=x.scale, zero_point=x.zero_point)
        if shared
        else model.add_tensor(shape, scale=y_scale, zero_point=draw(zero_points))
    )
    options = {"fused_activation_function": draw(st.sampled_from(ACTIVATIONS))} if fused else {}
    model.add_op(kind, pair, [y], **options)
    arrays = tuple(int8s(draw, model.tensors[t].shape) for t in inputs)
    return Layer(model.finish(inputs, [y]), arrays)


@st.composite
def add_or_sub(draw: Draw, kind: str) -> Layer:
    """ADD, SUB: any scales."""
    return _two_tensors(draw, kind, fused=True)


@st.composite
def product(draw: Draw, kind: str) -> Layer:
    """MUL, SQUARED_DIFFERENCE: gains about the larger input's scale."""
    return _two_tensors(draw, kind, gain=(-12, 10), fused=kind == "MUL")


@st.composite
def choice(draw: Draw, kind: str) -> Layer:
    """MINIMUM, MAXIMUM: one scale."""
    return _two_tensors(draw, kind, shared=True)


@st.composite
def prelu(draw: Draw) -> Layer:
    """PRELU: slopes of the whole shape, a channel, or one."""
    model = ModelBuilder()
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    keep = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    slopes = tuple(d if k else 1 for d, k in zip(shape, keep, strict=True))
    slopes = slopes[draw(st.integers(0, len(shape) - 1)) :]
    x = activation_input(draw, model, shape)
    x_scale = float(model.tensors[x].scale)  # type: ignore[arg-type]
    alpha = model.add_const(int8s(draw, slopes), scale(draw, -9, -5), draw(zero_points))
    y_scale = float(np.float32(x_scale * 2.0 ** draw(st.integers(-8, 6)) * draw(mantissas)))
    y = model.add_tensor(shape, scale=y_scale, zero_point=draw(zero_points))
    model.add_op("PRELU", [x, alpha], [y])
    return Layer(model.finish([x], [y]), (int8s(draw, shape),))


# What TFLite-Micro demands of the output: (scale, zero point); None: anything.
_FIXED_OUTPUT: dict[str, tuple[float, int]] = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}


@st.composite
def lookup(draw: Draw, kind: str) -> Layer:
    """Ops of one value at a time: every layer sees all 256 inputs."""
    model = ModelBuilder()
    shape = draw(st.sampled_from(((256,), (1, 16, 16, 1), (1, 86, 3), (257,))))
    x = model.add_tensor(
        shape, scale=scale(draw, -12, 5), zero_point=-128 if kind == "RSQRT" else draw(zero_points)
    )
    x_scale, x_point = float(model.tensors[x].scale), model.tensors[x].zero_point  # type: ignore[arg-type]
    gain = draw(st.integers(0, 9)) if kind == "HARD_SWISH" else draw(st.integers(-8, 6))
    y_scale = x_scale**-0.5 if kind == "RSQRT" else x_scale
    if kind == "HARD_SWISH":
        y_scale /= 64
    y_scale, y_point = float(np.float32(y_scale * 2.0**gain * draw(mantissas))), draw(zero_points)
    if kind == "RELU6":
        y_scale, y_point = x_scale, x_point
    y_scale, y_point = _FIXED_OUTPUT.get(kind, (y_scale, y_point))
    y = model.add_tensor(shape, scale=y_scale, zero_point=y_point)
    options = {}
    if kind == "LEAKY_RELU":
        alphas = st.one_of(st.sampled_from((0.0, 0.2, 1.0, 3.0)), st.floats(0, 2, width=32))
        options = {"alpha": draw(alphas)}
    model.add_op(kind, [x], [y], **options)
    values = np.resize(np.arange(-128, 128), shape).astype(np.int8)
    return Layer(model.finish([x], [y]), (values,))


_STRATEGIES = {
    "ADD": add_or_sub("ADD"),
    "SUB": add_or_sub("SUB"),
    "MUL": product("MUL"),
    "SQUARED_DIFFERENCE": product("SQUARED_DIFFERENCE"),
    "MINIMUM": choice("MINIMUM"),
    "MAXIMUM": choice("MAXIMUM"),
    "PRELU": prelu(),
    **{
        kind: lookup(kind)
        for kind in ("ABS", "LOGISTIC", "TANH", "HARD_SWISH", "RELU", "RELU6", "LEAKY_RELU", "ELU", "RSQRT")
    },
}

LAYERS: dict[str, st.SearchStrategy[Layer]] = {
    kind: strategy.filter(is_accepted) for kind, strategy in _STRATEGIES.items()
}
