"""Pools by lanes on the emulated core: every shape and activation, at multiples of 4 and elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codegen.ops.mac16_cases import pool_cases
from tests.emulated.kernel_program import build, run, source
from tests.emulated.needs import skip_without_mac16

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ADDRESSES = 3
"""Of one case after the other."""


@pytest.mark.parametrize("zero_point", [-128, 3, 127])
def test_hostile_shapes(zero_point: int, tmp_path: Path) -> None:
    skip_without_mac16()
    cases = [case for case in pool_cases(zero_point, 1) for _ in range(ADDRESSES)]
    assert len(cases) > 200
    assert run(build(source(cases), tmp_path)) == [0] * len(cases)
