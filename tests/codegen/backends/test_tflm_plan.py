"""TFLite-Micro's memory plan as this package restates it, on cases small enough to lay out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from codegen.backends.tflm.arena import arena_need
from codegen.backends.tflm.esp_nn_scratch import layer_scratch, unknown_scratch
from codegen.backends.tflm.generate import generate
from codegen.backends.tflm.plan import planned_bytes
from codegen.tflite.model_file import FileGraph, ModelFile, read_file
from codegen.tflite.reader import read_model
from host_tools.boards import load_board
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


def small_weights() -> bytes:
    """A convolution with weights of 4 bits, which TFLite-Micro computes and no Op class takes."""
    toy = Net(1)
    x = toy.input(1, 4, 4, 8)
    y = toy.conv(toy.conv(x, 8, (3, 3)), 8, (3, 3))
    weights = toy.model.tensors[toy.model.ops[1].inputs[1]]
    assert weights.data is not None
    weights.dtype, weights.data = "int4", weights.data[::2]  # two values a byte
    return toy.model.finish([x], [y])


@pytest.mark.parametrize(("chip", "names"), [("esp32s3", ("01 CONV_2D",)), ("esp32", ()), ("", ())])
def test_scratch_of_a_size_that_is_not_known_is_said(chip: str, names: tuple[str, ...]) -> None:
    pytest.importorskip("tflite_micro", reason="measures the arena")
    need = arena_need(read_file(small_weights(), "net"), chip)
    assert need.uncounted == names
    assert (need.scratch_layer == "00 CONV_2D") == (chip == "esp32s3")


def test_layers_of_other_subgraphs_are_not_counted() -> None:
    model = read_file(small_weights(), "net")
    twice = ModelFile("net", model.data, (model.main, model.main))
    assert unknown_scratch(twice, {0, 1}, "esp32s3") == (
        "subgraph 1, 00 CONV_2D",
        "subgraph 1, 01 CONV_2D",
    )


def test_what_is_not_counted_stands_in_the_project() -> None:
    pytest.importorskip("tflite_micro", reason="measures the arena")
    files = generate(read_file(small_weights(), "net"), board=load_board("freenove-esp32s3-cam"))
    assert "Not counted: scratch" in files["README.md"]
    assert "rename the\n`.tflite` file of one and generate it again" in files["README.md"]
    assert json.loads(files["tinyface.json"])["vendor_scratch_uncounted"] == ["01 CONV_2D"]
