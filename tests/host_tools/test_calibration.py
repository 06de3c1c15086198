"""`tinyface bench --calibrate`: cycles per instruction out of a board's microseconds, used by `analyze`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from codegen.board import Board
from codegen.cost.estimate import LABEL, estimate
from codegen.cost.time_range import UNCALIBRATED
from codegen.errors import BoardError, DataError
from host_tools.boards import load_board
from host_tools.measure import calibration
from host_tools.measure.calibration import Profile, calibrate
from host_tools.measure.calibration_store import calibration_file, load_calibration, store
from host_tools.models import ModelRef, resolve
from host_tools.project.write import plan_of
from host_tools.wire.messages import Runtime, TickUnit
from tests.host_tools.model_board import ModelBoard
from tests.host_tools.toy_folder import write_toy
from tests.toys.networks import NETWORKS

Cli = Callable[..., Result]

TRUTH = {"tfk_conv_2d_strips_s8": 1.5, "tfk_depthwise_conv_2d_bands_s8": 2.25}
"""Cycles per instruction of an imaginary ESP32-CAM; OTHERS of all other kernels."""
OTHERS = 3.0
DAY = "2026-11-20"


@pytest.fixture
def board() -> Board:
    return load_board("esp32cam")


@pytest.fixture
def ref(tmp_path: Path) -> ModelRef:
    file = tmp_path / "network.tflite"
    file.write_bytes(NETWORKS["mobile_1"]())
    return resolve(str(file))


def kernels_of(ref: ModelRef) -> list[str]:
    graph = plan_of(ref, load_board("esp32cam")).graph
    calls = [op.render(graph) for op in graph.ops]
    return [call.function if call else "" for call in calls]


def true_micros(ref: ModelRef, board: Board) -> list[float]:
    """What each layer takes on the imaginary board."""
    costs = estimate(plan_of(ref, board), board)
    return [
        cost.instructions * TRUTH.get(kernel, OTHERS) * 1e6 / board.clock_hz
        for kernel, cost in zip(kernels_of(ref), costs, strict=True)
    ]


def profile_of(ref: ModelRef, board: Board) -> Profile:
    plan, micros = plan_of(ref, board), true_micros(ref, board)
    cold = tuple(3 * value for value in micros)
    runs = (cold, *(tuple(value * factor for value in micros) for factor in (0.99, 1.0, 1.02)))
    return Profile(board.name, ref.name, ref.model_hash.hex(), plan.plan_hash.hex(), plan.arena_bytes, runs)


@pytest.fixture
def running(ref: ModelRef, board: Board) -> Iterator[ModelBoard]:
    """An ESP32-CAM made of a thread, with the imaginary board's times."""
    ticks = tuple(round(value) for value in true_micros(ref, board))
    with ModelBoard(ref, lambda result, layers: (result, replace(layers, ticks=ticks))) as playing:
        playing.hello = replace(
            playing.hello,
            board=board.name,
            input_bytes=sum(playing.graph.tensor(t).bytes for t in playing.graph.inputs),
        )
        yield playing


def test_a_fit_finds_the_cycles_that_made_the_times(ref: ModelRef, board: Board) -> None:
    found = calibrate(profile_of(ref, board), ref, board, DAY)
    assert set(found.calibration.kernels) == set(TRUTH), "the other kernels have too few layers"
    for kernel, cycles in TRUTH.items():
        assert found.calibration.kernels[kernel] == pytest.approx(cycles)
    assert 1.5 < found.calibration.overall < 3.0
    counted = [m >= calibration.LEAST_MICROS for m in true_micros(ref, board)]
    assert found.calibration.layers == sum(counted)
    for layer in found.layers:
        if layer.kernel in TRUTH:
            assert layer.estimated_micros == pytest.approx(layer.micros)
    assert found.calibration.label == f"calibrated on {DAY} with {found.calibration.layers} layers"


def test_the_range_is_as_wide_as_the_layers_times_lie_apart(ref: ModelRef, board: Board) -> None:
    """Where all kernels take the same cycles, what is left are the runs' own 0.99 to 1.02."""
    profile = profile_of(ref, board)
    alike = [cost.instructions * 1.5 * 1e6 / board.clock_hz for cost in estimate(plan_of(ref, board), board)]
    runs = tuple(tuple(value * factor for value in alike) for factor in (3, 0.99, 1.0, 1.02))
    narrow = calibrate(replace(profile, runs=runs), ref, board, DAY).calibration.spread
    assert (narrow.low, narrow.high) == pytest.approx((0.99, 1.02))
    assert narrow.high - narrow.low < (UNCALIBRATED.high - UNCALIBRATED.low) / 10
    largest = max(range(len(alike)), key=alike.__getitem__)
    odd = tuple(
        tuple(value * (1.5 if position == largest else 1) for position, value in enumerate(run))
        for run in runs
    )
    wide = calibrate(replace(profile, runs=odd), ref, board, DAY).calibration.spread
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low), "one layer is not what its kernel says"


