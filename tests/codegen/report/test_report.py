"""The report: sums, live bytes, budgets and what it says where a model does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from codegen.board import Board, Memory
from codegen.cost.estimate import LABEL
from codegen.errors import BoardError, BudgetError
from codegen.lowering.target import Target
from codegen.memory.plan import Plan
from codegen.memory.planner import make_plan
from codegen.memory_report import ARENA_GUARD_BYTES
from codegen.passes import optimize
from codegen.report import analyze
from codegen.tflite.reader import parse_model
from tests.toys.models import TOYS

MEMORY = Memory(
    static_ram=163_840, heap=290_000, heap_block=110_000, psram=4_194_304, flash_app=3_145_728,
    app_ram=20_480, app_flash=400_000,
)  # fmt: skip


def board(memory: Memory = MEMORY, cost_table: str = "esp32") -> Board:
    return Board("b", "A board", "esp32", "serial", 240_000_000, cost_table, memory, "host", False, Path())


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(optimize(parse_model(TOYS["mini_pfld"](), "mini_pfld")))


def test_sums_and_peak(plan: Plan) -> None:
    report = analyze(plan, board())
    assert report.macs == sum(layer.macs for layer in report.layers) == plan.graph.macs
    assert (
        report.weight_bytes == sum(layer.weight_bytes for layer in report.layers) == plan.graph.weight_bytes
    )
    assert max(layer.live_bytes for layer in report.layers) == plan.lower_bound == report.lower_bound
    peak = next(layer for layer in report.layers if layer.live_bytes == plan.lower_bound)
    assert report.bound_layer == peak.name
    assert report.instructions == pytest.approx(sum(layer.instructions or 0 for layer in report.layers))
    times = [layer.milliseconds for layer in report.layers if layer.milliseconds is not None]
    assert len(times) == len(report.layers)
    assert report.milliseconds is not None
    for end in ("low", "middle", "high"):
        assert getattr(report.milliseconds, end) == pytest.approx(sum(getattr(t, end) for t in times))
    assert 0 < report.milliseconds.low < report.milliseconds.middle < report.milliseconds.high
    assert report.estimate_label.startswith(LABEL)
    assert report.arena_in == "internal RAM"
    report.require_fit()


def test_json_is_plain(plan: Plan) -> None:
    facts = json.loads(json.dumps(analyze(plan, board()).to_json()))
    assert facts["model"] == "mini_pfld"
    assert len(facts["layers"]) == len(plan.graph.ops)
    assert facts["memory"][0]["free_bytes"] == 110_000 - plan.arena_bytes - ARENA_GUARD_BYTES


def test_arena_goes_to_psram_where_the_heap_is_small(plan: Plan) -> None:
    wanted = plan.arena_bytes + ARENA_GUARD_BYTES
    assert analyze(plan, board(replace(MEMORY, heap_block=wanted))).arena_in == "internal RAM"
    report, inside = analyze(plan, board(replace(MEMORY, heap_block=wanted - 1))), analyze(plan, board())
    assert report.arena_in == "PSRAM"
    assert report.milliseconds is not None
    assert inside.milliseconds is not None
    assert report.milliseconds.middle > inside.milliseconds.middle, "its lines come from outside"
    assert all(layer.cycles.psram > 0 for layer in report.layers if layer.cycles is not None)
    assert all(layer.cycles.psram == 0 for layer in inside.layers if layer.cycles is not None)
    assert [(m.kind, m.model_bytes) for m in report.memory[:2]] == [("internal RAM", 0), ("PSRAM", wanted)]
    report.require_fit()


def test_arena_that_fits_nowhere(plan: Plan) -> None:
    small = replace(MEMORY, heap_block=2000, psram=0)
    report = analyze(plan, board(small))
    assert report.arena_in == ""
    with pytest.raises(BudgetError) as error:
        report.require_fit()
    over = plan.arena_bytes + ARENA_GUARD_BYTES - 2000
    assert f"{over:,} bytes too large" in error.value.cause
    assert report.bound_layer in error.value.cause
    assert f"{2000 - ARENA_GUARD_BYTES:,} bytes fits" in error.value.remedy
    assert error.value.where == "mini_pfld on b"


def test_board_without_a_heap_uses_static_ram(plan: Plan) -> None:
    static = replace(
        MEMORY, heap=0, heap_block=0, psram=0, static_ram=plan.arena_bytes + 128 + 1000, app_ram=1000
    )
    assert analyze(plan, board(static)).arena_in == "internal RAM"
    assert analyze(plan, board(replace(static, app_ram=1001))).refusals


def test_flash_too_small(plan: Plan) -> None:
    report = analyze(plan, board(replace(MEMORY, flash_app=402_000)))
    with pytest.raises(BudgetError, match="flash") as error:
        report.require_fit()
    flash = report.memory[-1]
    assert f"{-flash.free_bytes:,} bytes too large" in error.value.cause


def test_unknown_cost_table(plan: Plan) -> None:
    with pytest.raises(BoardError, match="no cost table"):
        analyze(plan, board(cost_table="z80"))


def test_board_without_a_cost_table(plan: Plan) -> None:
    report = analyze(plan, board(cost_table=""))
    assert (report.instructions, report.milliseconds) == (None, None)
    assert {(layer.instructions, layer.milliseconds) for layer in report.layers} == {(None, None)}
    assert report.estimate_label == "not estimated"
    assert "no cost table" in report.estimate_source


def test_the_estimate_says_what_code_it_is_of() -> None:
    graph = optimize(parse_model(TOYS["mini_pfld"](), "mini_pfld"))
    small = analyze(make_plan(replace(graph, target=Target(goal="size"))), board())
    assert small.estimate_label == f"{LABEL}, of code for speed: code for size takes more"
    assert analyze(make_plan(graph), board()).estimate_label == LABEL
