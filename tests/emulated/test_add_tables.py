"""ADD by two tables on the emulated core: tails, addresses, scales, saturation, every pair of inputs, and how
far its loads run ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.kernels.add_tables import LEAST
from codegen.lowering.target import Target
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import Case, cases_of
from tests.cost.forced import Forced
from tests.emulated.disassembly import Instruction, functions_of, load_distances, loops
from tests.emulated.kernel_program import build, disassembly, run, runs_of, source
from tests.emulated.needs import skip_without_mac16
from tests.toys.layers import Net

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

TABLES = "tfk_add_tables_s8"
Points = tuple[int, int, int]
Scales = tuple[float, float, float]

USUAL: Scales = (0.164000247, 0.280651582, 0.300605204)
HOSTILE: tuple[tuple[Scales, Points], ...] = (
    (USUAL, (3, -128, -5)),
    (USUAL, (-128, 127, 127)),
    ((0.9130144, 0.000731, 0.7110511), (0, 0, 0)),  # the second input hardly counts
    ((0.000731, 0.9130144, 0.7110511), (127, -128, -128)),
    ((0.1633554, 0.0913141, 0.0211001), (17, -9, 4)),  # seven outputs of eight are -128 or 127
    ((0.0013355, 0.0009131, 0.9300115), (-128, 127, 60)),  # nearly every output is the zero point
)
"""Scales of both inputs and the output, and their zero points."""


@pytest.fixture(autouse=True)
def _tools() -> None:
    skip_without_mac16()


def added(scales: Scales, points: Points, values: NDArray[np.int8], activation: str = "NONE") -> Case:
    """One ADD by tables of equal shapes. values: of both inputs, [2, elements]."""
    net, elements = Net(1), values.shape[1]
    a, b = (
        net.input(1, 1, elements, 1, zero_point=point, scale=scale)
        for scale, point in zip(scales[:2], points[:2], strict=True)
    )
    y = net.binary("ADD", a, b, scales[2], points[2], fused_activation_function=activation)
    target = Target("xtensa", prices=Forced((TABLES,)))
    graph = replace(parse_model(net.model.finish([a, b], [y]), "added"), target=target)
    (case,) = cases_of(graph, list(values.reshape(2, 1, 1, elements, 1)))
    return case


def drawn(elements: int) -> NDArray[np.int8]:
    """Any values."""
    return np.random.default_rng(elements).integers(-128, 128, (2, elements)).astype(np.int8)


def hostile_cases() -> Iterator[Case]:
    """Every tail at every start, at each of the scales; limits that the loop of fours does not know."""
    extremes = np.random.default_rng(7).choice([-128, 127], (2, LEAST + 5)).astype(np.int8)
    for scales, points in HOSTILE:
        for tail in range(4):
            yield added(scales, points, drawn(LEAST + tail))
        yield added(scales, points, extremes)
    for activation in ("RELU", "RELU6"):
        yield added(USUAL, (3, -128, -5), drawn(LEAST + 3), activation)


def test_hostile_layers(tmp_path: Path) -> None:
    """Also with the output in the place of either input."""
    cases = list(hostile_cases())
    assert {case.call.function for case in cases} == {TABLES}
    assert all(case.in_place == (0, 1) for case in cases)
    assert run(build(source(cases), tmp_path)) == [0] * runs_of(cases)


def test_every_pair_of_inputs(tmp_path: Path) -> None:
    values = np.arange(-128, 128)
    pairs = np.stack(np.meshgrid(values, values, indexing="ij")).astype(np.int8).reshape(2, -1)
    case = added(*HOSTILE[0], pairs)
    assert case.call.function == TABLES
    assert run(build(source([case]), tmp_path)) == [0] * runs_of([case])


def test_no_loaded_value_is_used_by_the_next_instruction(tmp_path: Path) -> None:
    """In the loop of four outputs, as add_tables_mac16.h says."""
    elf = build(source([added(*HOSTILE[0], drawn(LEAST))]), tmp_path)
    text = disassembly(elf)
    fours = [body for _, code in functions_of(text) for body in loops(code) if clamped(body)]
    assert fours
    for body in fours:
        assert len(body) == 43
        assert min(load_distances(body)) >= 2


def clamped(body: list[Instruction]) -> bool:
    """True for the loop that makes four outputs."""
    return sum(one.mnemonic == "clamps" for one in body) == 4
