"""The C kernels compute the reference's bytes, write nowhere else, and do nothing undefined."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codegen.graph import Graph
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.target import Target
from codegen.ops.weighted import multipliers_of, requantization_tables
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import FLAGS, Case, cases_of, run_in_library, run_sanitized, toy_cases
from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.drawn import LAYERS
from tests.toys.models import TOYS
from tests.toys.sample import sampled

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
DRAWN = [kind for kind in LAYERS if kind not in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")]
"""Those three have no kernel."""


def assert_equal(cases: list[Case], *flags: str, sanitize: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for case, outputs in zip(cases, run_in_library(cases, Path(folder), *flags), strict=True):
            for output, expected in zip(outputs, case.expected, strict=True):
                np.testing.assert_array_equal(output, expected, err_msg=str(case.call.params))
        if sanitize:
            assert run_sanitized(cases, Path(folder)) == [0] * len(cases)


def check_layers(layers: list[Layer], sanitize: bool) -> None:
    cases = [case for layer in layers for case in cases_of(parse_model(layer.model, "drawn"), layer.inputs)]
    assert_equal(cases, sanitize=sanitize)


def several(kind: str, count: int) -> st.SearchStrategy[list[Layer]]:
    """Lists of drawn layers that the reader takes."""
    return st.lists(LAYERS[kind], min_size=count, max_size=count)


@pytest.mark.parametrize("kind", sampled(DRAWN, 5))
def test_kernels_equal_reference(kind: str) -> None:
    @settings(max_examples=3, deadline=None, suppress_health_check=QUIET, phases=[Phase.generate])
    @given(several(kind, 12))
    def equal(layers: list[Layer]) -> None:
        check_layers(layers, sanitize=False)

    equal()


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags", [(), ("-DTFK_HALF_PRODUCTS=1",), ("-DTFK_HIGH_PRODUCT=1",)], ids=["wide", "halves", "high"]
)
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB"])
def test_kernels_for_size_equal_reference(kind: str, flags: tuple[str, ...]) -> None:
    """In scaled form, with 64-bit products, with halves for cores that have no others, and as an ESP32."""

    @settings(max_examples=2, deadline=None, suppress_health_check=QUIET, phases=[Phase.generate])
    @given(several(kind, 20))
    def equal(layers: list[Layer]) -> None:
        graphs = [replace(parse_model(layer.model, "drawn"), target=Target(goal="size")) for layer in layers]
        cases = [
            case
            for layer, graph in zip(layers, graphs, strict=True)
            for case in cases_of(graph, layer.inputs)
        ]
        assert {case.call.params.get("row", 0) for case in cases} <= {0, 3}
        assert_equal(cases, *flags)

    equal()


def check_under_sanitizers(kind: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=QUIET, phases=[Phase.generate])
    @given(several(kind, 30))
    def equal(layers: list[Layer]) -> None:
        check_layers(layers, sanitize=True)

    equal()


@pytest.mark.slow
@pytest.mark.parametrize("kind", DRAWN)
def test_kernels_equal_reference_under_sanitizers(kind: str) -> None:
    check_under_sanitizers(kind, 3)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", DRAWN)
def test_kernels_equal_reference_under_sanitizers_often(kind: str) -> None:
    check_under_sanitizers(kind, 8)


@pytest.mark.slow
def test_toy_kernels_equal_reference_under_sanitizers() -> None:
    cases = [case for name, build in TOYS.items() for case in toy_cases(name, build())]
    assert_equal(cases, sanitize=True)
    # The toys reach every kernel but these; the drawn layers reach them.
    assert {case.call.function for case in cases} >= {
        "tfk_conv_2d_s8",
        "tfk_conv_2d_1x1_s8",
        "tfk_depthwise_conv_2d_3x3_s8",
        "tfk_softmax_s8_s16",
    }


def plain(call: KernelCall, graph: Graph) -> KernelCall:
    """The same layer on the plain reference kernel: the bias without the input's zero point."""
    op = graph.ops[0]
    weights = graph.tensor(op.inputs[1]).data
    bias = graph.tensor(op.inputs[2]).data if len(op.inputs) > 2 else None
    channels = graph.tensor(op.outputs[0]).shape[3]
    values = np.zeros(channels, np.int32) if bias is None else bias
    assert weights is not None
    y = graph.tensor(op.outputs[0])
    multipliers, shifts = multipliers_of(graph.tensor(op.inputs[0]), graph.tensor(op.inputs[1]), y, channels)
    tables = (
        ConstTable("weights", "int8_t", weights),
        ConstTable("bias", "int32_t", values),
        *requantization_tables(multipliers, shifts),
    )
    params = {**call.params, "row": 0}
    if op.kind == "DEPTHWISE_CONV_2D":
        params.pop("groups", None)
        params["depth_multiplier"] = op.multiplier  # type: ignore[attr-defined]
    family = op.kind.lower()
    return replace(
        call,
        header=f"{family}.h",
        function=f"tfk_{family}_reference_s8",
        struct=f"tfk_{family}_params",
        params=params,
        tables=tables,
    )


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_fast_kernels_equal_plain_kernels(kind: str) -> None:
    @settings(max_examples=2, deadline=None, suppress_health_check=QUIET, phases=[Phase.generate])
    @given(several(kind, 20))
    def equal(layers: list[Layer]) -> None:
        cases = []
        for layer in layers:
            graph = parse_model(layer.model, "drawn")
            for case in cases_of(graph, layer.inputs):
                cases.append(replace(case, call=plain(case.call, graph), scratch_bytes=0))
        assert_equal(cases, sanitize=True)

    equal()


SIBLINGS = ("tfk_conv_2d_1x1_s8", "tfk_conv_2d_s8", "tfk_depthwise_conv_2d_3x3_s8")
"""Kernels with a function `<name>_scratch_bytes` beside them."""


def test_scratch_bytes_are_those_of_the_kernels_siblings(tmp_path: Path) -> None:
    """The planner asks the op, who writes C by hand asks the header: one answer."""
    toys = [case for name, build in TOYS.items() for case in toy_cases(name, build())]
    cases = [case for case in toys if case.call.function in SIBLINGS]
    assert {case.call.function for case in cases} == set(SIBLINGS)
    headers = sorted({case.call.header for case in cases})
    lines = [*(f'#include "{header}"' for header in headers), "int32_t ask(int n);"]
    lines += ["int32_t ask(int n)", "{", "    switch (n) {"]
    for number, case in enumerate(cases):
        fields = ", ".join(f".{key} = {value}" for key, value in case.call.params.items())
        lines.append(f"    case {number}: {{ static const {case.call.struct} p = {{{fields}}};")
        lines.append(f"        return {case.call.function}_scratch_bytes(&p); }}")
    lines += ["    default: return -1;", "    }", "}"]
    source, library = tmp_path / "ask.c", tmp_path / "ask.so"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run(["gcc", *FLAGS, "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    ask = ctypes.CDLL(str(library)).ask
    assert [ask(number) for number in range(len(cases))] == [case.scratch_bytes for case in cases]
