"""What `tinyface ops` says about the real TFLite-Micro: it refuses, stops or computes otherwise there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.ops import REGISTRY
from codegen.tflite.reader import parse_model
from tests.codegen.ops.apart import DIED, REFUSED, outcome
from tests.codegen.ops.every_op import every
from tests.codegen.ops.spoiling import Change, options, tensor
from tests.toys.copies import copy, like
from tests.toys.layers import Net

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork")

Build = Callable[[Net], tuple[list[int], int]]
Expected = str | Callable[..., NDArray[np.int8]]
"""REFUSED, DIED, or what it computes from the inputs."""

SIX = (1, 2, 1, 2, 1, 3)
FIVE = (1, 2, 1, 2, 3)


def pair(kind: str, **scales: float) -> Build:
    """An op of two activations of one scale."""

    def build(net: Net) -> tuple[list[int], int]:
        a, b = net.input(1, 4, scale=0.05), net.input(1, 4, scale=0.05)
        return [a, b], net.binary(kind, a, b, zero_point=0, **scales)  # type: ignore[arg-type]

    return build


def single(kind: str, scale: float, zero_point: int, **values: float) -> Build:
    """An op of one activation of scale 0.05."""

    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(1, 64, scale=0.05)
        return [x], net.unary(kind, x, scale, zero_point, **values)

    return build


def axes(kind: str, shape: tuple[int, ...], *constants: list[Any], out: tuple[int, ...] = ()) -> Build:
    """An op that moves bytes, on a tensor of many axes."""

    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(*shape)
        return [x], copy(net, kind, x, constants, out or shape)

    return build


def broadcast_to_six(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 3)
    return [x], copy(net, "BROADCAST_TO", x, [list(SIX)], SIX)


def matmul_of_six(net: Net) -> tuple[list[int], int]:
    x = net.input(*SIX)
    y = net.model.add_tensor((*SIX[:-1], 1), scale=0.1)
    net.model.add_op("BATCH_MATMUL", [x, x], [y], adj_y=True)
    return [x], y


def concat(count: int) -> Build:
    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(1, 2)
        return [x], net.concat([x] * count)

    return build


def pool(kind: str) -> Build:
    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(1, 4, 4, 2)
        return [x], net.pool(x, (2, 2), kind=kind)

    return build


def largest(net: Net) -> tuple[list[int], int]:
    x = net.input(2, 5, scale=0.02, zero_point=-100)
    return [x], net.mean(x, (1,), kind="REDUCE_MAX")


def gather(indices: list[int], **values: int) -> Build:
    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(2, 3)
        return [x], copy(net, "GATHER", x, [indices], (2, len(indices)), axis=1, **values)

    return build


def mirrored(net: Net) -> tuple[list[int], int]:
    x = net.input(4)
    return [x], copy(net, "MIRROR_PAD", x, [[[2, 1]]], (7,), mode=0)


def bilinear(size: int, out: int, **values: bool) -> Build:
    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(1, size, size, 1)
        return [x], copy(net, "RESIZE_BILINEAR", x, [[out, out]], (1, out, out, 1), **values)

    return build


def softmax(net: Net) -> tuple[list[int], int]:
    x = net.input(1, 4)
    return [x], net.softmax(x)


def strided(**masks: int) -> Build:
    def build(net: Net) -> tuple[list[int], int]:
        x = net.input(4, 3)
        return [x], copy(net, "STRIDED_SLICE", x, [[1, 0], [3, 2], [1, 1]], (2, 2), **masks)

    return build


def arg_max(net: Net) -> tuple[list[int], int]:
    x = net.input(2, 3)
    return [x], net.arg_max(x)


def packed(net: Net) -> tuple[list[int], int]:
    a, b = net.input(3), net.input(3)
    y = like(net, a, 2, 3)
    net.model.add_op("PACK", [a, b], [y], values_count=2, axis=0)
    return [a, b], y


def nothing(model: object) -> None:
    """No change."""


def logistic(x: NDArray[np.int8]) -> NDArray[np.int8]:
    """1 / (1 + exp(-x)) at scale 1/256 and zero point -128, within the unit that the fixed point is off."""
    return np.clip(np.round(256 / (1 + np.exp(-0.05 * x.astype(float)))) - 128, -128, 127).astype(np.int8)


def tanh(x: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.clip(np.round(128 * np.tanh(0.05 * x.astype(float))), -128, 127).astype(np.int8)


def window(x: NDArray[np.int8]) -> NDArray[np.int8]:
    return x[1:3, 0:2]


CASES: list[tuple[str, Build, Change, Expected]] = [
    ("ADD", pair("ADD"), tensor(2, scale=0.05 * 2.0**-20), DIED),
    ("SUB", pair("SUB"), tensor(2, scale=0.05 * 2.0**-20), DIED),
    ("ARG_MAX", arg_max, tensor(1, dtype="int64"), REFUSED),
    ("ARG_MAX", arg_max, tensor(2, dtype="int64", data=bytes(8)), REFUSED),
    ("AVERAGE_POOL_2D", pool("AVERAGE_POOL_2D"), tensor(1, scale=0.5), REFUSED),
    ("AVERAGE_POOL_2D", pool("AVERAGE_POOL_2D"), tensor(1, zero_point=3), REFUSED),
    ("MAX_POOL_2D", pool("MAX_POOL_2D"), tensor(1, scale=0.5), REFUSED),
    ("MAX_POOL_2D", pool("MAX_POOL_2D"), tensor(1, zero_point=3), REFUSED),
    ("REDUCE_MAX", largest, tensor(2, scale=0.5), REFUSED),
    ("REDUCE_MAX", largest, tensor(2, zero_point=3), REFUSED),
    ("BATCH_MATMUL", matmul_of_six, nothing, REFUSED),
    ("BROADCAST_TO", broadcast_to_six, nothing, REFUSED),
    ("TRANSPOSE", axes("TRANSPOSE", SIX, [5, 4, 3, 2, 1, 0], out=SIX[::-1]), nothing, REFUSED),
    ("SLICE", axes("SLICE", SIX, [0] * 6, [1] * 6, out=(1,) * 6), nothing, DIED),
    ("STRIDED_SLICE", axes("STRIDED_SLICE", FIVE, [0] * 5, list(FIVE), [1] * 5), nothing, REFUSED),
    ("STRIDED_SLICE", strided(ellipsis_mask=2), nothing, window),
    ("STRIDED_SLICE", strided(new_axis_mask=1), nothing, window),
    ("STRIDED_SLICE", strided(offset=1), nothing, window),
    ("CONCATENATION", concat(2), tensor(1, scale=0.5), REFUSED),
    ("CONCATENATION", concat(2), tensor(1, zero_point=3), REFUSED),
    ("CONCATENATION", concat(2), options(fused_activation_function="RELU"), REFUSED),
    ("CONCATENATION", concat(11), nothing, REFUSED),
    ("GATHER", gather([0, 3]), nothing, REFUSED),
    ("GATHER", gather([-1, 0]), nothing, REFUSED),
    ("GATHER", gather([0, 1], batch_dims=1), tensor(2, shape=(2,)), lambda x: x[[0, 1], [0, 1]]),
    ("GATHER_ND", axes("GATHER_ND", (2, 3), [[1, 3]], out=(1,)), nothing, REFUSED),
    ("REVERSE_V2", axes("REVERSE_V2", (2, 3, 2), [0, 2]), nothing, REFUSED),
    ("HARD_SWISH", single("HARD_SWISH", 0.05 / 129, 0), nothing, REFUSED),
    ("LOGISTIC", single("LOGISTIC", 1 / 256, 5), nothing, REFUSED),
    ("LOGISTIC", single("LOGISTIC", 1 / 64, -128), nothing, logistic),
    ("TANH", single("TANH", 1 / 64, 5), nothing, tanh),
    ("MINIMUM", pair("MINIMUM"), tensor(1, scale=0.2), np.minimum),
    ("MAXIMUM", pair("MAXIMUM"), tensor(1, scale=0.2), np.maximum),
    ("MIRROR_PAD", mirrored, options(absent=True), lambda x: np.pad(x, [(2, 1)], "symmetric")),
    ("RELU6", single("RELU6", 0.1, 0), nothing, lambda x: np.clip(x, 0, 120)),
    ("RESIZE_BILINEAR", bilinear(3, 5, align_corners=True, half_pixel_centers=True), nothing, REFUSED),
    ("RSQRT", single("RSQRT", 0.05, 0), nothing, REFUSED),
    ("SOFTMAX", softmax, tensor(1, scale=1 / 128), REFUSED),
    ("SOFTMAX", softmax, tensor(1, zero_point=0), REFUSED),
    ("PACK", packed, tensor(1, scale=0.5), lambda a, b: np.stack([a, b])),
    *(case for limits in every("LIMITS") for case in limits),
]
"""Kind, a model of it, what is spoilt, and what the real interpreter makes of that."""

ELSEWHERE = {"ELU", "RESIZE_BILINEAR", "RSQRT", "SPACE_TO_BATCH_ND"}
"""Sentences about floating point, reads behind the image and memory never set; the ops refuse those cases one
by one."""


@pytest.mark.parametrize(("kind", "build", "change", "expected"), CASES)
def test_limit(kind: str, build: Build, change: Change, expected: Expected) -> None:
    net = Net(5)
    ins, out = build(net)
    change(net.model)
    data = net.model.finish(ins, [out])
    with pytest.raises(ModelError):
        parse_model(data, "model")
    random = np.random.default_rng(4)
    inputs = [random.integers(-128, 128, net.shape(x)).astype(np.int8) for x in ins]
    found = outcome(data, inputs, 1)
    if isinstance(expected, str):
        assert found == expected
    else:
        assert not isinstance(found, str)
        wanted = expected(*inputs)
        assert np.abs(found[0].reshape(wanted.shape).astype(int) - wanted).max() <= (
            kind in ("LOGISTIC", "TANH")
        )


def test_every_sentence_is_shown() -> None:
    silent = {kind for kind, op in REGISTRY.classes.items() if op.tflite_micro == "the same"}
    assert {kind for kind, *_ in CASES} - {"PACK"} | ELSEWHERE == set(REGISTRY.classes) - silent
