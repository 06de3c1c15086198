"""Cases of the kernels of MUL without wide products: every pair of inputs, and shapes that broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from codegen.graph import Graph
from codegen.lowering.target import Target
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import Case, cases_of
from tests.cost.forced import Forced
from tests.toys.layers import Net

SIGNED, SCALED, LINES = "tfk_mul_signed_s8", "tfk_mul_s8", "tfk_mul_lines_s8"
VALUES = np.arange(-128, 128)
PAIRS = np.stack(np.meshgrid(VALUES, VALUES, indexing="ij")).astype(np.int8).reshape(2, 1, 256, 256, 1)
HOSTILE = (
    ((0.0235, 0.00390625, 0.0212), (-128, -128, -128), "NONE"),
    ((0.0235, 0.00390625, 0.0212), (3, -128, -5), "RELU6"),
    ((0.01, 0.02, 0.0009), (127, -128, 127), "NONE"),
    ((0.05, 0.05, 0.0058), (0, 0, 0), "RELU"),
    ((0.3, 0.3, 0.31), (-7, 120, 60), "RELU_N1_TO_1"),
    ((0.002, 0.002, 0.3), (-128, 127, 9), "NONE"),
)
"""Scales and zero points of both inputs and the output; the activation."""
BROADCAST = (
    ((1, 5, 7, 6), (1, 1, 1, 6)),
    ((1, 5, 7, 6), (1, 5, 7, 1)),
    ((1, 3, 4, 8), (1, 3, 4, 1)),
    ((2, 2, 3, 5), (2, 1, 1, 5)),
    ((1, 2, 2, 3), (1, 2, 2, 1)),
    ((1, 1, 3, 1), (1, 1, 3, 1)),
    ((3, 2, 2, 7), (1, 1, 1, 1)),
    ((2, 3, 1, 5), (1, 1, 4, 1)),
    ((1, 5, 7, 1), (1, 5, 7, 6)),
)
"""Gates of channels, of pixels and of a constant, odd sizes; at last the gate of pixels comes first."""


def multiplied(
    scales: tuple[float, float, float],
    points: tuple[int, int, int],
    activation: str = "NONE",
    function: str = SIGNED,
) -> Graph:
    """A graph of one MUL of all pairs, for a core that has the kernel, which it takes where it can."""
    net = Net(1)
    a, b = (
        net.input(1, 256, 256, 1, zero_point=point, scale=scale)
        for scale, point in zip(scales[:2], points[:2], strict=True)
    )
    y = net.binary("MUL", a, b, scales[2], points[2], fused_activation_function=activation)
    target = Target("xtensa-mac16" if function == LINES else "xtensa", prices=Forced((function,)))
    return replace(parse_model(net.model.finish([a, b], [y]), "multiplied"), target=target)


def every_pair(graph: Graph) -> Case:
    """Inputs are PAIRS."""
    (case,) = cases_of(graph, list(PAIRS))
    return case


def broadcast_cases(function: str) -> Iterator[Case]:
    """Those of BROADCAST that take a kernel."""
    target = Target("xtensa-mac16" if function == LINES else "xtensa", prices=Forced((function,)))
    for shape, other in BROADCAST:
        net = Net(2)
        a = net.input(*shape, zero_point=4, scale=0.05)
        b = net.input(*other, zero_point=-128, scale=1 / 256)
        graph = parse_model(net.model.finish([a, b], [net.binary("MUL", a, b, 0.04, -3)]), "broadcast")
        random = np.random.default_rng(3)
        inputs = [random.integers(-128, 128, size).astype(np.int8) for size in (shape, other)]
        for case in cases_of(replace(graph, target=target), inputs):
            if case.call.function == function:
                yield case
