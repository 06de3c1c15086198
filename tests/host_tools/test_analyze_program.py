"""`tinyface analyze` of a program of several stages: every network, runs a frame, memory of all together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codegen import program_report
from codegen.board import Board
from codegen.errors import BudgetError
from codegen.memory.options import DEFAULT_OPTIONS
from codegen.program_report import ProgramAnalysis, analyze_program
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.models import ModelRef, resolve
from host_tools.project.stages import stage_files, stage_plans
from tests.host_tools.followed import write_followed
from tests.host_tools.test_program_files import CASCADE, write_cascade


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cascade(tmp_path_factory.mktemp("cascade"))


def test_every_network_and_the_runs_of_a_frame(cascade: Path) -> None:
    done = run("analyze", cascade, "--board", "esp32cam", "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    networks = {network["model"]: network for network in report["networks"]}
    assert list(networks) == ["proposals", "second", "marks"]
    assert report["arena_bytes"] == max(network["arena_bytes"] for network in networks.values())
    assert networks[report["arena_network"]]["arena_bytes"] == report["arena_bytes"]
    assert report["weight_bytes"] == sum(network["weight_bytes"] for network in networks.values())
    stages = report["stages"]
    # 7 windows; at most the 12 boxes that `find` keeps of 30 candidates; the 4 that `look` keeps of 8.
    assert [(stage["name"], stage["runs"], stage["every"]) for stage in stages] == [
        ("find", 7, 1),
        ("look", 12, 2),
        ("mark", 4, 1),
    ]
    for end in ("low", "middle", "high"):
        for stage in stages:
            once = networks[stage["network"]]["milliseconds"][end]
            assert stage["milliseconds"][end] == pytest.approx(stage["runs"] * once)
        assert report["milliseconds"][end] == pytest.approx(sum(s["milliseconds"][end] for s in stages))
    assert report["milliseconds"]["low"] < report["milliseconds"]["middle"] < report["milliseconds"]["high"]
    memory = {part["kind"]: part for part in report["memory"]}
    parts = [part for network in networks.values() for part in network["memory"] if part["kind"] == "flash"]
    assert memory["flash"]["model_bytes"] == sum(part["model_bytes"] for part in parts)


def test_the_tables_name_every_network_and_stage(cascade: Path) -> None:
    done = run("analyze", cascade, "--board", "esp32cam")
    assert done.exit_code == 0, done.stderr
    shown = " ".join(done.stdout.split())
    for told in ("proposals on AI-Thinker", "second on", "marks on", "a frame, at most"):
        assert told in shown
    assert "look second for each item of find, every 2 frames 12" in shown
    assert "which all share" in shown
    assert "such a frame:" in shown
    assert "ms expected, between" in shown
    left = {part.kind: part.free_bytes for part in report_of(cascade, "esp32cam").memory}
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"it fits {load_board('esp32cam').title}: ")
    for kind, free in left.items():
        assert f"{free:,} bytes of {kind}" in last


def report_of(program: Path, board: str) -> ProgramAnalysis:
    ref, target = resolve(str(program)), load_board(board)
    return analyze_program(ref.program, ref.model_hash, stage_plans(ref, target, DEFAULT_OPTIONS), target)


def test_what_does_not_fit_has_no_such_line(cascade: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = program_report._budgets
    refusals = (("it is too large", "here", "Make it smaller."),)
    monkeypatch.setattr(program_report, "_budgets", lambda *given: (budgets(*given)[0], refusals))
    done = run("analyze", cascade, "--board", "esp32cam")
    assert done.exit_code == 2
    assert "it fits" not in done.stdout
    assert "it is too large" in done.stderr


def test_an_average_frame_counts_the_cadence(tmp_path: Path) -> None:
    """The detector in every frame while nobody is there, else in every seventh; marks for all who are."""
    done = run("analyze", write_followed(tmp_path), "--board", "esp32cam", "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    cost = {network["model"]: network["milliseconds"]["middle"] for network in report["networks"]}
    times = {average["things"]: average for average in report["averages"]}
    assert sorted(times) == [0, 1, 3]
    assert [times[n]["runs"] for n in (0, 1, 3)] == [[1, 0, 0, 0], [1 / 7, 0, 1, 0], [1 / 7, 0, 3, 0]]
    for things, finds in ((0, 1), (1, 1 / 7), (3, 1 / 7)):
        expected = finds * cost["proposals"] + things * cost["marks"]
        assert times[things]["milliseconds"]["middle"] == pytest.approx(expected)
        assert times[things]["frames_a_second"] == pytest.approx(1000 / expected)
        slowest = times[things]["slowest_frames_a_second"]
        assert slowest == pytest.approx(1000 / times[things]["milliseconds"]["high"])
    fresh = report["fresh"]
    assert fresh["runs"] == [1, 0, 1, 0], "the detector, and the marks of the one that it found"
    assert fresh["searching"]["middle"] == pytest.approx(cost["proposals"])
    assert fresh["milliseconds"]["middle"] == pytest.approx(cost["proposals"] + cost["marks"])
    assert fresh["milliseconds"]["low"] < fresh["milliseconds"]["middle"] < fresh["milliseconds"]["high"]
    stages = {stage["name"]: stage for stage in report["stages"]}
    assert (stages["find"]["when"], stages["follow"]["arena_bytes"], stages["follow"]["flash_bytes"]) == (
        "follow", 0, 0,
    )  # fmt: skip
    flash = {part["kind"]: part["model_bytes"] for part in report["memory"]}["flash"]
    assert stages["find"]["flash_bytes"] + stages["mark"]["flash_bytes"] == flash
    shown = " ".join(run("analyze", tmp_path / "followed.toml", "--board", "esp32cam").stdout.split())
    assert "An average frame of followed" in shown
    found, nothing = ("{middle:.1f} ms expected, between {low:.1f} and {high:.1f}".format(**fresh[part])
                      for part in ("milliseconds", "searching"))  # fmt: skip
    assert (
        f"a fresh frame, nothing followed yet and one thing found: {found}; with nothing found {nothing}"
        in shown
    )
    assert f"{times[1]['frames_a_second']:.1f} {times[1]['slowest_frames_a_second']:.1f}" in shown
    assert "0.14 3.00" in shown
    assert "asks" in shown  # the column may break the line before it
    assert "Bytes a stage" in shown


def test_an_average_of_a_cascade(cascade: Path) -> None:
    report = json.loads(run("analyze", cascade, "--board", "esp32cam", "--json").stdout)
    runs = {average["things"]: average["runs"] for average in report["averages"]}
    assert runs == {0: [7, 0, 0], 1: [7, 0.5, 1], 12: [7, 6, 4]}


def test_state_is_what_the_firmware_allocates(cascade: Path) -> None:
    ref = resolve(str(cascade))
    report = analyze_program(
        ref.program, ref.model_hash, stage_plans(ref, load_board("sim"), DEFAULT_OPTIONS), load_board("sim")
    )
    # int32 values: 30 boxes of 6, 8 of 6 and two key points, 4 items of 5 points; each aligned to 16.
    assert report.state_bytes == 4 * (30 * 6 + 8 * 10 + 4 * 10)


def refusal(ref: ModelRef, board: Board) -> BudgetError:
    """Of `analyze`, which is the one of `generate` and `flash`."""
    plans = stage_plans(ref, board, DEFAULT_OPTIONS)
    with pytest.raises(BudgetError) as analyzed:
        analyze_program(ref.program, ref.model_hash, plans, board).require_fit()
    with pytest.raises(BudgetError) as generated:
        stage_files(ref, board, DEFAULT_OPTIONS)
    assert str(generated.value) == str(analyzed.value)
    return analyzed.value


def test_what_does_not_fit_is_refused_as_by_flash(cascade: Path) -> None:
    ref, board = resolve(str(cascade)), load_board("qemu-cortex-m4")
    plans = stage_plans(ref, board, DEFAULT_OPTIONS)
    report = analyze_program(ref.program, ref.model_hash, plans, board)
    report.require_fit()
    arena, state = report.arena_bytes + 128, report.state_bytes

    block = max(arena, state)
    tight = replace(board, memory=replace(board.memory, heap=arena + state, heap_block=block))
    with_state = analyze_program(ref.program, ref.model_hash, plans, tight)
    assert with_state.refusals == ()

    no_arena = refusal(ref, replace(board, memory=replace(board.memory, heap=arena, heap_block=arena - 1)))
    assert no_arena.where.startswith(f"{report.arena_network}, a network of cascade")
    assert "1 bytes too large" in no_arena.cause

    less = replace(board.memory, heap=arena + state - 1, heap_block=block)
    no_state = refusal(ref, replace(board, memory=less))
    assert "records and states" in no_state.cause
    assert no_state.where.startswith("cascade on ")

    image = sum(part.model_bytes for part in report.memory if part.kind == "flash")
    flash = board.memory.app_flash + image
    exactly = replace(board, memory=replace(board.memory, flash_app=flash))
    assert analyze_program(ref.program, ref.model_hash, plans, exactly).refusals == ()
    no_flash = refusal(ref, replace(board, memory=replace(board.memory, flash_app=flash - 1)))
    assert "3 networks" in no_flash.cause
    largest = max(report.networks, key=lambda network: network.memory[-1].model_bytes).model
    assert f"{largest} has the most" in no_flash.cause


def test_the_command_refuses_with_the_figures_shown(cascade: Path, tmp_path: Path) -> None:
    for name in ("proposals.tflite", "second.tflite", "marks.tflite"):
        (tmp_path / name).write_bytes(cascade.with_name(name).read_bytes())
    greedy = tmp_path / "greedy.toml"
    greedy.write_text(CASCADE.replace("most = 30", "most = 60000"), encoding="utf-8")
    refused = run("analyze", greedy, "--board", "qemu-cortex-m4")
    assert refused.exit_code == 2
    told = " ".join(refused.stderr.split())
    assert "records and states" in told
    assert "find has 60,000 items" in told
    assert "a frame, at most" in refused.stdout


def test_tflite_micro_runs_no_program_of_several_stages(cascade: Path) -> None:
    refused = run("analyze", cascade, "--runtime", "tflm")
    assert refused.exit_code == 2
    assert "Use `--runtime aot`" in " ".join(refused.stderr.split())
