"""Two cores: capture and port beside the inference, newest frame first, results never of another stream."""

from __future__ import annotations

import contextlib
import time

import pytest

from codegen.program.picture import centre_region, crop_resize, to_gray, to_input
from host_tools.boards import load_board
from host_tools.pictures.raw import frame_to_pixels
from host_tools.project.build import build
from host_tools.simulator import Faults, run_board
from host_tools.simulator.flash import write_flash
from host_tools.wire.messages import (
    Ack,
    InferTensor,
    Picture,
    Result,
    StatsRequest,
    Stream,
    Want,
)
from tests.firmware.camera_pictures import pictures_in
from tests.firmware.esp_on_fakes import add_fakes, on_fakes
from tests.firmware.fake_model import reference, write_project
from tests.firmware.wire_client import WireClient
from tests.thread_sanitizer import watched

DATA = bytes(range(64))
FOREVER = 0xFFFFFFFF


@contextlib.contextmanager
def streaming(flash, tmp_path, fps, pictures=6):
    faults = Faults(camera_fps=fps)
    found = pictures_in(tmp_path, pictures)
    with (
        run_board(load_board("sim"), flash, faults=faults, pictures=found) as running,
        WireClient(running.port) as client,
    ):
        assert client.boot().cores == 2
        yield client


@pytest.mark.slow
@pytest.mark.usefixtures("thread_sanitizer")
@pytest.mark.parametrize("name", ["sim", "esp32cam", "xiao-esp32s3-sense"])
def test_no_data_races(tmp_path, name):
    """Streams, requests and counters at once under ThreadSanitizer: it has nothing to say.

    The Espressif boards' own sources run on the fake ESP-IDF. The model writes outside its arena, which
    both cores look at.
    """
    board = watched(load_board(name) if name == "sim" else on_fakes(name))
    project = write_project(tmp_path / "project", board, wait_ms=3, poke=-1)
    if name != "sim":
        add_fakes(project, board)
    write_flash(board, build(project, board).path, tmp_path / "flash.bin")
    pictures = pictures_in(tmp_path, 3) if name == "sim" else []
    with (
        run_board(board, tmp_path / "flash.bin", pictures=pictures, faults=Faults(camera_fps=200)) as running,
        WireClient(running.port) as client,
    ):
        client.boot(60)
        for number in range(12):
            client.ask(Stream(Want.PICTURE | Want.PREVIEW | Want.LAYER_CRC, FOREVER, 0), 30)
            for _ in range(5):
                client.ask(InferTensor(3, DATA), 30)
                client.ask(StatsRequest(), 30)
            if number % 2:
                client.ask(Stream(0, 0, 0), 30)
        assert client.ask(StatsRequest(), 30)[0].inferences > 60
        assert running.stderr_tail() == ""


def next_result(client, timeout_s=10.0):
    while True:
        message = client.message(timeout_s)[1]
        if isinstance(message, Result):
            return message


def results_until_stopped(client):
    """How many results still come before the stream has ended."""
    sequence, count = client.send(Stream(0, 0, 0)), 0
    while True:
        frame, message = client.message()
        if frame.sequence == sequence:
            assert isinstance(message, Ack)
            return count
        count += isinstance(message, Result)


def test_frames_nobody_takes_are_dropped_and_counted(flashed, tmp_path):
    """100 frames a second, 60 ms an inference: most are dropped, results keep coming."""
    with streaming(flashed("sim", wait_ms=60), tmp_path, fps=100) as client:
        client.send(Stream(0, FOREVER, 0))
        for _ in range(9):
            next_result(client)
        sent = 9 + results_until_stopped(client)
        stats = client.ask(StatsRequest())[0]
        assert sent <= stats.inferences <= sent + 2  # the last ones may have ended after the stream
        assert stats.dropped_frames >= stats.inferences


def test_no_frame_is_dropped_where_the_model_is_quicker(flashed, tmp_path):
    """A quarter of a second a frame: enough for the second core on a busy machine."""
    with streaming(flashed("sim"), tmp_path, fps=4) as client:
        client.ask(Stream(0, 6, 0))
        for _ in range(6):
            next_result(client)
        assert client.ask(StatsRequest())[0].dropped_frames == 0


def test_the_port_answers_while_the_model_runs(flashed, tmp_path):
    with streaming(flashed("sim", wait_ms=400), tmp_path, fps=50) as client:
        client.ask(Stream(0, FOREVER, 0))
        next_result(client)
        waits = []
        for _ in range(5):
            start = time.monotonic()
            client.ask(StatsRequest())
            waits.append(time.monotonic() - start)
        assert sorted(waits)[2] < 0.2


def test_requests_and_stream_share_the_second_core(flashed, tmp_path):
    """Every request's outputs are its own, whatever the stream computes in between."""
    with streaming(flashed("sim", wait_ms=5), tmp_path, fps=100) as client:
        client.ask(Stream(Want.LAYER_CRC, FOREVER, 0))
        for seed in range(40):
            data = bytes((seed * 7 + i) % 256 for i in range(64))
            *_, result = client.ask(InferTensor(0, data))
            assert result.outputs == reference(data)[1].tobytes()
        assert isinstance(client.ask(Stream(0, 0, 0))[0], Ack)
        assert client.ask(StatsRequest())[0].arena_guard_intact == 1


def test_results_belong_to_their_pictures_however_often_the_stream_begins_anew(flashed, tmp_path):
    """A frame of the stopped stream, in work or waiting, is never taken for one of the new stream."""
    with streaming(flashed("sim", wait_ms=30), tmp_path, fps=0) as client:
        for _ in range(8):
            client.ask(Stream(Want.PICTURE, FOREVER, 0))
            for number in range(3):
                picture, result = client.message()[1], client.message()[1]
                assert isinstance(picture, Picture)
                assert isinstance(result, Result)
                assert picture.frame == result.frame == number
                pixels = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
                box = centre_region(picture.width, picture.height, 1, 1)
                data = to_input(crop_resize(to_gray(pixels), box, 8, 8)).tobytes()
                assert result.outputs == reference(data)[1].tobytes()
