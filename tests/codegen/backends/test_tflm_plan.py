"""TFLite-Micro's memory plan as this package restates it, on cases small enough to lay out by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from codegen.backends.esp_nn_scratch import layer_scratch
from codegen.backends.tflm_plan import planned_bytes
from codegen.model_file import FileGraph, read_file
from codegen.tflite_reader import read_model
from tests.toys.layers import Net


def net(build: Callable[[Net, int], int]) -> FileGraph:
    """A net of one input of 16 channels."""
    toy = Net(1)
    x = toy.input(1, 1, 2, 16)
    return read_file(toy.model.finish([x], [build(toy, x)]), "net").main


def chain(toy: Net, x: int) -> int:
    """Tensors of 32, 64, 32 bytes."""
    return toy.conv(toy.conv(x, 32), 16)


def test_a_chain_takes_two_neighbours() -> None:
    assert planned_bytes(net(chain), [0, 0]) == 96


def test_scratch_lies_beside_the_tensors_of_its_layer() -> None:
    """80 bytes of scratch come first, at 0. In the first layer the tensors lie behind them: 64 then 32."""
    assert planned_bytes(net(chain), [80, 0]) == 80 + 64 + 32
    assert planned_bytes(net(chain), [33, 33]) == 64 + 48 + 32  # rounded up to 16; the two share their place


def test_small_scratch_that_fits_a_gap_costs_nothing() -> None:
    """While the second layer runs the first 32 bytes behind the 64 are free: the input is dead."""

    def build(toy: Net, x: int) -> int:
        return toy.conv(toy.conv(x, 32), 8)

    assert planned_bytes(net(build), [0, 0]) == planned_bytes(net(build), [0, 16]) == 96


@pytest.mark.parametrize(
    ("model", "plan", "with_scratch"),
    [
        ("person_detect", 55_296, 95_456),
        ("vww_96_int8", 73_728, 95_456),
        ("kws_ref_model", 16_000, 28_688),
    ],
)
def test_plans_of_whole_models(model: str, plan: int, with_scratch: int, shared_models) -> None:
    """As the arenas that esp-tflite-micro 1.4.0 took differ, with and without the ESP32-S3's scratch."""
    graph = read_model(shared_models / f"{model}.tflite")
    layers = range(len(graph.ops))
    file = read_file((shared_models / f"{model}.tflite").read_bytes(), model).main
    assert planned_bytes(file, [0 for _ in layers]) == plan
    assert planned_bytes(file, [layer_scratch(graph, i, "esp32s3") for i in layers]) == with_scratch
