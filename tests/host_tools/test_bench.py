"""`tinyface bench`: totals of the unmarked build, layers that add up to them, counts that repeat exactly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageColor
from typer.testing import Result

from codegen.board import Board
from codegen.cost import fit as cost_fit
from codegen.errors import BoardError, ToolError
from codegen.passes import optimize
from host_tools.boards import list_boards, load_board
from host_tools.measure import bench, counting, instruction_classes
from host_tools.measure import chart as bench_chart
from host_tools.measure.baselines import load_peers
from host_tools.measure.tables import no_peers, without_peers
from host_tools.models import resolve
from host_tools.project.write import plan_of, write_project
from host_tools.simulator.flash import reseal
from host_tools.simulator.state import flash_file
from host_tools.wire.session import Session
from model_zoo.cards import load_card, pretrained_names
from tests.host_tools.toy_folder import write_toy
from tests.toys.networks import NETWORKS

Cli = Callable[..., Result]

DIFFERENCE = 0.01
"""Share of the total by which the layers' sum may miss it: with hooks the compiler inlines otherwise."""


def available(name: str) -> Board:
    board = load_board(name)
    try:
        counting.emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    return board


@pytest.fixture(
    params=[
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("qemu-cortex-m4", "qemu-riscv32")),
        "qemu-xtensa",
    ]
)
def board(request: pytest.FixtureRequest) -> Board:
    """Each board that counts instructions."""
    return available(request.param)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small MobileNet."""
    return write_toy("mini_mobilenet", tmp_path_factory.mktemp("toy"))


@cache
def measured(toy: Path, board: str) -> bench.Bench:
    """What it takes on a board, by class."""
    return bench.measure(resolve(str(toy)), load_board(board), by_class=True)


@pytest.mark.slow
def test_layers_add_up_to_the_total_and_repeat(board: Board, toy: Path) -> None:
    ref, found = resolve(str(toy)), measured(toy, board.name)
    assert bench.measure(ref, board, by_class=True) == found
    graph = optimize(ref.graph)
    assert [layer.name for layer in found.layers] == [graph.layer_name(i) for i in range(len(graph.ops))]
    assert found.macs == sum(layer.macs for layer in found.layers) == graph.macs
    assert abs(found.layer_sum - found.instructions) <= DIFFERENCE * found.instructions
    assert found.instructions > graph.macs
    assert not flash_file(board).exists(), "the board keeps what it had"


@pytest.mark.slow
def test_bytes_are_those_of_the_model(board: Board, toy: Path) -> None:
    found, graph = measured(toy, board.name), optimize(resolve(str(toy)).graph)
    tables = sum(len(call.tables) for op in graph.ops if (call := op.render(graph)) is not None)
    assert graph.weight_bytes <= found.constant_bytes <= graph.weight_bytes + 16 * tables, "aligned to 16"
    assert 1_000 < found.code_bytes < 24_000
    assert found.static_ram_bytes <= 256
    assert 100 < found.stack_high_water <= 1_536


@pytest.mark.slow
def test_json_and_counts(cli: Cli, tmp_path: Path) -> None:
    available("qemu-cortex-m4")
    toys = [write_toy(name, tmp_path / "toys") for name in ("mini_mobilenet", "add")]
    counts = tmp_path / "counts" / "m4.json"
    done = cli("bench", *toys, "--board", "qemu-cortex-m4", "--json", "--counts", counts)
    assert done.exit_code == 0, done.output
    (first, second) = json.loads(done.stdout)["measured"]
    assert (first["model"], second["model"]) == ("mini_mobilenet", "add")
    assert {"instructions", "arena_bytes", "stack_high_water", "code_bytes", "constant_bytes"} <= set(first)
    assert first["layer_sum"] == sum(layer["instructions"] for layer in first["layers"])
    assert first["instructions_per_mac"] == round(first["instructions"] / first["macs"], 3)
    assert second["instructions_per_mac"] is None, "nothing to multiply"
    written = json.loads(counts.read_text())
    assert [run["model"] for run in written["runs"]] == [
        "../toys/mini_mobilenet.tflite",
        "../toys/add.tflite",
    ]
    table = tmp_path / "core.json"
    assert cost_fit.main(["fit", str(counts), "-o", str(table), "--cpi", "1", "--cpi-source", "me"]) == 0
    fitted = json.loads(table.read_text())
    assert fitted["source"] == written["source"]
    assert "tfk_add_s8" in fitted["kernels"]


def test_classes_add_up_to_the_layers(board: Board, toy: Path) -> None:
    """Plugin and clock count apart; on Xtensa the profiler's first call may spill a register window."""
    if instruction_classes.header_folder() is None:
        pytest.skip("there is no qemu-plugin.h: set TINYFACE_DATA or TINYFACE_XTENSA")
    found = measured(toy, board.name)
    spilled = 30 if board.name == "qemu-xtensa" else 2
    for layer in found.layers:
        assert layer.classes is not None
        assert abs(sum(layer.classes.values()) - layer.instructions) <= spilled
        if layer.macs > 1000:
            both = layer.classes.get("mac16", 0)  # a product and a load
            assert layer.classes["multiply"] + both >= layer.macs
            assert layer.classes["load"] + both > layer.macs / 4
    assert found.classes is not None
    assert {"alu", "load", "store", "branch", "multiply"} <= set(found.classes)
    assert sum(found.classes.values()) == sum(sum((layer.classes or {}).values()) for layer in found.layers)
    assert found.classes.get("float", 0) == 0, "integers only"


