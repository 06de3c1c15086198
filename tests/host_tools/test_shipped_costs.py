"""The cost table of the ESP32-class core meets every shipped network, as counted there today.

tests/codegen/report/test_cost_tables.py holds the tables to counts that are kept; here nothing is kept.
"""

from __future__ import annotations

from functools import cache

import pytest

from codegen.cost.estimate import estimate
from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.measure.counting import count_layers, emulator_of
from host_tools.models import resolve
from host_tools.project.toolchains import find_toolchain
from host_tools.project.write import plan_of
from model_zoo.cards import pretrained_names
from tests.cost.__main__ import ESP32_CLASS
from tests.cost.check import SHARE

BOARD = "qemu-xtensa"
WITHIN = 0.10
"""Largest error of the total and of each layer above SHARE of it."""

pytestmark = pytest.mark.slow


@cache
def met(name: str) -> list[tuple[str, int, float]]:
    """Layer with its kernel, counted and expected instructions, of one network."""
    board, ref = load_board(BOARD), resolve(name)
    try:
        emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    if find_toolchain(board.toolchain).variant != ESP32_CLASS:
        pytest.skip("the ESP32-class compiler is missing: firmware/boards/qemu-xtensa/build-toolchain.sh")
    counted, costs = count_layers(ref, board), estimate(plan_of(ref, board), board)
    return [
        (f"{name}: {layer}, {kernel}", count, cost.instructions)
        for (layer, kernel, count), cost in zip(counted, costs, strict=True)
    ]


EVERY = 3
"""One of so many networks is for the slow run, the others for the thorough one."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.thorough] if number % EVERY else [])
        for number, name in enumerate(pretrained_names())
    ],
)
def test_a_network_takes_what_is_expected(name: str) -> None:
    whole = sum(count for _, count, _ in met(name))
    assert sum(expected for _, _, expected in met(name)) == pytest.approx(whole, rel=WITHIN)


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.thorough)])
def test_layers_take_what_is_expected(every: int) -> None:
    judged, missed = 0, []
    for name in pretrained_names()[::every]:
        whole = sum(count for _, count, _ in met(name))
        for layer, count, expected in met(name):
            judged += count > SHARE * whole
            if count > SHARE * whole and abs(expected / count - 1) > WITHIN:
                missed.append((layer, count, round(expected)))
    assert judged > 300 // every
    assert not missed, "samples of such layers belong into tests/cost/models.py"
