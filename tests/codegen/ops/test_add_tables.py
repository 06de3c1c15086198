"""ADD by two tables: exact for every pair of inputs, in C as well, and left alone where it can't be exact."""

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
from codegen.numerics.sum_tables import FRACTION, sum_tables
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import KERNELS, Case, cases_of, run_in_library
from tests.cost.forced import Forced
from tests.toys.layers import Net

TABLES, SCALED = "tfk_add_tables_s8", "tfk_add_s8"
VALUES = np.arange(-128, 128)
PAIRS = np.stack(np.meshgrid(VALUES, VALUES, indexing="ij")).astype(np.int8).reshape(2, 1, 256, 256, 1)
IRREGULAR = (0.164000247, 0.280651582, 0.300605204)
"""Scales without a small common measure, as training leaves them."""
SCALE = st.floats(0.002, 0.3)
POINT = st.integers(-128, 127)


def added(
    scales: tuple[float, float, float],
    points: tuple[int, int, int] = (3, -128, -5),
    activation: str = "NONE",
    pixels: int = 256 * 256,
) -> Graph:
    """A graph of one ADD for a core that has tables, which it takes where it can."""
    net = Net(1)
    a, b = (
        net.input(1, pixels // 256, 256, 1, zero_point=point, scale=scale)
        for scale, point in zip(scales[:2], points[:2], strict=True)
    )
    y = net.binary("ADD", a, b, scales[2], points[2], fused_activation_function=activation)
    target = Target("xtensa", prices=Forced((TABLES,)))
    return replace(parse_model(net.model.finish([a, b], [y]), "added"), target=target)


def functions(graph: Graph) -> list[str]:
    return [candidate.function for candidate in graph.lowered(graph.ops[0]).candidates]


def every_pair(graph: Graph) -> Case:
    (case,) = cases_of(graph, list(PAIRS))
    return case


def outputs_of(case: Case, low: int, high: int) -> np.ndarray:
    """What the tables in a call make of every pair."""
    a, b = (np.roll(table.values.astype(np.int64), 128) for table in case.call.tables)
    return np.clip((a[:, None] + b) >> FRACTION, low, high)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.tuples(SCALE, SCALE, SCALE), st.tuples(POINT, POINT, POINT), st.sampled_from(["NONE", "RELU", "RELU6"])
)
def test_tables_are_exact_or_there_are_none(
    scales: tuple[float, float, float], points: tuple[int, int, int], activation: str
) -> None:
    case = every_pair(added(scales, points, activation))
    if case.call.function == TABLES:
        low, high = case.call.params["activation_min"], case.call.params["activation_max"]
        assert isinstance(low, int)
        assert isinstance(high, int)
        np.testing.assert_array_equal(outputs_of(case, low, high).reshape(-1), case.expected[0].reshape(-1))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_c_makes_the_bytes_of_the_reference(tmp_path: Path) -> None:
    """Every pair of inputs; the output in a place of its own, and in that of either input."""
    cases = [
        every_pair(added(scales, points, activation))
        for scales, points, activation in (
            (IRREGULAR, (3, -128, -5), "NONE"),
            ((0.006925235, 0.244354531, 0.278302438), (0, 27, 120), "RELU"),
            ((0.163355443, 0.091314143, 0.130011502), (-128, -128, -128), "RELU6"),
        )
    ]
    assert {case.call.function for case in cases} == {TABLES}
    assert all(case.in_place == (0, 1) for case in cases)
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        for found in outputs:
            np.testing.assert_array_equal(found, case.expected[0])


def test_who_takes_tables() -> None:
    """Not plain C, for which nobody counted them; not short layers, whose tables cost more than they save."""
    graph = added(IRREGULAR)
    assert functions(graph) == [TABLES, SCALED]
    assert functions(replace(graph, target=Target())) == [SCALED]
    assert functions(replace(graph, target=Target("xtensa-mac16"))) == [SCALED, TABLES], "without a price"
    assert functions(replace(graph, target=Target("xtensa", "size"))) == [SCALED]
    assert functions(added(IRREGULAR, pixels=1024)) == [TABLES, SCALED]
    assert functions(added(IRREGULAR, pixels=768)) == [SCALED]


def test_ties_on_both_sides_of_zero_have_no_tables() -> None:
    """TFLite-Micro rounds them away from zero, a table all one way."""
    assert functions(added((0.05, 0.03, 0.06))) == [SCALED]


def test_one_output_off_and_there_are_no_tables() -> None:
    terms = np.arange(256, dtype=np.int64)
    wanted = np.clip((terms[:, None] + terms) // 2 - 128, -128, 127)
    assert sum_tables(terms, terms, 0.5, wanted, -128, 127) is not None
    wanted[100, 100] += 1
    assert sum_tables(terms, terms, 0.5, wanted, -128, 127) is None
    assert sum_tables(terms, terms, 40.0, np.full((256, 256), 127), -128, 127) is None, "beyond 32 bits"


def test_the_header_has_the_fraction() -> None:
    text = (KERNELS / "add_tables.h").read_text(encoding="utf-8")
    assert f"TFK_SUM_FRACTION = {FRACTION} " in text