def test_the_first_run_is_cold_and_does_not_count(ref: ModelRef, board: Board) -> None:
    profile = profile_of(ref, board)
    assert profile.micros == pytest.approx(true_micros(ref, board))
    assert replace(profile, runs=profile.runs[:1]).micros == profile.runs[0], "where it is the only one"


def test_analyze_says_and_uses_it_until_it_is_forgotten(cli: Cli, ref: ModelRef, board: Board) -> None:
    def analyzed() -> dict[str, Any]:
        done = cli("analyze", ref.path, "--board", board.name, "--json")
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    before = analyzed()
    assert before["estimate_label"] == LABEL
    found = calibrate(profile_of(ref, board), ref, board, DAY)
    store(found, board)
    after = analyzed()
    assert after["estimate_label"] == found.calibration.label
    assert "measured on the board" in after["cycles_source"]
    assert after["instructions"] == before["instructions"]
    spread = found.calibration.spread
    for layer, kernel in zip(after["layers"], kernels_of(ref), strict=True):
        cycles = TRUTH.get(kernel, found.calibration.overall)
        expected = 1000 * layer["instructions"] * cycles / board.clock_hz
        assert layer["milliseconds"]["middle"] == pytest.approx(expected)
        assert layer["milliseconds"]["low"] == pytest.approx(expected * spread.low)
        assert layer["milliseconds"]["high"] == pytest.approx(expected * spread.high)
        assert layer["cycles"] is None, "the board's figures take the place of the model's"
    assert found.calibration.label in cli("analyze", ref.path, "--board", board.name).stdout
    assert "is forgotten" in cli("bench", "--board", board.name, "--forget").stderr
    assert analyzed() == before
    assert "There is no calibration" in cli("bench", "--board", board.name, "--forget").stderr


def test_a_board_is_measured_over_its_port(
    cli: Cli, running: ModelBoard, ref: ModelRef, board: Board, tmp_path: Path
) -> None:
    done = cli(
        "bench", ref.path, "--board", board.name, "--calibrate", "--port", running.port, "--runs", 3, "--json"
    )
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert len(content["profile"]["runs"]) == 3
    for kernel, cycles in TRUTH.items():
        assert content["calibration"]["kernels"][kernel] == pytest.approx(cycles, rel=0.02)
    kept = load_calibration(board, pytest.fail)
    assert kept is not None
    assert kept.kernels == content["calibration"]["kernels"]
    recorded = tmp_path / "recorded.json"
    recorded.write_text(done.stdout)
    cli("bench", "--board", board.name, "--forget")
    again = cli("bench", ref.path, "--board", board.name, "--calibrate", "--from", recorded)
    assert again.exit_code == 0, again.output
    assert "Cycles an instruction" in again.stdout
    assert load_calibration(board, pytest.fail) == kept


def test_cycles_are_taken_as_they_are(running: ModelBoard, ref: ModelRef, board: Board) -> None:
    """A board that counts cycles: the clock turns them into microseconds and back."""
    from host_tools.attach import open_board

    running.hello = replace(running.hello, tick_unit=TickUnit.CYCLES)
    with open_board(board, running.port) as session:
        profile = calibration.record(session, ref, board, 1)
    assert profile.micros == pytest.approx([round(m) * 1e6 / board.clock_hz for m in true_micros(ref, board)])


@pytest.mark.parametrize("name", ["sim", "qemu-xtensa", "qemu-cortex-m4"])
def test_a_board_without_time_is_refused(cli: Cli, name: str, ref: ModelRef) -> None:
    done = cli("bench", ref.path, "--board", name, "--calibrate")
    assert done.exit_code == 2
    assert ("this computer" if name == "sim" else "no time of its own") in done.stderr
    assert not calibration_file(load_board(name)).exists()


