"""The table of kernels that `tinyface ops` prints is what ops choose, and its target forms are in the C."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codegen.backends.kernel_forms import forms_of
from codegen.graph import GOALS, Graph
from codegen.ops.base import REGISTRY
from codegen.ops.kernel_table import KERNELS
from codegen.tflite.reader import parse_model
from tests.codegen.ops.drawn import LAYERS
from tests.toys.models import TOYS

RARE = {("DEPTHWISE_CONV_2D", "tfk_conv_2d_1x1_s8")}
"""One input channel under a 1x1 kernel: hardly ever drawn."""


def chosen(graph: Graph, found: set[tuple[str, str]]) -> None:
    for goal in GOALS:
        aimed = replace(graph, goal=goal)
        for op in aimed.ops:
            call = op.render(aimed)
            if call is not None:
                found.add((op.kind, call.function))


@pytest.mark.slow
def test_every_kernel_of_the_table_is_chosen_and_no_other() -> None:
    found: set[tuple[str, str]] = set()
    for name, build in TOYS.items():
        chosen(parse_model(build(), name), found)
    for kind in LAYERS:

        @settings(
            max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
        )
        @given(st.lists(LAYERS[kind], min_size=1, max_size=2))
        def draw(layers: list[object]) -> None:
            for layer in layers:
                chosen(parse_model(layer.model, "drawn"), found)  # type: ignore[attr-defined]

        draw()
    table = {(kind, kernel) for kind, kernels in KERNELS.items() for kernel in kernels}
    assert set(KERNELS) == set(REGISTRY.classes)
    assert found <= table
    assert table - found <= RARE


def test_target_forms() -> None:
    targets = {
        kernel: {form.target for form in forms_of(kernel)}
        for kernels in KERNELS.values()
        for kernel in kernels
    }
    assert targets["tfk_conv_2d_1x1_s8"] == targets["tfk_conv_2d_s8"] == {"Arm DSP", "Xtensa"}
    assert targets["tfk_depthwise_conv_2d_3x3_s8"] == targets["tfk_sub_s8"] == {"Xtensa"}
    assert targets["tfk_lookup_s8"] == targets["tfk_conv_2d_reference_s8"] == set()
