"""The emulated boards: they boot, answer, and count instructions that repeat exactly."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import ToolError
from codegen.program.preview import preview_of
from host_tools.boards import load_board
from host_tools.project.toolchains import PACKAGES, find_program, find_toolchain, host_compiler
from host_tools.simulator import run_board
from host_tools.simulator.emulator import SINGLE_STEPS
from host_tools.simulator.flash import read_image
from host_tools.simulator.process import variant_of
from host_tools.wire.messages import (
    Ack,
    Error,
    ErrorCode,
    Hello,
    HelloRequest,
    InferPicture,
    InferTensor,
    Layers,
    Picture,
    Preview,
    Restart,
    Result,
    StatsRequest,
    Stream,
    TickUnit,
    Want,
)
from tests.effort import some_and_all
from tests.firmware.fake_model import reference
from tests.firmware.previews import pixels_of, whole_previews
from tests.firmware.wire_client import WireClient

LOOP_TURNS = (400, 2000)
"""Both are loaded by one instruction on every core."""
PREVIEWED_FRAMES = 30
"""Each lets one part of a preview out, which has twelve."""
BOARDS = ["qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa", "qemu-xtensa-lx106"]


def tensor(seed: int) -> bytes:
    return np.random.default_rng(seed).integers(-128, 128, 64).astype(np.int8).tobytes()


@pytest.fixture(params=BOARDS)
def board(request, monkeypatch):
    """Each emulated board; the small Xtensa core where only Debian's compiler is found."""
    name = request.param.removesuffix("-lx106")
    if request.param.endswith("-lx106"):
        monkeypatch.delenv("TINYFACE_DATA", raising=False)
        monkeypatch.delenv("TINYFACE_XTENSA", raising=False)
        if shutil.which("xtensa-elf-gcc"):
            pytest.skip("a larger Xtensa toolchain is on PATH")
    board = load_board(name)
    try:
        toolchain = find_toolchain(board.toolchain)
    except ToolError as error:
        pytest.skip(str(error))
    if request.param == "qemu-xtensa" and toolchain.variant == "lx106":
        pytest.skip("the ESP32-class toolchain is not here: set TINYFACE_DATA or TINYFACE_XTENSA")
    skip_without_emulator(board)
    return board, toolchain.variant


def skip_without_emulator(board):
    emulator = board.builds[0].run[0]
    try:
        find_program(emulator, PACKAGES[emulator])
    except ToolError as error:
        pytest.skip(str(error))


@pytest.fixture
def flash(board, flashed):
    return flashed(board[0].name, variant=board[1])


@pytest.mark.slow
def test_it_boots_and_computes(board, flash):
    with run_board(board[0], flash) as running, WireClient(running.port) as client:
        hello = client.boot()
        assert isinstance(hello, Hello)
        assert (hello.board, hello.tick_unit, hello.arena_internal) == (
            board[0].name,
            TickUnit.INSTRUCTIONS,
            1,
        )
        assert hello.max_payload == board[0].max_payload
        for seed in range(20):
            layers, result = client.ask(InferTensor(3, tensor(seed)))
            assert isinstance(layers, Layers)
            assert result.outputs == reference(tensor(seed))[1].tobytes()
        (result,) = client.ask(InferPicture(0, 0, 1, 96, 96, 0, 0, 96, 96, 0, bytes(96 * 96)), timeout_s=30)
        assert isinstance(result, Result)
        assert result.outputs == reference(bytes([128]) * 64)[1].tobytes()
        (error,) = client.ask(Stream(0, 1, 0))
        assert isinstance(error, Error)
        assert error.code == ErrorCode.CAMERA
        (stats,) = client.ask(StatsRequest())
        assert (stats.arena_guard_intact, stats.bad_frames, stats.dropped_bytes) == (1, 0, 0)
        assert 100 < stats.stack_high_water < 3000


@pytest.mark.slow
def test_the_variant_is_told_by_the_image(board, flash):
    assert variant_of(board[0], read_image(flash).program).variant == board[1]


def ticks_of(board, flash, pauses: bool) -> list[tuple[tuple[int, ...], int]]:
    """Layer ticks and the whole invoke's ticks of the same 6 requests."""
    found = []
    with run_board(board, flash) as running, WireClient(running.port) as client:
        client.boot()
        for _ in range(6):
            layers, _ = client.ask(InferTensor(Want.PROFILE, tensor(7)))
            if pauses:  # the emulated clock passes or stands still meanwhile: the counts must not care
                with pytest.raises(TimeoutError):
                    client.frame(timeout_s=0.05)
            (result,) = client.ask(InferTensor(0, tensor(7)))
            found.append((layers.ticks, result.ticks))
    return found