@pytest.mark.slow
def test_an_emulator_without_classes_says_so(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    available("qemu-cortex-m4")
    monkeypatch.setattr(instruction_classes, "header_folder", lambda: None)
    toy = write_toy("add", tmp_path)
    assert "by class: not given by this emulator" in cli("bench", toy).stdout
    (measured,) = json.loads(cli("bench", toy, "--json").stdout)["measured"]
    assert measured["classes"] is None
    assert measured["layers"][0]["classes"] is None


@pytest.mark.slow
def test_an_image_without_profiler_has_no_classes(tmp_path: Path) -> None:
    board, ref = available("qemu-cortex-m4"), resolve(str(write_toy("add", tmp_path)))
    if instruction_classes.header_folder() is None:
        pytest.skip("there is no qemu-plugin.h: set TINYFACE_DATA or TINYFACE_XTENSA")
    project = write_project(ref, board, "aot", tmp_path / "project").folder
    flash = counting.make_flash(project, board, tmp_path / "flash.bin")
    assert instruction_classes.count_classes(plan_of(ref, board), board, flash)
    assert instruction_classes.symbols(b"no ELF file") == {}
    flash.write_bytes(flash.read_bytes().replace(b"layer_begins\0", b"layer_starts\0"))
    reseal(flash)
    with pytest.raises(BoardError, match="no profiler"):
        instruction_classes.count_classes(plan_of(ref, board), board, flash)


@pytest.mark.slow
def test_a_chart_of_the_layers(cli: Cli, toy: Path, tmp_path: Path) -> None:
    available("qemu-cortex-m4")
    file = tmp_path / "charts" / "layers.png"
    done = cli("bench", toy, "--chart", file)
    assert done.exit_code == 0, done.output
    with Image.open(file) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 16) or []}
        assert picture.height > 13 * bench_chart.ROW
    wanted = bench_chart.COLOURS[: 3 if instruction_classes.header_folder() else 1]
    assert {ImageColor.getrgb(colour) for colour in wanted} <= colours
    done = cli("bench", toy, "--chart", tmp_path / "layers.picture")
    assert done.exit_code == 2
    assert "can't be written" in done.stderr
    assert [p.name for p in tmp_path.iterdir() if "picture" in p.name] == []


@pytest.mark.slow
def test_the_ways_to_plan_the_arena_are_measured(cli: Cli, tmp_path: Path) -> None:
    available("qemu-cortex-m4")
    toy = tmp_path / "mobile_6.tflite"
    toy.write_bytes(NETWORKS["mobile_6"]())

    def taken(*options: object) -> dict[str, Any]:
        done = cli("bench", toy, "--json", *options)
        assert done.exit_code == 0, done.output
        (row,) = json.loads(done.stdout)["measured"]
        return dict(row)

    usual, plain = taken(), taken("--memory", "plain")
    patched = taken("--ram", 44_000)
    assert (usual["options"], plain["options"], patched["options"]) == ("", "--memory plain", "--ram 44000")
    assert patched["arena_bytes"] <= 44_000 < usual["arena_bytes"] < plain["arena_bytes"]
    assert usual["macs"] == plain["macs"] <= patched["macs"]
    assert len(patched["layers"]) > len(usual["layers"])
    assert cli("bench", toy, "--ram", 10).exit_code == 2


@pytest.mark.slow
def test_goals_and_macros_reach_the_compiler(cli: Cli, toy: Path) -> None:
    available("qemu-cortex-m4")

    def taken(*options: object) -> dict[str, Any]:
        done = cli("bench", toy, "--json", *options)
        assert done.exit_code == 0, done.output
        (row,) = json.loads(done.stdout)["measured"]
        return dict(row)

    speed, small = measured(toy, "qemu-cortex-m4"), taken("--optimize", "size")
    assert small["flags"].startswith("-Os")
    assert small["options"] == "--optimize size"
    assert small["code_bytes"] < speed.code_bytes
    assert small["instructions"] > speed.instructions
    doubled = taken("-D", "TINYFACE_ARM_DSP")
    assert doubled["flags"] == "-O2 -DNDEBUG -DTINYFACE_ARM_DSP"
    assert doubled["instructions"] < speed.instructions


def test_counts_are_of_whole_layers(cli: Cli, tmp_path: Path) -> None:
    done = cli("bench", write_toy("add", tmp_path), "--ram", 5000, "--counts", tmp_path / "counts.json")
    assert done.exit_code == 2
    assert not (tmp_path / "counts.json").exists()


