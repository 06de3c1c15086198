"""The access orders are true: C kernels with their output over their input compute the same bytes."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codegen.lowering.overlap import distance_of, known_kernels, order_of
from codegen.ops.registry import REGISTRY, kernel_names
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import Case, cases_of, load, toy_cases
from tests.codegen.ops.drawn import LAYERS
from tests.codegen.ops.mac16_cases import functions
from tests.effort import some_and_all
from tests.toys.layers import Net
from tests.toys.models import TOYS

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

KERNELS = {kind: known_kernels() & set(kernel_names(op)) for kind, op in REGISTRY.classes.items()}
KINDS = sorted(kind for kind, kernels in KERNELS.items() if kernels)
GUARD = 0x5A


def least_distance(case: Case) -> int | None:
    """Of a layer; None where it may not overlap."""
    return distance_of(case.call, case.inputs[0].nbytes) if len(case.inputs) == 1 else None


def overlaid(library: ctypes.CDLL, number: int, case: Case, distance: int) -> NDArray[np.int8]:
    """Run a case with its output `distance` bytes below its input: the output."""
    source = case.inputs[0].reshape(-1).view(np.uint8)
    (expected,) = case.expected
    output, start = max(0, -distance), max(0, distance)
    memory = np.full(max(start + source.size, output + expected.nbytes) + 2, GUARD, np.uint8)
    memory[1 + start : 1 + start + source.size] = source
    before = memory.copy()
    scratch = np.zeros(max(1, case.scratch_bytes), np.uint8)
    at = memory.ctypes.data + 1
    getattr(library, f"case_{number}")(
        (ctypes.c_void_p * 1)(at + start),
        ctypes.c_void_p(scratch.ctypes.data),
        (ctypes.c_void_p * 1)(at + output),
    )
    touched = slice(1 + output, 1 + output + expected.nbytes)
    result = memory[touched].copy()
    memory[touched] = before[touched]
    assert (memory == before).all(), f"{case.call.function} wrote outside its output"
    return result.view(np.int8).reshape(expected.shape)


def check_orders(cases: list[Case], folder: Path) -> set[str]:
    """Compare at the distance, a little further and far away; which kernels fail one byte nearer.

    A kernel need not fail there: the byte that it loses may not count.
    """
    known = [case for case in cases if least_distance(case) is not None]
    library, tight = load(known, folder), set()
    for number, case in enumerate(known):
        distance, order = least_distance(case), order_of(case.call, case.inputs[0].nbytes)
        assert distance is not None
        assert order is not None
        (expected,) = case.expected
        assert (len(order.last_read), len(order.written)) == (case.inputs[0].size, expected.size)
        for more in (0, 1, 7, expected.size - distance):
            np.testing.assert_array_equal(
                overlaid(library, number, case, distance + more),
                expected,
                err_msg=f"{case.call.function} {dict(case.call.params)} at {distance} + {more}",
            )
        if distance > -case.inputs[0].size:
            nearer = overlaid(library, number, case, distance - 1)
            if (nearer != expected).any():
                tight.add(case.call.function)
    return tight


def test_toys(tmp_path: Path) -> None:
    """Every known kernel occurs or is drawn below, and the distances are no larger than they must be."""
    cases = [case for name, build in sorted(TOYS.items()) for case in toy_cases(name, build())]
    kernels = {c.call.function for c in cases if c.call.header in ("conv_2d.h", "depthwise_conv_2d.h")}
    assert kernels <= known_kernels(), "a new kernel: say beside its op when it reads and writes"
    tight = check_orders(cases, tmp_path)
    assert tight >= {"tfk_conv_2d_s8", "tfk_conv_2d_1x1_s8", "tfk_depthwise_conv_2d_3x3_s8"}


def test_outputs_of_one_column(tmp_path: Path) -> None:
    """One pixel a row is made alone, not among four: it reads its window channel by channel."""
    net = Net(3)
    x = net.input(2, 3, 3, 8, zero_point=-9)
    y = net.depthwise(x, stride=3, padding="VALID", activation="NONE", zero_point=0)
    cases = toy_cases("column", net.model.finish([x], [y]))
    assert [case.call.function for case in cases] == ["tfk_depthwise_conv_2d_3x3_s8"]
    check_orders(cases, tmp_path)


def drawn_layers(examples: int, folder: Path) -> set[str]:
    """The kernels that fail one byte nearer; a kind with several kernels is drawn twice as often."""
    tight: set[str] = set()
    for kind in KINDS:

        @settings(
            max_examples=examples * min(2, len(KERNELS[kind])),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(st.lists(LAYERS[kind], min_size=25, max_size=25))
        def check(layers: list[object]) -> None:
            cases = [
                case
                for layer in layers
                for case in cases_of(parse_model(layer.model, "drawn"), layer.inputs)  # type: ignore[attr-defined]
            ]
            tight.update(check_orders(cases, folder))

        check()
    return tight


def test_drawn_layers(tmp_path: Path) -> None:
    drawn_layers(1, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("examples", some_and_all(2, 20))
def test_many_drawn_layers(examples: int, tmp_path: Path) -> None:
    """All kernels but those for one core, and each fails where its output starts one byte nearer."""
    assert drawn_layers(examples, tmp_path) == known_kernels() - functions()