def test_a_board_without_port_is_refused(cli: Cli, ref: ModelRef) -> None:
    done = cli("bench", ref.path, "--board", "esp32cam", "--calibrate")
    assert done.exit_code == 2
    assert "no port is given" in done.stderr
    assert "--from" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_hash": bytes(32)}, "runs another model"),
        ({"plan_hash": bytes(32)}, "another version of tinyface"),
        ({"board": "xiao"}, "says that it is 'xiao'"),
        ({"runtime": int(Runtime.TFLM)}, "runs the interpreter"),
        ({"tick_unit": int(TickUnit.INSTRUCTIONS)}, "counts instructions"),
        ({"layers": 99}, "of 99 layers"),
    ],
)
def test_a_board_that_does_not_fit_is_refused(
    cli: Cli, running: ModelBoard, ref: ModelRef, board: Board, change: dict[str, Any], said: str
) -> None:
    running.hello = replace(running.hello, **change)
    done = cli("bench", ref.path, "--board", board.name, "--calibrate", "--port", running.port, "--runs", 1)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not calibration_file(board).exists()


def test_times_that_no_core_has_are_refused(ref: ModelRef, board: Board) -> None:
    profile = profile_of(ref, board)

    def times(factor: float) -> Profile:
        return replace(profile, runs=tuple(tuple(factor * value for value in run) for run in profile.runs))

    for factor in (0.1, 100.0):
        with pytest.raises(BoardError, match="no small core's"):
            calibrate(times(factor), ref, board, DAY)
    with pytest.raises(BoardError, match="no layer of the model takes"):
        calibrate(times(0.0), ref, board, DAY)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"profile": 3}', '{"runs": []}', '{"runs": [[1, 2], [3]]}', '{"runs": [["long"]]}'],
)
def test_a_file_that_holds_no_profile_is_refused(
    ref: ModelRef, board: Board, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "profile.json"
    file.write_text(text)
    with pytest.raises(DataError, match="holds no profile"):
        calibration.read_profile(file, ref, board)


def test_a_profile_of_another_board_or_model_is_refused(
    cli: Cli, ref: ModelRef, board: Board, tmp_path: Path
) -> None:
    file = tmp_path / "profile.json"
    facts = calibrate(profile_of(ref, board), ref, board, DAY).to_json()["profile"]
    for key, value, said in (
        ("board", "xiao", "of the board 'xiao'"),
        ("model_hash", "00", "of another model"),
    ):
        file.write_text(json.dumps({**facts, key: value}))
        done = cli("bench", ref.path, "--board", board.name, "--calibrate", "--from", file)
        assert done.exit_code == 2
        assert said in done.stderr


def test_a_calibration_is_void_with_another_clock_or_table(ref: ModelRef, board: Board) -> None:
    store(calibrate(profile_of(ref, board), ref, board, DAY), board)
    said: list[str] = []
    assert load_calibration(board, said.append) is not None
    assert said == []
    assert load_calibration(replace(board, clock_hz=80_000_000), said.append) is None
    assert load_calibration(replace(board, cost_table="riscv32"), said.append) is None
    assert len(said) == 2
    assert all("calibrate again" in text for text in said)


def test_a_broken_calibration_names_its_remedy(cli: Cli, ref: ModelRef, board: Board) -> None:
    file = calibration_file(board)
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    done = cli("analyze", ref.path, "--board", board.name)
    assert done.exit_code == 2
    assert "--forget" in done.stderr
    assert cli("bench", "--board", board.name, "--forget").exit_code == 0
    assert cli("analyze", ref.path, "--board", board.name).exit_code == 0


def test_options_that_do_not_go_together_are_refused(cli: Cli, tmp_path: Path) -> None:
    toy = write_toy("add", tmp_path)
    for options in (
        ["--calibrate"],
        ["--forget"],
        ["--calibrate", "--board", "esp32cam", "--compare"],
        ["--calibrate", "--board", "esp32cam", "--ram", 5000],
        ["--port", "/dev/ttyUSB0"],
        ["--runs", 3],
    ):
        assert cli("bench", toy, *options).exit_code == 2
    assert cli("bench", toy, toy, "--calibrate", "--board", "esp32cam").exit_code == 2


def test_a_simulated_board_behind_the_port_is_refused_without_going_in_a_circle(
    cli: Cli, running: ModelBoard, ref: ModelRef, board: Board
) -> None:
    running.hello = replace(running.hello, board="sim")
    done = cli("bench", ref.path, "--board", board.name, "--calibrate", "--port", running.port, "--runs", 1)
    told = " ".join(done.stderr.split())
    assert done.exit_code == 2
    assert "says that it is 'sim'" in told
    assert "real board, for example --port /dev/ttyUSB0" in told
    assert "--board sim" not in told


def test_help_promises_no_simulated_board_to_calibrate(cli: Cli) -> None:
    told = " ".join(cli("bench", "--help").stdout.split())
    assert "--calibrate" in told
    assert "simulated board is started" not in told
