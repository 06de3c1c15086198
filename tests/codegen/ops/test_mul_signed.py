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
from tests.codegen.ops.c_kernels import run_in_library, run_sanitized
from tests.codegen.ops.mul_cases import (
    BROADCAST,
    HOSTILE,
    LINES,
    PAIRS,
    SCALED,
    SIGNED,
    broadcast_cases,
    every_pair,
    multiplied,
)


def functions(graph: Graph) -> list[str]:
    return [candidate.function for candidate in graph.lowered(graph.ops[0]).candidates]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("function", [SIGNED, LINES])
def test_the_c_makes_the_bytes_of_the_reference(function: str, tmp_path: Path) -> None:
    """Every pair of inputs; the output in a place of its own, and in that of either input."""
    cases = [every_pair(multiplied(*numbers, function)) for numbers in HOSTILE]
    assert {case.call.function for case in cases} == {function}
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
@pytest.mark.parametrize("function", [SIGNED, LINES])
def test_shapes_that_broadcast(function: str, tmp_path: Path) -> None:
    cases = list(broadcast_cases(function))
    assert len(cases) == len(BROADCAST) - (function == LINES), "one's first input stands along its lines"
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        for found in outputs:
            np.testing.assert_array_equal(found, case.expected[0])


def test_who_takes_it() -> None:
    """Not plain C, for which nobody counted it; not layers without such numbers."""
    graph = multiplied(*HOSTILE[0])
    assert functions(graph) == [SIGNED, SCALED]
    assert functions(replace(graph, target=Target())) == [SCALED]
    assert functions(replace(graph, target=Target("xtensa-mac16"))) == [SCALED, SIGNED, LINES], (
        "without a price"
    )
    assert functions(replace(graph, target=Target("xtensa", "size"))) == [SCALED]
    assert functions(multiplied((0.3, 0.3, 0.01), (0, 0, 0))) == [SCALED], "it grows"
