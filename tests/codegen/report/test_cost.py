"""Cost tables: a fit finds the coefficients that made the counts; the command writes a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codegen.board import Board, Memory
from codegen.cost import estimate as cost
from codegen.cost import fit as cost_fit
from codegen.cost.features import (
    AGAIN,
    ALONE,
    ANY,
    FEATURES,
    SEVERAL,
    contexts,
    layer_features,
    wider,
)
from codegen.cost.time_range import Spread, TimeRange
from codegen.errors import BoardError, DataError
from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model, read_model
from tests.toys.layers import Net
from tests.toys.models import TOYS

TRUTH = {"macs": 7.0, "outputs": 40.0, "layer": 150.0}
NAMES = ("mini_pfld", "mini_mobilenet", "two_inputs_two_outputs", "shared_tensor")
MEMORY = Memory(0, 0, 0, 0, 0, 0, 0)


def board(cost_table: str, clock_hz: int = 240_000_000) -> Board:
    return Board("b", "b", "c", "sim", clock_hz, cost_table, MEMORY, "host", False, Path())


def graph_of(name: str) -> Graph:
    return optimize(parse_model(TOYS[name](), name))


def true_count(graph: Graph, position: int) -> float:
    """On an imaginary core every kernel costs TRUTH."""
    call = graph.ops[position].render(graph)
    return 0.0 if call is None else cost.weigh(TRUTH, layer_features(graph, position, call))


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """Counts of the imaginary core."""
    runs: list[dict[str, Any]] = []
    for name in NAMES:
        (tmp_path / f"{name}.tflite").write_bytes(TOYS[name]())
        graph, layers = graph_of(name), []
        for i, op in enumerate(graph.ops):
            call = op.render(graph)
            layers.append([graph.layer_name(i), call.function if call else "", round(true_count(graph, i))])
        runs.append({"model": f"{name}.tflite", "layers": layers})
    path = tmp_path / "counts.json"
    path.write_text(json.dumps({"source": "imaginary core", "runs": runs}))
    return path


def samples(counts: Path) -> list[cost_fit.Sample]:
    content = json.loads(counts.read_text())
    return cost_fit.samples_of(content, lambda model: optimize(read_model(counts.parent / model)))


def test_fit_meets_the_counts(counts: Path) -> None:
    found = samples(counts)
    table = cost_fit.fit(found, "imaginary core", cost_fit.ASSUMED_CYCLES)
    assert table["measured"] is True
    assert table["source"] == "imaginary core"
    for sample in found:
        assert cost_fit.predict(table, sample) == pytest.approx(sample.instructions, rel=0.005, abs=2)
    weights = [w for entry in table["kernels"].values() for w in entry.values()]
    assert all(v >= 0 for w in weights for v in w.values())
    assert table["average"]["macs"] == pytest.approx(7.0, rel=0.02)
    assert sum(table["layers_fitted"].values()) == len(found)


def test_command_writes_a_table_that_estimate_reads(
    counts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "core.json"
    assert cost_fit.main(["fit", str(counts), "-o", str(out), "--cpi", "2", "--cpi-source", "me"]) == 0
    assert "counted" in capsys.readouterr().out
    monkeypatch.setattr(cost, "TABLES", tmp_path)
    graph = graph_of("mini_mobilenet")
    costs = cost.estimate(make_plan(graph), board("core", 1_000_000))
    assert costs[2].instructions == pytest.approx(true_count(graph, 2), rel=0.01)
    assert costs[2].milliseconds.middle == pytest.approx(costs[2].instructions * 2 / 1000)
    assert costs[2].fitted
    assert cost_fit.main(["show", str(out), str(counts)]) == 0


def test_a_calibration_replaces_the_cycles() -> None:
    plan = make_plan(graph_of("mini_mobilenet"))
    calls = [op.render(plan.graph) for op in plan.graph.ops]
    known = next(call.function for call in calls if call is not None)
    calibration = cost.Calibration("2026-11-20", 12, 3.0, {known: 2.0}, Spread(0.9, 1.1))
    plain, calibrated = cost.estimate(plan, board("esp32")), cost.estimate(plan, board("esp32"), calibration)
    for call, before, after in zip(calls, plain, calibrated, strict=True):
        assert after.instructions == before.instructions
        if call is not None:
            cycles = 2.0 if call.function == known else 3.0
            expected = after.instructions * cycles / 240_000
            assert after.milliseconds.middle == pytest.approx(expected)
            assert after.milliseconds.low == pytest.approx(0.9 * expected)
            assert after.milliseconds.high == pytest.approx(1.1 * expected)
            assert (before.cycles is None, after.cycles) == (False, None)


def test_a_rename_costs_nothing() -> None:
    nothing = cost.LayerCost(0.0, TimeRange(0.0, 0.0, 0.0), True, None)
    assert cost.estimate(make_plan(graph_of("reshape")), board("esp32")) == [nothing]


def test_contexts_tell_how_often_a_shape_occurs() -> None:
    def call(function: str, width: int) -> KernelCall:
        return KernelCall("conv_2d.h", function, "tfk_conv_2d_params", {"input_width": width})

    assert contexts([call("a", 1), None]) == [ALONE, ""]
    assert contexts([call("a", 1), call("a", 1)]) == [AGAIN, AGAIN]
    assert contexts([call("a", 1), call("b", 1), call("a", 2)]) == [SEVERAL, ALONE, SEVERAL]


def test_features_of_a_padded_window() -> None:
    """3x3, stride 2, SAME on 8x10x3 to five channels: padding below and to the right only."""
    graph = graph_of("conv_2d")
    call = graph.ops[0].render(graph)
    assert call is not None
    found = layer_features(graph, 0, call)
    assert set(found) <= set(FEATURES)
    assert found["pixels"] == 4 * 5
    assert found["rows"] == 4
    assert found["window_rows"] == 4 * 5 * 3
    assert found["border"] == 4 * 5 - 3 * 4
    assert found["taps"] == (3 * 3 + 2) * (4 * 3 + 2)
    assert found["patches"] == 4 * 5 * 3 * 3 * 3
    assert found["macs"] == found["patches"] * 5
    assert found["odd_channel_macs"] == found["patches"]
    assert found["odd_column_macs"] == found["macs"] / 5
    assert "odd_pixel_macs" not in found


def test_features_of_scales() -> None:
    """ADD: one input is halved, the other and the output have multipliers of their own."""
    graph = graph_of("mini_pfld")
    position = next(i for i, op in enumerate(graph.ops) if op.kind == "ADD")
    call = graph.ops[position].render(graph)
    assert call is not None
    found, outputs = layer_features(graph, position, call), graph.ops[position].output_elements(graph)
    assert call.params["a_multiplier"] == 1 << 30
    assert (call.params["b_shift"], call.params["b_zero_point"]) == (1, -128)
    wanted = {"full", "full_low", "half_offset", "output_product", "output_shift", "output_offset"}
    assert {name for name in found if name.startswith(("full", "half", "input_", "output_"))} == wanted
    assert {found[name] for name in wanted} == {outputs}


def test_features_of_what_is_clamped_walked_and_read_again() -> None:
    """x * sigmoid(x) for each channel of another picture, then a clamped ADD."""
    net = Net(3)
    x, weights = net.input(1, 4, 5, 6), net.input(1, 1, 1, 6)
    gate = net.unary("LOGISTIC", x, 1 / 256, -128)
    scaled = net.binary("MUL", net.binary("MUL", x, gate), weights)
    y = net.add(scaled, x, "RELU6", scale=0.04)
    graph = optimize(parse_model(net.model.finish([x, weights], [y]), "gates"))
    found = {}
    for position, op in enumerate(graph.ops):
        call = op.render(graph)
        assert call is not None
        found[graph.layer_name(position)] = layer_features(graph, position, call)
    facts = [[row.get(name, 0) for name in ("kept", "lines", "clamped")] for row in found.values()]
    assert facts == [[120, 0, 0], [120, 1, 0], [0, 20, 0], [0, 0, 120]]


def test_a_form_without_counts_takes_those_of_its_kernel() -> None:
    assert wider("several shapes; rows of 5") == ("several shapes; rows of 5", "rows of 5", ANY)
    assert wider(ALONE) == (ALONE, ANY)
    kernels = {"k": {ANY: {"macs": 1.0}, "rows of 5": {"macs": 2.0}}}
    assert cost.weights_for(kernels, {}, "k", f"{ALONE}; rows of 5") == {"macs": 2.0}
    assert cost.weights_for(kernels, {}, "k", f"{ALONE}; rows of 3") == {"macs": 1.0}
    assert cost.weights_for(kernels, {"macs": 9.0}, "other", ALONE) == {"macs": 9.0}


def test_counts_of_another_model_or_kernel_are_refused(counts: Path) -> None:
    content = json.loads(counts.read_text())
    content["runs"][0]["layers"][0][1] = "tfk_gone_s8"
    counts.write_text(json.dumps(content))
    with pytest.raises(DataError, match="not those of the model"):
        samples(counts)
    content["runs"][0]["layers"].pop()
    counts.write_text(json.dumps(content))
    assert cost_fit.main(["show", str(counts), str(counts)]) == 2


@pytest.mark.parametrize("path", sorted(cost.TABLES.glob("*.json")), ids=lambda p: p.stem)
def test_tables_load_and_say_what_they_are(path: Path) -> None:
    table = cost.load_table(path.stem)
    assert table.cycles_per_instruction > 0
    assert table.cycles_source
    assert table.source
    assert table.average.keys() <= set(FEATURES)
    assert all(ANY in entry for entry in table.kernels.values())
    assert all(w.keys() <= set(FEATURES) for entry in table.kernels.values() for w in entry.values())
    assert table.measured or "provisional" in table.source


def test_a_table_of_another_form_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = json.loads((cost.TABLES / "esp32.json").read_text())
    facts["kernels"] = {"tfk_add_s8": {"outputs": 48.0}}
    (tmp_path / "old.json").write_text(json.dumps(facts))
    monkeypatch.setattr(cost, "TABLES", tmp_path)
    with pytest.raises(BoardError, match="fit it again"):
        cost.load_table("old")


def test_the_table_of_the_esp32_has_the_cycles_of_the_fit() -> None:
    table, cycles = cost.load_table("esp32"), cost_fit.cycles_of("esp32")
    assert table.cycles_per_instruction == cycles["cycles_per_instruction"]
    assert table.cycles_source == cycles["cycles_source"]
