"""The plain C twins of the kernels for MAC16: the reference's bytes, nowhere else, over their input, too.

The same cases run on the emulated core in tests/emulated/test_mac16_kernels.py.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from codegen.numerics.halfword_filters import halfword_filters, packable
from tests.codegen.ops.c_kernels import FLAGS, Case, run_in_library, run_sanitized
from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.mac16_cases import (
    KINDS,
    drawn,
    drawn_cases,
    functions,
    hostile_cases,
    without_table_form,
)
from tests.codegen.ops.test_access_order import check_orders

WITHOUT_SCRATCH = ("average_pool_2d_lanes.h", "max_pool_2d_lanes.h")

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def check(cases: list[Case], folder: Path) -> None:
    assert cases
    for case, outputs in zip(cases, run_in_library(cases, folder), strict=True):
        np.testing.assert_array_equal(
            outputs[0], case.expected[0], err_msg=f"{case.call.function} {dict(case.call.params)}"
        )


def lengths_of_rows(cases: list[Case]) -> set[object]:
    """Of all kernels that make their outputs of rows of numbers."""
    return {case.call.params["row"] for case in cases if "row" in case.call.params}


def test_hostile_shapes(tmp_path: Path) -> None:
    """All kernels, all forms of output, in strips and bands with and without a rest."""
    cases = hostile_cases()
    assert {case.call.function for case in cases} == functions()
    assert lengths_of_rows(cases) == {5, 7}
    check(cases, tmp_path)


def test_their_outputs_may_lie_over_their_inputs(tmp_path: Path) -> None:
    check_orders(hostile_cases(), tmp_path)


@pytest.mark.parametrize("scaled", [False, True], ids=["signed", "scaled"])
def test_forms_that_few_layers_need(scaled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed table form where the unsigned one would do; some channels without any."""
    without_table_form(monkeypatch)
    if scaled:
        from codegen.ops import weighted

        solve = weighted.signed_table_form

        def some(*arguments: object) -> object:
            form = solve(*arguments)  # type: ignore[arg-type]
            form.fits[3::9] = False
            return form

        monkeypatch.setattr(weighted, "signed_table_form", some)
    cases = hostile_cases()
    assert lengths_of_rows(cases) == {7}
    tables = [table for case in cases for table in case.call.tables if table.suffix == "rows"]
    rows = [row for table in tables for row in table.values]
    assert any(row[1] > row[2] for row in rows) or not scaled
    assert any(row[4] < 0 for row in rows)
    check(cases, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_layers(kind: str, tmp_path: Path) -> None:
    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(drawn(kind, 15))
    def equal(layers: list[Layer]) -> None:
        cases = drawn_cases(layers)
        if cases:
            check(cases, tmp_path)
            check_orders(cases, tmp_path)

    equal()


@pytest.mark.slow
def test_under_sanitizers(tmp_path: Path) -> None:
    cases = hostile_cases()
    assert run_sanitized(cases, tmp_path) == [0] * len(cases)


def test_filters_come_out_as_they_were() -> None:
    random = np.random.default_rng(4)
    matrix = random.integers(-127, 128, (50, 30)).astype(np.int8)
    matrix[:2] = [[-127], [127]]
    assert packable(matrix)
    assert not packable(np.array([[-128]], np.int8))
    for in_order in (True, False):
        words = halfword_filters(matrix, in_order).astype(np.int64) & 0xFFFFFFFF
        halves = np.stack(
            [(words & 0x00FF00FF) - 0x007F007F, ((words >> 8) & 0x00FF00FF) - 0x007F007F], axis=2
        )
        found = np.stack([halves & 0xFFFF, (halves >> 16) & 0xFFFF], axis=3).astype(np.uint16).view(np.int16)
        four = found.reshape(50, -1, 4)
        wanted = np.zeros((50, 32), np.int16)
        wanted[:, :30] = matrix
        groups = wanted.reshape(50, -1, 4)
        np.testing.assert_array_equal(four, groups if in_order else groups[..., [0, 2, 1, 3]])


def test_scratch_bytes_are_those_of_the_kernels_siblings(tmp_path: Path) -> None:
    """The planner asks Python, who writes C by hand asks the header: one answer."""
    siblings = {
        "tfk_conv_2d_strips_params": "tfk_conv_2d_strips_s8_scratch_bytes",
        "tfk_fully_connected_halfwords_params": "tfk_fully_connected_halfwords_s8_scratch_bytes",
        "tfk_batch_matmul_strips_params": "tfk_batch_matmul_strips_s8_scratch_bytes",
        "tfk_conv_2d_lines_params": "tfk_conv_2d_lines_s8_scratch_bytes",
        "tfk_depthwise_conv_2d_bands_params": "tfk_depthwise_conv_2d_bands_s8_scratch_bytes",
        "tfk_depthwise_conv_2d_5x5_params": "tfk_depthwise_conv_2d_5x5_s8_scratch_bytes",
    }
    padded = "tfk_depthwise_conv_2d_padded_s8"
    cases = [case for case in hostile_cases() if case.call.header not in WITHOUT_SCRATCH]
    lines = [f'#include "{header}"' for header in sorted({case.call.header for case in cases})]
    lines += ["#include <stdio.h>", "int main(void)", "{"]
    for case in cases:
        fields = ", ".join(f".{key} = {_written(value)}" for key, value in case.call.params.items())
        struct, function = case.call.struct, case.call.function
        sibling = f"{padded}_scratch_bytes" if function == padded else siblings[struct]
        lines.append(f'    {{ const {struct} p = {{{fields}}}; printf("%d\\n", {sibling}(&p)); }}')
    source, program = tmp_path / "ask.c", tmp_path / "ask"
    source.write_text("\n".join([*lines, "    return 0;", "}", ""]), encoding="utf-8")
    subprocess.run(["gcc", *FLAGS, str(source), "-o", str(program)], check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    assert [int(line) for line in said.split()] == [case.scratch_bytes for case in cases]


def _written(value: int | tuple[int, ...]) -> str:
    return str(value) if isinstance(value, int) else f"{{{', '.join(map(str, value))}}}"
