"""Text mode for a plain terminal: `t` and Enter, human lines, and a frame that ends it."""

from __future__ import annotations

import contextlib
import os
import re
import select
import time

import numpy as np
import pytest

from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.build import build
from host_tools.project.toolchains import find_toolchain
from host_tools.project.write import write_project
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import write_flash
from host_tools.wire.framing import encode
from host_tools.wire.messages import (
    ErrorCode,
    Hello,
    HelloRequest,
    InferTensor,
    Result,
    StatsRequest,
    Stream,
)
from tests.firmware.camera_pictures import pictures_in
from tests.firmware.fake_model import MODEL_HASH, reference
from tests.firmware.wire_client import WireClient
from tests.host_tools.test_program_files import write_cascade

DATA = bytes(range(64))


def lines(client, until, timeout_s=10):
    """The text that comes, as lines, up to one that holds `until`."""
    end, text = time.monotonic() + timeout_s, b""
    while time.monotonic() < end:
        ready, _, _ = select.select([client._descriptor], [], [], 0.1)
        if ready:
            text += os.read(client._descriptor, 65536)
        done = text.split(b"\r\n")[:-1]
        if any(until in line for line in done):
            return [line.decode("ascii") for line in done]
    raise TimeoutError(f"no line with {until!r}: {text!r}")


@pytest.fixture(params=["sim", "qemu-xtensa"])
def terminal(request, flashed):
    board = load_board(request.param)
    try:
        variant = find_toolchain(board.toolchain).variant if board.kind == "qemu" else "default"
    except ToolError as error:
        pytest.skip(str(error))
    flash = flashed(request.param, **({"variant": variant} if board.kind == "qemu" else {}))
    with run_board(board, flash) as running, WireClient(running.port) as client:
        client.boot()
        yield request.param, client


def test_letters_are_answered_with_lines(terminal):
    name, client = terminal
    client.send_raw(b"t\r")
    (hint,) = lines(client, b"letter and Enter")
    assert "c camera" in hint
    client.send_raw(b"i\n")
    (who,) = lines(client, b"board")
    assert who.startswith(
        f"board {name}, model fake {MODEL_HASH[:8].hex()}, aot, layers 2, arena 160 bytes in "
    )
    client.send_raw(b"s\r\n")
    (numbers,) = lines(client, b"up ")
    assert ", inferences 0, bad frames 0," in numbers
    client.send_raw(b"what is this?\r")
    assert lines(client, b"letter and Enter") == [hint]


def test_a_frame_returns_to_frames(terminal):
    _, client = terminal
    client.send_raw(b"t\r")
    lines(client, b"letter and Enter")
    (result,) = client.ask(InferTensor(0, DATA), timeout_s=20)
    assert result.outputs == reference(DATA)[1].tobytes()
    client.send_raw(b"s\r")  # frames again: not a command any more
    with pytest.raises(TimeoutError):
        lines(client, b"up ", timeout_s=0.4)
    assert client.ask(StatsRequest())[0].inferences == 1


def test_a_header_is_enough_and_its_damaged_payload_is_refused_in_a_frame(terminal):
    _, client = terminal
    client.send_raw(b"t\r")
    lines(client, b"letter and Enter")
    damaged = bytearray(encode(0x02, 9, InferTensor(0, DATA).pack()))
    damaged[-1] ^= 1
    client.send_raw(bytes(damaged))
    frame, error = client.message(timeout_s=20)
    assert (frame.sequence, error.code) == (9, ErrorCode.BAD_FRAME)


def test_noise_does_not_make_the_board_talk(sim):
    """Outside text mode nothing but `t` alone on its line is a command."""
    _, client = sim
    for noise in (b"s\r", b"tt\r", b" t\r", b"hello\r\n", b"\r\n\r\n", b"t", b"\xa5t\x00\r"):
        client.send_raw(noise)
        with pytest.raises(TimeoutError):
            client.frame(timeout_s=0.12)
        client.text = b""
        client.ask(StatsRequest())
        assert client.text == b""


@contextlib.contextmanager
def camera(flashed, tmp_path, faults=None):
    pictures = pictures_in(tmp_path, 2)
    with (
        run_board(load_board("sim"), flashed("sim"), pictures=pictures, faults=faults) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        client.send_raw(b"t\r")
        lines(client, b"letter and Enter")
        yield client


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
def test_the_largest_output_is_a_number_of_its_type(flashed, tmp_path, dtype):
    pictures = pictures_in(tmp_path, 1)
    with (
        run_board(load_board("sim"), flashed("sim", dtype=dtype), pictures=pictures) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        client.ask(Stream(0, 1, 0))
        message = client.message()[1]
        while not isinstance(message, Result):
            message = client.message()[1]
        values = np.frombuffer(message.outputs, np.dtype(dtype).newbyteorder("<"))
        client.send_raw(b"t\r")
        lines(client, b"letter and Enter")
        client.send_raw(b"c\r")
        shown = next(line for line in lines(client, b"frame 0") if line.startswith("frame"))
        assert f"largest output {values.max()} at {values.argmax()}," in shown


def test_the_camera_by_hand(flashed, tmp_path):
    with camera(flashed, tmp_path) as client:
        client.send_raw(b"c\r")
        shown = [line for line in lines(client, b"frame 3") if line.startswith("frame")]
        assert all("largest output" in line and ", points " in line for line in shown)
        client.send_raw(b"c\r")
        lines(client, b"camera off")
        client.send_raw(b"c\r")
        lines(client, b"frame 0")
        client.send(HelloRequest())  # ends text mode and the stream that was started in it
        message = client.message()[1]
        while not isinstance(message, Hello):
            assert not isinstance(message, Result)
            message = client.message()[1]
        with pytest.raises(TimeoutError):
            client.frame(timeout_s=0.3)


def test_an_error_is_a_line(flashed, tmp_path):
    with camera(flashed, tmp_path, Faults(camera=0x20001)) as client:
        client.send_raw(b"c\r")
        shown = lines(client, b"error")
        assert shown[-1].startswith(f"error {int(ErrorCode.CAMERA)} (0x20001): no camera answers")


def test_a_line_a_stage(tmp_path):
    """Name, runs and items of each stage as it ends, then the frame's line; a stage that rests has none."""
    board = load_board("sim")
    cascade = resolve(str(write_cascade(tmp_path)))
    project = write_project(cascade, board, "aot", tmp_path / "project").folder
    write_flash(board, build(project, board, strict=True).path, tmp_path / "flash.bin")
    with (
        run_board(board, tmp_path / "flash.bin", pictures=pictures_in(tmp_path, 1)) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        client.send_raw(b"t\r")
        lines(client, b"letter and Enter")
        client.send_raw(b"c\r")
        shown = lines(client, b"frame 1: ")
    shown = shown[: 1 + next(n for n, line in enumerate(shown) if line.startswith("frame 1: "))]
    stages = [line for line in shown if line.startswith("  ")]
    told = [re.fullmatch(r"  (\w+): runs (\d+), items (\d+), (boxes|points) .*", line) for line in stages]
    assert [match[1] for match in told] == ["find", "look", "mark", "find", "mark"]
    runs, items = ([int(match[n]) for match in told] for n in (2, 3))
    assert runs == [7, items[0], items[1], 7, items[1]]
    assert min(items) > 0
    assert [shown.index(line) for line in shown if line.startswith("frame")] == [3, 6]