@pytest.mark.slow
def test_instruction_counts_repeat_exactly(board, flash):
    first = ticks_of(board[0], flash, pauses=False)
    second = ticks_of(board[0], flash, pauses=True)
    assert len(set(first + second)) == 1
    layers, whole = first[0]
    assert 100 < layers[0] < 2000
    assert abs(sum(layers) - whole) < 0.6 * whole


TURNED, MORE = 5, 8
"""Requests after which the counters have turned over, and more of them."""


@pytest.mark.slow
@pytest.mark.parametrize("requests", some_and_all(TURNED, MORE))
def test_counts_repeat_beyond_the_counters_turns(board, requests, flashed):
    """1e9 instructions an inference: the 32-bit counters turn over, the counts stay."""
    run = next(build.run for build in board[0].builds if build.variant == board[1])
    if SINGLE_STEPS in run and requests == TURNED:
        pytest.skip("two minutes, since this core is emulated one instruction at a time: see make thorough")
    flash = flashed(board[0].name, variant=board[1], turns=500_000_000)
    found = set()
    with run_board(board[0], flash) as running, WireClient(running.port) as client:
        client.boot()
        for _ in range(requests):
            layers, result = client.ask(InferTensor(Want.PROFILE, tensor(7)), timeout_s=120)
            found.add((layers.ticks, result.ticks))
    assert len(found) == 1
    assert found.pop()[0][0] > 1_000_000_000


@pytest.mark.slow
def test_counts_repeat_over_many_requests(board, flash):
    found = set()
    with run_board(board[0], flash) as running, WireClient(running.port) as client:
        client.boot()
        for _ in range(5000):
            layers, _ = client.ask(InferTensor(Want.PROFILE, tensor(7)))
            found.add(layers.ticks)
    assert len(found) == 1


@pytest.mark.slow
def test_a_known_loop_counts_right(board, flashed):
    """Layer 0 turns an assembly loop of two instructions: 1600 turns more are 3200 instructions more."""
    counts = []
    for turns in LOOP_TURNS:
        flash = flashed(board[0].name, variant=board[1], turns=turns)
        with run_board(board[0], flash) as running, WireClient(running.port) as client:
            layers, _ = client.ask(InferTensor(Want.PROFILE, tensor(1)))
            (result,) = client.ask(InferTensor(0, tensor(1)))
            counts.append((layers.ticks[0], layers.ticks[1], result.ticks))
    few, many = counts
    assert many[0] - few[0] == 2 * (LOOP_TURNS[1] - LOOP_TURNS[0])
    assert many[1] == few[1]
    assert many[2] - few[2] == 2 * (LOOP_TURNS[1] - LOOP_TURNS[0])


@pytest.mark.slow
def test_previews_are_the_twin_s_and_no_network_feels_them(board, flashed):
    """Each preview is of one of the frames. A run takes as many instructions with previews as without."""
    flash = flashed(board[0].name, variant=board[1], camera="emulated_camera.c")
    ticks: dict[int, set[int]] = {}
    pictures: dict[int, Picture] = {}
    parts: list[Preview] = []
    with run_board(board[0], flash) as running, WireClient(running.port) as client:
        client.boot()
        for want in (0, Want.PICTURE, Want.PICTURE | Want.PREVIEW):
            (ack,) = client.ask(Stream(want, PREVIEWED_FRAMES, 0), timeout_s=30)
            assert isinstance(ack, Ack), ack
            ticks[want], results = set(), 0
            while results < PREVIEWED_FRAMES:
                _, message = client.message(timeout_s=60)
                if isinstance(message, Result):
                    ticks[want].add(message.ticks)
                    results += 1
                elif isinstance(message, Picture):
                    pictures[message.time_ms] = message
                elif isinstance(message, Preview):
                    parts.append(message)
        (stats,) = client.ask(StatsRequest())
        assert (stats.arena_guard_intact, stats.stack_high_water < 3000) == (1, True)
    previews = whole_previews(parts)
    assert len(previews) >= 2
    for first, pixels in previews:
        frame = pixels_of(pictures[first.time_ms])
        assert (first.frame_width, first.frame_height) == (frame.shape[1], frame.shape[0])
        assert np.array_equal(pixels, preview_of(frame))
    assert len(set.union(*ticks.values())) == 1


