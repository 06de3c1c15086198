"""MUL line by line on the emulated core: every pair of inputs, tails, inputs that stand along a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.ops.mul_cases import HOSTILE, LINES, broadcast_cases, every_pair, multiplied
from tests.emulated.kernel_program import build, run, runs_of, source
from tests.emulated.needs import skip_without_mac16

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(autouse=True)
def _tools() -> None:
    skip_without_mac16()


def test_shapes_that_broadcast(tmp_path: Path) -> None:
    """Also with the output in the place of either input."""
    cases = list(broadcast_cases(LINES))
    assert {case.call.function for case in cases} == {LINES}
    assert run(build(source(cases), tmp_path)) == [0] * runs_of(cases)


@pytest.mark.parametrize("numbers", HOSTILE)
def test_every_pair_of_inputs(
    numbers: tuple[tuple[float, float, float], tuple[int, int, int], str], tmp_path: Path
) -> None:
    cases = [every_pair(multiplied(*numbers, LINES))]
    assert cases[0].call.function == LINES
    assert run(build(source(cases), tmp_path)) == [0] * runs_of(cases)
