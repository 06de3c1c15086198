"""MUL without wide products: exact for every pair of inputs, in C as well, or left alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.graph import Graph
from codegen.lowering.target import Target
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import Case, cases_of, run_in_library, run_sanitized
from tests.cost.forced import Forced
from tests.toys.layers import Net

SIGNED, SCALED = "tfk_mul_signed_s8", "tfk_mul_s8"
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


def multiplied(
    scales: tuple[float, float, float], points: tuple[int, int, int], activation: str = "NONE"
) -> Graph:
    """A graph of one MUL of all pairs, for a core that has the kernel, which it takes where it can."""
    net = Net(1)
    a, b = (
        net.input(1, 256, 256, 1, zero_point=point, scale=scale)
        for scale, point in zip(scales[:2], points[:2], strict=True)
    )
    y = net.binary("MUL", a, b, scales[2], points[2], fused_activation_function=activation)
    target = Target("xtensa", prices=Forced((SIGNED,)))
    return replace(parse_model(net.model.finish([a, b], [y]), "multiplied"), target=target)


def functions(graph: Graph) -> list[str]:
    return [candidate.function for candidate in graph.lowered(graph.ops[0]).candidates]


def every_pair(graph: Graph) -> Case:
    (case,) = cases_of(graph, list(PAIRS))
    return case


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_c_makes_the_bytes_of_the_reference(tmp_path: Path) -> None:
    """Every pair of inputs; the output in a place of its own, and in that of either input."""
    cases = [every_pair(multiplied(*numbers)) for numbers in HOSTILE]
    assert {case.call.function for case in cases} == {SIGNED}
    assert all(case.in_place == (0, 1) for case in cases)
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        for found in outputs:
            np.testing.assert_array_equal(found, case.expected[0])
    assert run_sanitized(cases, tmp_path) == [0] * len(cases)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.tuples(*[st.floats(0.002, 0.3)] * 3), st.tuples(*[st.integers(-128, 127)] * 3),
    st.sampled_from(["NONE", "RELU", "RELU6"]),
)  # fmt: skip
def test_numbers_are_exact_or_there_are_none(
    scales: tuple[float, float, float], points: tuple[int, int, int], activation: str
) -> None:
    case = every_pair(multiplied(scales, points, activation))
    if case.call.function != SIGNED:
        return
    p = case.call.params
    a, b = (PAIRS[n].reshape(-1).astype(np.int64) - points[n] for n in range(2))
    product = np.clip(a * b, p["least"], p["most"])
    constant = np.where(product < 0, p["minus"], p["plus"])
    sums = product * p["high"] + ((product * p["low"]) >> 11) + constant
    np.testing.assert_array_equal(sums.astype(np.int32) >> 24, case.expected[0].reshape(-1))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_shapes_that_broadcast(tmp_path: Path) -> None:
    """Gates of channels, of pixels and of a constant, odd sizes."""
    cases = []
    for shape, other in (
        ((1, 5, 7, 6), (1, 1, 1, 6)),
        ((1, 5, 7, 6), (1, 5, 7, 1)),
        ((2, 3, 1, 5), (1, 1, 4, 1)),
    ):
        net = Net(2)
        a = net.input(*shape, zero_point=4, scale=0.05)
        b = net.input(*other, zero_point=-128, scale=1 / 256)
        y = net.binary("MUL", a, b, 0.04, -3)
        graph = parse_model(net.model.finish([a, b], [y]), "broadcast")
        random = np.random.default_rng(3)
        inputs = [random.integers(-128, 128, size).astype(np.int8) for size in (shape, other)]
        cases += cases_of(replace(graph, target=Target("xtensa", prices=Forced((SIGNED,)))), inputs)
    assert {case.call.function for case in cases} == {SIGNED}
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        for found in outputs:
            np.testing.assert_array_equal(found, case.expected[0])


def test_who_takes_it() -> None:
    """Not plain C, for which nobody counted it; not layers without such numbers."""
    graph = multiplied(*HOSTILE[0])
    assert functions(graph) == [SIGNED, SCALED]
    assert functions(replace(graph, target=Target())) == [SCALED]
    assert functions(replace(graph, target=Target("xtensa-mac16"))) == [SCALED, SIGNED], "without a price"
    assert functions(replace(graph, target=Target("xtensa", "size"))) == [SCALED]
    assert functions(multiplied((0.3, 0.3, 0.01), (0, 0, 0))) == [SCALED], "it grows"