@pytest.mark.slow
def test_tables_and_bars(cli: Cli, toy: Path) -> None:
    available("qemu-cortex-m4")
    done = cli("bench", toy)
    assert done.exit_code == 0, done.output
    for said in ("all layers", "█" * 24, "One invoke of the unmarked build", "stack bytes", "constant bytes"):
        assert said in done.stdout


@pytest.mark.slow
def test_compare_takes_all_boards_that_are_here(cli: Cli, tmp_path: Path) -> None:
    here, _ = counting.counting_boards()
    if not here:
        pytest.skip("no emulated board can run here: gcc-arm-none-eabi and qemu-system-arm would do")
    toy = write_toy("add", tmp_path)
    done = cli("bench", "--compare", toy, "--json")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert [row["board"] for row in content["measured"]] == [board.name for board in here]
    assert content["quoted"] == [], "nobody published figures of a toy"
    assert len(content["not_quoted"]) == len(here)
    for row, line in zip(content["measured"], content["not_quoted"], strict=True):
        assert line.startswith(f"no peer is quoted for {row['model']} on {row['board']}")


def test_a_model_without_peers_on_a_core_is_said_so() -> None:
    """A core that the peers were not measured on is named, with the one that they were."""
    facts = {field.name: None for field in fields(bench.Bench)}
    peer = next(peer for peer in load_peers() if peer.board == "qemu-xtensa")
    of_peer = {"model": "m", "model_hash": peer.model_hash, "board": "qemu-xtensa"}
    same, other = (bench.Bench(**{**facts, **of_peer, "variant": core}) for core in (peer.variant, "lx106"))
    assert without_peers([same, other], load_peers()) == [other]
    assert f"qemu-xtensa with the core {peer.variant}" in no_peers(other)
    stranger = replace(other, model_hash="00" * 32)
    assert no_peers(stranger) == "no peer is quoted for m on qemu-xtensa with the core lx106"


@pytest.mark.slow
def test_compare_quotes_the_peers_of_person_detect(cli: Cli, shared_models: Path) -> None:
    available("qemu-cortex-m4")
    model = shared_models / "person_detect.tflite"
    quoted = {p.model_hash for p in load_peers() if p.model == "person_detect"}
    assert quoted == {hashlib.sha256(model.read_bytes()).hexdigest()}
    done = cli("bench", "--compare", model)
    assert done.exit_code == 0, done.output
    for said in ("tinyface (measured)", "TFLite-Micro + CMSIS-NN (quoted)", "22.9", "quoted 2026-11"):
        assert said in done.stdout


def test_peers_are_dated_and_belong_to_boards() -> None:
    peers = load_peers()
    cores = {(board.name, build.variant) for board in list_boards() for build in board.builds}
    assert {(peer.board, peer.variant) for peer in peers} <= cores
    assert all(peer.date and peer.method and peer.instructions > 1_000_000 for peer in peers)
    ours = {peer.model: peer.model_hash for peer in peers if peer.model in pretrained_names()}
    assert ours == {name: load_card(name).sha256 for name in ours}
    assert ours


@pytest.mark.parametrize("name", ["sim", "esp32cam"])
def test_a_board_that_counts_nothing_is_refused(cli: Cli, name: str, tmp_path: Path) -> None:
    done = cli("bench", write_toy("add", tmp_path), "--board", name)
    assert done.exit_code == 2
    assert "counts no instructions" in done.stderr
    assert "qemu-cortex-m4" in done.stderr


def test_compare_and_board_exclude_each_other(cli: Cli, tmp_path: Path) -> None:
    assert cli("bench", write_toy("add", tmp_path), "--compare", "--board", "qemu-cortex-m4").exit_code == 2


@pytest.mark.slow
def test_a_count_that_does_not_repeat_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, ask, calls = available("qemu-cortex-m4"), Session.infer_tensor, []

    def drifting(self: Session, tensors: bytes, want: int = 0):  # type: ignore[no-untyped-def]
        answer = ask(self, tensors, want)
        calls.append(answer)
        return replace(answer, result=replace(answer.result, ticks=answer.result.ticks + len(calls)))

    monkeypatch.setattr(Session, "infer_tensor", drifting)
    with pytest.raises(BoardError, match="do not repeat"):
        bench.measure(resolve(str(write_toy("add", tmp_path))), board)


def test_wrong_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, right = available("qemu-cortex-m4"), counting.expect

    def wrong(*args):  # type: ignore[no-untyped-def]
        expected = right(*args)
        return replace(expected, outputs=expected.outputs[:-1] + bytes([expected.outputs[-1] ^ 1]))

    monkeypatch.setattr(counting, "expect", wrong)
    with pytest.raises(BoardError, match="other bytes than the reference"):
        bench.measure(resolve(str(write_toy("add", tmp_path))), board)
