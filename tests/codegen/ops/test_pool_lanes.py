"""Pools by lanes: every mean that there is, every activation, and which layers take them."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.lowering.overlap import distance_of
from codegen.lowering.target import Target
from codegen.tflite.reader import parse_model
from tests.codegen.ops.c_kernels import FLAGS, load, run_in_library
from tests.codegen.ops.mac16_cases import CORE, pool_cases
from tests.codegen.ops.pool_cases import KINDS
from tests.cost.forced import Forced
from tests.toys.layers import Net

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

MOST = 255
"""Pixels of a window, in codegen/kernels/average_pool_2d_lanes.h."""
FUNCTIONS = ("tfk_average_pool_2d_lanes_s8", "tfk_max_pool_2d_lanes_s8")

_MEANS = """
#include "average_pool_2d_lanes.h"
void means(int32_t count, int8_t *output);
/* Of each sum of count values with 128 added. */
void means(int32_t count, int8_t *output)
{
    const tfk_average_pool_2d_params params = {.activation_min = -128, .activation_max = 127};
    const tfk_lane_mean mean = tfk_lane_mean_of((uint32_t)count);
    for (int32_t sum = 0; sum <= 255 * count; sum++) {
        output[sum] = tfk_mean_of_lane(&params, (uint32_t)sum + mean.half, mean);
    }
}
"""


@pytest.mark.parametrize("sanitizer", ["", "-fsanitize=undefined"])
def test_every_mean_of_every_count(sanitizer: str, tmp_path: Path) -> None:
    """Rounded half away from zero, as AveragePool2D.reference has it."""
    source, library = tmp_path / "means.c", tmp_path / "means.so"
    source.write_text(_MEANS, encoding="utf-8")
    more = [sanitizer, "-fsanitize-undefined-trap-on-error"] if sanitizer else []
    subprocess.run(["gcc", *FLAGS, *more, "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    means = ctypes.CDLL(str(library)).means
    for count in range(1, MOST + 1):
        sums = np.arange(-128 * count, 127 * count + 1)
        found = np.full(sums.size + 1, 99, np.int8)
        means(ctypes.c_int32(count), ctypes.c_void_p(found.ctypes.data))
        wanted = np.sign(sums) * ((np.abs(sums) + count // 2) // count)
        np.testing.assert_array_equal(found[:-1], wanted, str(count))
        assert found[-1] == 99


@pytest.mark.parametrize("zero_point", [-128, 3, 127])
def test_every_activation(zero_point: int, tmp_path: Path) -> None:
    cases = pool_cases(zero_point, 1)
    assert {case.call.function for case in cases} == set(FUNCTIONS)
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        np.testing.assert_array_equal(
            outputs[0], case.expected[0], err_msg=f"{case.call.function} {dict(case.call.params)}"
        )


@pytest.mark.parametrize("odd", range(4))
def test_outputs_over_inputs_at_each_address(odd: int, tmp_path: Path) -> None:
    """At the least distance and at the next multiple of 4: inputs at multiples of 4 go by lanes."""
    cases = pool_cases(3, 1, ("NONE", "RELU"))
    library = load(cases, tmp_path)
    for number, case in enumerate(cases):
        (x,), (expected,) = case.inputs, case.expected
        least = distance_of(case.call, x.nbytes)
        assert least is not None
        for distance in (least, -(-least // 4) * 4):
            room = np.full(x.nbytes + expected.nbytes + abs(distance) + 32, 0x5A, np.uint8)
            start = -room.ctypes.data % 4 + 4 * -(-max(0, distance) // 4) + odd
            output = slice(start - distance, start - distance + expected.nbytes)
            room[start : start + x.nbytes] = x.reshape(-1).view(np.uint8)
            wanted = room.copy()
            wanted[output] = expected.reshape(-1).view(np.uint8)
            at = room.ctypes.data
            getattr(library, f"case_{number}")(
                (ctypes.c_void_p * 1)(at + start), None, (ctypes.c_void_p * 1)(at + output.start)
            )
            np.testing.assert_array_equal(room, wanted, f"{case.call.function} {dict(case.call.params)}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("shape", "window", "means", "largest"),
    [
        ((15, 17, 4), (15, 17), True, True),
        ((16, 16, 4), (16, 16), False, True),
        ((4, 4, 6), (2, 2), False, False),
    ],
)
def test_which_layers_take_lanes(
    kind: str, shape: tuple[int, int, int], window: tuple[int, int], means: bool, largest: bool
) -> None:
    net = Net(2)
    x = net.input(1, *shape)
    target = Target(CORE, prices=Forced(FUNCTIONS))
    model = net.model.finish([x], [net.pool(x, window, kind=kind)])
    graph = replace(parse_model(model, "pool"), target=target)
    call = graph.call(graph.ops[0])
    assert call is not None
    assert (call.function in FUNCTIONS) == (means if kind == "AVERAGE_POOL_2D" else largest)
