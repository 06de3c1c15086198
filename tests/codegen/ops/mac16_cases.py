"""Cases of the kernels for one core alone: every candidate of a layer that only Xtensa cores have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from codegen.cores import PLAIN
from codegen.graph import Graph
from codegen.lowering.kernel import kernels_of
from codegen.lowering.target import Target
from codegen.ops import batch_matmul
from codegen.ops.convolution import ConvolutionConstants
from codegen.ops.fully_connected import FullyConnectedLayer
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import Case, cases_of
from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.drawn import LAYERS
from tests.codegen.ops.pool_cases import ACTIVATIONS, pools
from tests.toys.layers import Net

CORE = "xtensa-mac16"
KINDS = (
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "BATCH_MATMUL",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
)


def functions() -> frozenset[str]:
    """The kernels that only this core has, or others of its kind."""
    return frozenset(k.function for kind in KINDS for k in kernels_of(kind) if k.core != PLAIN)


def mac16_cases(graph: Graph, inputs: Sequence[NDArray[Any]]) -> Iterator[Case]:
    """Each layer of a model with each of those kernels that takes it."""
    aimed, alone = replace(graph, target=Target(CORE)), functions()
    for case in cases_of(graph, inputs):
        (op,) = (op for op in aimed.ops if op.outputs == case.call.outputs)
        for candidate in aimed.lowered(op).candidates:
            if candidate.function in alone:
                yield replace(case, call=candidate.call, scratch_bytes=candidate.scratch_bytes, in_place=())


def drawn(kind: str, count: int) -> st.SearchStrategy[list[Layer]]:
    """Lists of drawn layers that the reader takes."""
    return st.lists(LAYERS[kind], min_size=count, max_size=count)


def drawn_cases(layers: Sequence[Layer]) -> list[Case]:
    """Of drawn layers."""
    return [case for layer in layers for case in mac16_cases(parse_model(layer.model, "drawn"), layer.inputs)]


POINTWISE = (
    (1, 1, 8, 16),
    (1, 2, 4, 7),
    (2, 1, 5, 9),
    (5, 7, 3, 5),
    (6, 6, 128, 10),
    (3, 3, 132, 9),
    (1, 2, 260, 4),
    (9, 11, 24, 13),
)
"""Height, width, input and output channels: around the longest unrolled row, odd ones, one pixel, vectors of
one and two words."""
STEEP = ((2, 3, 132, 5), (1, 2, 260, 4), (3, 3, 12, 5), (3, 2, 40, 6))
"""The same, for linear outputs of many steps: their rows are turned."""
SQUARE = ((7, 9, 1, 8, 2), (8, 6, 3, 7, 1), (5, 5, 20, 4, 1), (6, 8, 4, 6, 2))
"""And strides of 3x3."""
WIDE = ((9, 8, 2, 1, 7, 1), (5, 5, 2, 3, 7, 1), (8, 11, 6, 2, 5, 2), (7, 7, 4, 1, 5, 1), (6, 9, 3, 2, 4, 2))
"""And sides of other windows, then their strides."""
DEPTHWISE = (
    (1, 1, 5, 1),
    (7, 5, 9, 1),
    (8, 8, 16, 2),
    (11, 13, 7, 2),
    (6, 6, 128, 1),
    (3, 4, 1, 1),
    (48, 5, 3, 1),
    (5, 7, 8, 1),
    (9, 11, 4, 2),
    (3, 1, 4, 1),
)
"""Height, width, channels, stride."""
MULTIPLIED = (
    (5, 6, 3, 2, 1),
    (7, 7, 4, 3, 2),
    (4, 9, 1, 8, 2),
    (5, 12, 1, 4, 1),
    (7, 16, 1, 3, 2),
)
"""Height, width, channels, outputs of each, stride."""
FIVES = (
    (1, 1, 4, 1, 1),
    (2, 3, 4, 1, 1),
    (5, 5, 8, 1, 1),
    (7, 6, 5, 1, 1),
    (9, 24, 12, 1, 1),
    (31, 5, 4, 1, 1),
    (6, 7, 3, 2, 1),
    (9, 8, 1, 6, 1),
    (1, 2, 6, 1, 2),
    (8, 8, 4, 1, 2),
    (11, 13, 7, 1, 2),
    (32, 10, 8, 1, 2),
    (7, 6, 1, 5, 2),
    (6, 9, 4, 3, 2),
)
"""Height, width, channels, outputs of each, stride of 5x5."""
DENSE = ((1, 1, 1), (1, 9, 5), (2, 64, 12), (3, 7, 3), (1, 130, 4), (1, 515, 2))
"""Vectors, depth, units."""
PRODUCTS = (
    ((1, 1, 1), 0, (False, False), None),
    ((5, 3, 2), 0, (False, False), None),
    ((7, 12, 9), 2, (False, True), None),
    ((4, 25, 6), 3, (True, False), None),
    ((3, 132, 11), 0, (True, True), None),
    ((2, 150, 70), 2, (False, False), None),
    ((6, 9, 5), 2, (False, True), 1),
    ((5, 7, 4), 3, (True, False), 0),
)
"""Rows, depth and columns; matrices a batch, 0 for no batch; which one is stored transposed; which one is
constant. One needs several strips."""


def hostile_cases() -> list[Case]:
    """Fixed shapes, random numbers: tails, odd sizes, one pixel, strips and bands, extreme offsets."""
    cases: list[Case] = []
    number = 0
    for zero_point in (-128, 127, 3):
        for height, width, channels, outputs in POINTWISE:
            number += 1
            net = Net(number)
            x = net.input(2, height, width, channels, zero_point=zero_point)
            cases += _cases(net, x, net.conv(x, outputs, kernel=(1, 1), **_output(number)))
        for height, width, channels, outputs in STEEP:
            number += 1
            net = Net(number)
            x = net.input(1, height, width, channels, zero_point=zero_point)
            steep: dict[str, Any] = {"activation": "NONE", "zero_point": number % 60 - 30, "scale": 0.004}
            cases += _cases(net, x, net.conv(x, outputs, kernel=(1, 1), **steep))
        for height, width, channels, outputs, stride in SQUARE:
            number += 1
            net = Net(number)
            x = net.input(1, height, width, channels, zero_point=zero_point)
            cases += _cases(net, x, net.conv(x, outputs, kernel=(3, 3), stride=stride, **_output(number)))
        for height, width, channels, outputs, side, stride in WIDE:
            number += 1
            net = Net(number)
            x = net.input(1 + number % 2, height, width, channels, zero_point=zero_point)
            y = net.conv(x, outputs, kernel=(side, side), stride=stride, **_output(number))
            cases += _cases(net, x, y)
        for height, width, channels, stride in DEPTHWISE:
            number += 1
            net = Net(number)
            x = net.input(1, height, width, channels, zero_point=zero_point)
            cases += _cases(net, x, net.depthwise(x, stride=stride, **_output(number)))
        for height, width, channels, multiplier, stride in MULTIPLIED:
            number += 1
            net = Net(number)
            x = net.input(2, height, width, channels, zero_point=zero_point)
            output = _output(number)
            cases += _cases(net, x, net.depthwise(x, multiplier=multiplier, stride=stride, **output))
        for height, width, channels, multiplier, stride in FIVES:
            number += 1
            net = Net(number)
            x = net.input(1 + number % 2, height, width, channels, zero_point=zero_point)
            form: dict[str, Any] = {"kernel": (5, 5), "stride": stride, **_output(number)}
            if min(height, width) >= 5 and number % 3 == 0:
                form["padding"] = "VALID"
            cases += _cases(net, x, net.depthwise(x, multiplier=multiplier, **form))
            if channels == 1:
                cases += _cases(net, x, net.conv(x, multiplier, **form))
        for vectors, depth, units in DENSE:
            number += 1
            net = Net(number)
            x = net.input(vectors, depth, zero_point=zero_point)
            output = _output(number) or {"activation": "RELU", "zero_point": -128}
            cases += _cases(net, x, net.dense(x, units, **output))
        for sizes, batch, turned, constant in PRODUCTS:
            number += 1
            cases += _products(Net(number), sizes, batch, turned, constant, zero_point)
        cases += pool_cases(zero_point, number, (ACTIVATIONS[number % len(ACTIVATIONS)],))
    return cases


def pool_cases(zero_point: int, seed: int, activations: tuple[str, ...] = ACTIVATIONS) -> list[Case]:
    """Pools by lanes of each shape of tests/codegen/ops/pool_cases.py."""
    return [case for net, x, y in pools(zero_point, seed, activations) for case in _cases(net, x, y)]


def _products(
    net: Net,
    sizes: tuple[int, int, int],
    batch: int,
    turned: tuple[bool, bool],
    constant: int | None,
    zero_point: int,
) -> Iterator[Case]:
    """A BATCH_MATMUL of two activations with zero points of their own, or with a constant that all matrices
    share."""
    rows, depth, columns = sizes
    pair: list[int] = []
    for side, matrix in enumerate(((rows, depth), (depth, columns))):
        stored = matrix[::-1] if turned[side] else matrix
        if side == constant:
            pair.append(net.constant(*stored, scale=0.03, zero_point=zero_point // 2))
        else:
            front = (batch,) if batch else ()
            pair.append(
                net.input(
                    *front, *stored, scale=0.03, zero_point=zero_point if side else 127 - abs(zero_point)
                )
            )
    y = net.product(pair[0], pair[1], turned, 0.01 * depth**0.5, -5)
    return _cases(net, [x for side, x in enumerate(pair) if side != constant], y)


def _output(number: int) -> dict[str, Any]:
    """Every second layer is linear: its zero point lies inside the range of outputs."""
    return {"activation": "NONE", "zero_point": number % 60 - 30, "scale": 0.03} if number % 2 else {}


def _cases(net: Net, x: int | Sequence[int], y: int) -> Iterator[Case]:
    graph = parse_model(net.model.finish([x] if isinstance(x, int) else list(x), [y]), "hostile")
    random = np.random.default_rng(9)
    inputs = [random.integers(-128, 128, graph.tensor(at).shape).astype(np.int8) for at in graph.inputs]
    return mac16_cases(graph, inputs)


def without_table_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed table form where the unsigned one would do."""
    monkeypatch.setattr(ConvolutionConstants, "_form", None)
    monkeypatch.setattr(FullyConnectedLayer, "_form", None)
    monkeypatch.setattr(batch_matmul, "row_form", lambda layer, reach: None)
    monkeypatch.setattr(batch_matmul, "solved_row", batch_matmul.solved_row.__wrapped__)
