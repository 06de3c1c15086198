"""QUANTIZE by a table: all 256 outputs, in C as well; short layers keep their arithmetic."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.graph import Graph
from codegen.kernels.lookup import LEAST
from codegen.lowering.target import Target
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import cases_of, run_in_library
from tests.toys.layers import Net

LOOKUP, SCALED = "tfk_lookup_s8", "tfk_quantize_s8_s8"


def quantized(elements: int, scale: float = 0.031, zero_point: int = 7) -> Graph:
    """A graph of one QUANTIZE of a vector."""
    net = Net(1)
    x = net.input(1, elements, zero_point=-3, scale=0.02)
    return parse_model(net.model.finish([x], [net.quantize(x, scale, zero_point)]), "quantized")


def functions(graph: Graph) -> list[str]:
    return [candidate.function for candidate in graph.lowered(graph.ops[0]).candidates]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_c_makes_the_bytes_of_the_reference(tmp_path: Path) -> None:
    values = [np.arange(-128, 128, dtype=np.int8).reshape(1, 256)]
    scales = ((0.031, 7), (0.0011, -128), (0.4, 127), (0.02, 0))
    cases = [case for numbers in scales for case in cases_of(quantized(256, *numbers), values)]
    assert {case.call.function for case in cases} == {LOOKUP}
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        for found in outputs:
            np.testing.assert_array_equal(found, case.expected[0])


def test_who_takes_a_table() -> None:
    graph = quantized(LEAST)
    assert functions(graph) == [LOOKUP, SCALED]
    assert functions(quantized(LEAST - 1)) == [SCALED]
    assert functions(replace(graph, target=Target(goal="size"))) == [SCALED]
