"""`analyze --cores 2`: what each core computes, what it gives and what it can't give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from host_tools.measure import tables
from host_tools.measure.bench import Bench, LayerBench
from tests.host_tools.toy_folder import write_toy


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy("mini_mobilenet", tmp_path_factory.mktemp("model"))


def said(*arguments: object) -> str:
    outcome = CliRunner().invoke(app, [str(word) for word in arguments], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def report(model: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said("analyze", model, "--board", "esp32cam", *options, "--json"))
    return found


def test_the_document_tells_each_core(model: Path) -> None:
    one, usual, two = report(model, "--cores", "1"), report(model), report(model, "--cores", "2")
    assert one == usual, "one core is what nobody asks for"
    assert one["two_cores"] is None
    assert {layer["divided_by"] for layer in one["layers"]} == {""}
    found, layers = two["two_cores"], [layer for layer in two["layers"] if layer["divided_by"]]
    assert len(layers) == found["divided"] > 0
    for layer in layers:
        assert sum(layer["per_core"]) == pytest.approx(layer["instructions"])
        assert layer["cycles"]["handover"] == found["handover_cycles"] > 0
    assert sum(found["instructions"]) == pytest.approx(two["instructions"])
    assert 1 < found["speedup"] < found["bound"] <= 2
    assert two["milliseconds"]["middle"] < one["milliseconds"]["middle"]


def test_the_tables_tell_each_core(model: Path) -> None:
    one, two = (said("analyze", model, "--board", "esp32cam", "--cores", cores) for cores in (1, 2))
    assert "Amdahl" not in one
    assert "two cores: " in two
    assert "by Amdahl's law" in " ".join(two.split())
    assert "handing layers over" in " ".join(two.split())


def test_where_ram_divides_no_layer_it_is_said_with_the_ram_that_does(model: Path) -> None:
    free, short = report(model, "--cores", "2"), ("--cores", "2", "--ram", "2048")
    found = report(model, *short)["two_cores"]
    assert (found["divided"], found["speedup"], found["alone"], found["bound"]) == (0, 1, 1, 1)
    enough = found["unlimited_arena_bytes"]
    again = report(model, "--cores", "2", "--ram", str(enough))["two_cores"]
    assert found["unlimited_divided"] == again["divided"] == free["two_cores"]["divided"] > 0
    shown = " ".join(said("analyze", model, "--board", "esp32cam", *short).split())
    told = f"from --ram {enough} on {again['divided']} are"
    assert f"two cores: no layer is divided in an arena this small; {told}" in shown
    assert "of each core" not in shown


def test_where_ram_divides_fewer_layers_it_is_said(model: Path) -> None:
    free = report(model, "--cores", "2")["two_cores"]
    short = ("--cores", "2", "--ram", str(free["unlimited_arena_bytes"] - 1))
    found = report(model, *short)["two_cores"]
    assert 0 < found["divided"] < free["divided"], "the arena of this model is that of some layers alone"
    shown = " ".join(said("analyze", model, "--board", "esp32cam", *short).split())
    told = f"from --ram {free['unlimited_arena_bytes']} on {free['divided']} are"
    assert f"two cores: {found['divided']} layers are divided ({told}); the same" in shown


def test_a_model_without_a_layer_to_divide_says_so(tmp_path: Path) -> None:
    tiny = write_toy("add", tmp_path)
    found = report(tiny, "--cores", "2")["two_cores"]
    assert (found["divided"], found["unlimited_divided"]) == (0, 0)
    shown = said("analyze", tiny, "--board", "esp32cam", "--cores", "2")
    assert "two cores: no layer is divided: none is expected to take less so" in shown


def counted(cores: int, *shares: tuple[int, int] | None) -> Bench:
    """What `bench` makes of layers of 100 instructions, each with those of each core."""
    layers = tuple(LayerBench(f"{n:02}", "", 0, 100, None, share) for n, share in enumerate(shares))
    said_of = ("net", "", "", "qemu-xtensa", "default", 0, 100 * len(layers), layers, "")
    return Bench(*said_of, 0, 0, 0, 0, 0, "", "", "", 0, cores)


def test_bench_says_where_no_layer_is_divided(capsys: pytest.CaptureFixture[str]) -> None:
    assert counted(1, None).two_cores is None
    found = counted(2, None, None).two_cores
    assert found == {"divided": 0, "longest": 200, "speedup": 1, "alone": 1, "bound": 1}
    for bench, told in (
        (counted(1, None), ""),
        (counted(2, None), "two cores: no layer is divided"),
        (counted(2, (50, 50)), "two cores: 1 layers are divided"),
    ):
        tables.show(bench)
        shown = capsys.readouterr().out
        assert told in shown
        assert ("two cores" in shown) == (bench.cores == 2)
