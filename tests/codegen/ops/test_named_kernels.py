"""The kernels that each op names (`tinyface ops` prints them) are what it chooses, and they are in the C."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from codegen.backends.kernel_files import KERNELS as FOLDER
from codegen.backends.kernel_forms import forms_of
from codegen.cores import CORES, GOALS, PLAIN
from codegen.cost.idle import idle_kernels
from codegen.graph import Graph, Op
from codegen.lowering.kernel import kernels_of
from codegen.lowering.target import Target
from codegen.ops.registry import REGISTRY, OpRegistry, kernel_names
from codegen.tflite.reader import parse_model
from tests.codegen.ops.drawn import LAYERS
from tests.toys.geometries import GEOMETRIES
from tests.toys.models import TOYS

NAMED = {(kind, kernel) for kind, op in REGISTRY.classes.items() for kernel in kernel_names(op)}
RARE = {
    ("DEPTHWISE_CONV_2D", "tfk_conv_2d_1x1_s8"),
    ("CONV_2D", "tfk_depthwise_conv_2d_5x5_s8"),
    ("CONV_2D", "tfk_depthwise_conv_2d_thin_5x5_s8"),
}
"""One input channel under a 1x1 or a 5x5 kernel: hardly ever drawn."""

ALONE = {kernel.function for kind in REGISTRY.classes for kernel in kernels_of(kind) if kernel.core != PLAIN}
"""Kernels that not every core has."""

SELDOM = "five_by_five_0"
"""Its depthwise windows are drawn too seldom to wait for them."""

Chosen = dict[tuple[str, str], set[str]]
"""Operator and kernel -> the headers that its calls name."""


def choose(graph: Graph, found: Chosen) -> None:
    for goal in GOALS:
        aimed = replace(graph, target=Target(goal=goal))
        for op in aimed.ops:
            call = op.render(aimed)
            if call is not None:
                found[op.kind, call.function].add(call.header)
    for core in CORES:  # kernels for one core: those with less scratch are taken where RAM is short
        aimed = replace(graph, target=Target(core))
        for op in aimed.ops:
            for candidate in aimed.lowered(op).candidates:
                if candidate.function in ALONE:
                    found[op.kind, candidate.function].add(candidate.call.header)


def of_toys() -> Chosen:
    found: Chosen = defaultdict(set)
    for name, build in TOYS.items():
        choose(parse_model(build(), name), found)
    return found


def test_the_kernels_of_the_toys_are_named_and_stand_in_their_headers() -> None:
    found = of_toys()
    assert found.keys() <= NAMED
    for (_, kernel), headers in found.items():
        for header in headers:
            text = (FOLDER / header).read_text(encoding="utf-8")
            loop = kernel.removesuffix("_s8")
            assert re.search(rf"\b{kernel}\(|^TFK_DEFINE_ELEMENTWISE\({loop}\)", text, re.M), (kernel, header)


@pytest.mark.slow
def test_every_named_kernel_is_chosen_and_no_other() -> None:
    found = of_toys()
    choose(parse_model(GEOMETRIES[SELDOM](), SELDOM), found)
    for kind in LAYERS:

        @settings(
            max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
        )
        @given(st.lists(LAYERS[kind], min_size=1, max_size=2))
        def draw(layers: list[object]) -> None:
            for layer in layers:
                choose(parse_model(layer.model, "drawn"), found)  # type: ignore[attr-defined]

        draw()
    assert found.keys() <= NAMED
    assert NAMED - found.keys() <= RARE
    assert not idle_kernels(), "count them: python -m tests.cost"


def test_an_op_that_says_too_little_or_is_there_already_is_no_op() -> None:
    registry = OpRegistry()

    @dataclass(frozen=True)
    class Silent(Op):
        kind = "SILENT"
        constraints = "none"

    with pytest.raises(TypeError, match="Silent says nothing of: kernels"):
        registry.add(Silent)
    Silent.kernels = ()
    assert registry.add(Silent) is Silent
    with pytest.raises(TypeError, match="both SILENT"):
        registry.add(Silent)


def test_target_forms() -> None:
    targets = {kernel: {form.target for form in forms_of(kernel)} for _, kernel in NAMED}
    assert targets["tfk_conv_2d_1x1_s8"] == targets["tfk_conv_2d_s8"] == {"Arm DSP", "Xtensa"}
    assert targets["tfk_depthwise_conv_2d_3x3_s8"] == targets["tfk_sub_s8"] == {"Xtensa"}
    assert targets["tfk_lookup_s8"] == targets["tfk_conv_2d_reference_s8"] == set()
