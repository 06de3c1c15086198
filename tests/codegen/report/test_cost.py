"""Cost tables: a fit finds the coefficients that made the counts; the command writes a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codegen import cost
from codegen.board import Board, Memory
from codegen.errors import DataError
from codegen.graph import Graph
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite_reader import parse_model
from tests.toys.models import TOYS

TRUTH = {"macs": 7.0, "outputs": 40.0, "layer": 150.0}
NAMES = ("mini_pfld", "mini_mobilenet", "two_inputs_two_outputs", "shared_tensor")


def graph_of(name: str) -> Graph:
    return optimize(parse_model(TOYS[name](), name))


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """Counts of an imaginary core on which every kernel costs TRUTH."""
    runs: list[dict[str, Any]] = []
    for name in NAMES:
        (tmp_path / f"{name}.tflite").write_bytes(TOYS[name]())
        graph, layers = graph_of(name), []
        for i in range(len(graph.ops)):
            features = cost.layer_features(graph, i)
            value = sum(TRUTH.get(k, 0.0) * v for k, v in features.items())
            layers.append({"name": graph.layer_name(i), "instructions": round(value)})
        runs.append({"model": f"{name}.tflite", "layers": layers})
    path = tmp_path / "counts.json"
    path.write_text(json.dumps({"source": "imaginary core", "runs": runs}))
    return path


def test_fit_meets_the_counts(counts: Path) -> None:
    table = cost.fit(json.loads(counts.read_text()), counts.parent)
    assert table["measured"] is True
    assert table["source"] == "imaginary core"
    assert max(table["worst_layer_error_percent"].values()) <= 0.5
    assert all(v >= 0 for weights in table["kernels"].values() for v in weights.values())
    assert table["average"]["macs"] == pytest.approx(7.0, rel=0.02)


def test_command_writes_a_table_that_estimate_reads(
    counts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        cost.main(["fit", str(counts), "-o", str(tmp_path / "core.json"), "--cpi", "2", "--cpi-source", "me"])
        == 0
    )
    assert "counted" in capsys.readouterr().out
    monkeypatch.setattr(cost, "TABLES", tmp_path)
    memory = Memory(0, 0, 0, 0, 0, 0, 0)
    board = Board("b", "b", "c", "sim", 1_000_000, "core", memory, "host", False, Path())
    graph = graph_of("mini_mobilenet")
    costs = cost.estimate(make_plan(graph), board)
    want = sum(TRUTH.get(k, 0.0) * v for k, v in cost.layer_features(graph, 2).items())
    assert costs[2].instructions == pytest.approx(want, rel=0.01)
    assert costs[2].milliseconds == pytest.approx(costs[2].instructions * 2 / 1000)
    assert costs[2].fitted
    assert cost.main(["show", str(tmp_path / "core.json"), str(counts)]) == 0


def test_a_rename_costs_nothing() -> None:
    graph = graph_of("reshape")
    memory = Memory(0, 0, 0, 0, 0, 0, 0)
    board = Board("b", "b", "c", "sim", 1_000_000, "esp32", memory, "host", False, Path())
    assert cost.estimate(make_plan(graph), board) == [cost.LayerCost(0.0, 0.0, True)]


def test_counts_of_another_model_are_refused(counts: Path) -> None:
    content = json.loads(counts.read_text())
    content["runs"][0]["layers"].pop()
    with pytest.raises(DataError, match="not those of the model"):
        cost.fit(content, counts.parent)


@pytest.mark.parametrize("path", sorted(cost.TABLES.glob("*.json")), ids=lambda p: p.stem)
def test_tables_load_and_say_what_they_are(path: Path) -> None:
    table = cost.load_table(path.stem)
    assert table.cycles_per_instruction > 0
    assert table.cycles_source
    assert table.source
    assert table.average.keys() <= set(cost.FEATURES)
    assert table.measured or "provisional" in table.source


def test_cycles_of_the_default_are_the_published_figure() -> None:
    assert round(0.380 * 240e6 / 86.0e6, 2) == cost.CYCLES["cycles_per_instruction"]