@pytest.mark.slow
def test_restart_and_reconnect(board, flash):
    with run_board(board[0], flash, tcp="127.0.0.1:0") as running:
        with WireClient(running.port) as client:
            assert isinstance(client.ask(HelloRequest(), timeout_s=20)[0], Hello)
            assert isinstance(client.ask(Restart())[0], Ack)
            client.boot()
        with WireClient(running.port) as client:
            assert client.ask(StatsRequest())[0].inferences == 0


@pytest.mark.slow
def test_a_cut_request_is_given_up(board, flash):
    from host_tools.wire.framing import encode

    with run_board(board[0], flash) as running, WireClient(running.port) as client:
        client.boot()
        client.send_raw(encode(0x02, 9, InferTensor(0, tensor(1)).pack())[:50])
        frame, error = client.message()
        assert (frame.sequence, error.code) == (9, ErrorCode.BAD_FRAME)
        assert isinstance(client.ask(InferTensor(0, tensor(1)))[0], Result)


@pytest.mark.slow
def test_the_emulated_machine_needs_no_network_and_no_display(board):
    for build in board[0].builds:
        assert "-display" in build.run
        assert subprocess.list2cmdline(build.run).endswith("{image}")


@pytest.mark.slow
def test_ticks_equal_what_the_plugin_counts(flashed, tmp_path):
    """The counting plugin and CCOUNT are independent: layer 0 lies between the plugin's markers."""
    board = load_board("qemu-xtensa")
    try:
        toolchain = find_toolchain(board.toolchain)
    except ToolError as error:
        pytest.skip(str(error))
    header = Path(toolchain.cc).resolve().parents[1] / "include"
    if not (header / "qemu-plugin.h").is_file():
        pytest.skip("the toolchain has no qemu-plugin.h: set TINYFACE_DATA or TINYFACE_XTENSA")
    plugin, counts = tmp_path / "icount.so", tmp_path / "counts"
    source = board.folder / "icount.c"
    compile_plugin = [
        host_compiler(),
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fPIC",
        "-shared",
        f"-I{header}",
    ]
    subprocess.run([*compile_plugin, str(source), "-o", str(plugin)], check=True)
    builds = [replace(b, run=(*b.run, "-plugin", f"{plugin},out={counts}")) for b in board.builds]
    found = []
    for turns in (0, *LOOP_TURNS):
        flash = flashed("qemu-xtensa", variant=toolchain.variant, turns=turns)
        with run_board(replace(board, builds=tuple(builds)), flash) as running:
            with WireClient(running.port) as client:
                layers, _ = client.ask(InferTensor(Want.PROFILE, tensor(1)), timeout_s=30)
                client.ask(Restart())
                client.boot(timeout_s=30)
            lines = dict(line.split(" ", 1) for line in counts.read_text().splitlines())
        assert lines["regions"] == "1"
        found.append(layers.ticks[0] - int(lines["region"].split()[0]))
    assert len(set(found)) == 1
    assert -3 <= found[0] <= 30, "what lies between the profiler's calls and the markers"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["qemu-cortex-m4", "qemu-riscv32"])
def test_the_uart_alone_carries_requests(name, flashed):
    """Without the simulator's file every byte comes from the UART."""
    board = load_board(name)
    try:
        find_toolchain(board.toolchain)
    except ToolError as error:
        pytest.skip(str(error))
    skip_without_emulator(board)
    plain = replace(board, builds=tuple(replace(build, spool="") for build in board.builds))
    flash = flashed(board.name, variant="default")
    with run_board(plain, flash) as running, WireClient(running.port) as client:
        client.boot()
        for seed in range(5):
            (result,) = client.ask(InferTensor(0, tensor(seed)), timeout_s=20)
            assert result.outputs == reference(tensor(seed))[1].tobytes()
        pixels = np.random.default_rng(1).integers(0, 256, 2000, np.uint8).tobytes()
        (result,) = client.ask(InferPicture(0, 0, 1, 50, 40, 0, 0, 40, 40, 0, pixels), timeout_s=20)
        assert isinstance(result, Result)
        assert client.ask(StatsRequest(), timeout_s=20)[0].dropped_bytes == 0
