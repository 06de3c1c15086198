"""Faults of the simulated board are answered with a code, and what still works goes on."""

from __future__ import annotations

import contextlib
import time

import pytest

from host_tools.attach import connect_and_switch_on
from host_tools.boards import load_board
from host_tools.simulator import Faults, run_board
from host_tools.wire.messages import (
    Ack,
    Error,
    ErrorCode,
    HelloRequest,
    InferPicture,
    InferTensor,
    Log,
    ResetReason,
    Result,
    StatsRequest,
    Stream,
)
from host_tools.wire.session import Session
from tests.firmware.camera_pictures import pictures_in
from tests.firmware.fake_model import reference
from tests.firmware.wire_client import WireClient

DATA = bytes(range(64))


@contextlib.contextmanager
def board(flash, faults, pictures=()):
    with (
        run_board(load_board("sim"), flash, faults=faults, pictures=pictures) as running,
        WireClient(running.port) as client,
    ):
        hello = client.boot()
        yield running, client, hello


def works(client):
    (result,) = client.ask(InferTensor(0, DATA))
    assert result.outputs == reference(DATA)[1].tobytes()
    (result,) = client.ask(InferPicture(0, 0, 1, 8, 8, 0, 0, 8, 8, 0, bytes(64)))
    assert isinstance(result, Result)


def refused_at_once(client, code):
    """A stream is refused with the camera's code, without three tries: they pause twice, 200 ms each."""
    waits = []
    for _ in range(5):  # on a busy machine one of them may be slow
        start = time.monotonic()
        (error,) = client.ask(Stream(0, 1, 0))
        waits.append(time.monotonic() - start)
        assert (error.code, error.detail) == (ErrorCode.CAMERA, code)
    return min(waits) < 0.35


@pytest.mark.parametrize("code", [0x105, 0x20001, 0x20003])
def test_after_three_camera_starts_frames_come_from_the_host(flashed, tmp_path, code):
    with board(flashed("sim"), Faults(camera=code), pictures_in(tmp_path, 1)) as (_, client, _):
        client.send(Stream(0, 1, 0))
        _, log = client.message()
        _, error = client.message()
        assert isinstance(log, Log)
        assert (error.code, error.detail) == (ErrorCode.CAMERA, code)
        assert refused_at_once(client, code)
        works(client)
        assert client.ask(StatsRequest())[0].camera_failures == 3


def test_a_camera_that_needs_a_second_start(flashed, tmp_path):
    faults = Faults(camera=0x105, camera_starts=1)
    with board(flashed("sim"), faults, pictures_in(tmp_path, 1)) as (_, client, _):
        assert isinstance(client.ask(Stream(0, 2, 0))[0], Ack)
        assert isinstance(client.message()[1], Result)


def test_without_psram_everything_is_smaller(flashed):
    with board(flashed("sim"), Faults(no_psram=1)) as (_, client, hello):
        frame, error = client.message()
        assert (frame.flags, error.code, error.detail) == (1, ErrorCode.PSRAM, 4_194_304)
        assert 512 < hello.max_payload < 110_000
        works(client)
        assert client.ask(StatsRequest())[0].psram_free == 0


def test_an_arena_that_needs_the_missing_psram(flashed):
    with board(flashed("sim", arena_extra=120_000), Faults(no_psram=1)) as (_, client, _):
        codes = [client.message()[1].code for _ in range(2)]
        assert codes == [ErrorCode.ARENA, ErrorCode.PSRAM]
        assert client.ask(InferTensor(0, DATA))[0].code == ErrorCode.ARENA
        assert client.ask(HelloRequest())[0].arena_internal == 0


def test_a_brownout_is_told_once(flashed):
    with board(flashed("sim"), Faults(brownout=1)) as (_, client, hello):
        assert hello.reset_reason == ResetReason.BROWNOUT
        error = client.message()[1]
        assert isinstance(error, Error)
        assert (error.code, "500 mA" in error.text) == (ErrorCode.BROWNOUT, True)
        assert b"BROWN_OUT_RESET" in client.text
        works(client)


def test_a_crash_is_told(flashed):
    with board(flashed("sim", stack=700_000), Faults()) as (_, client, _):
        client.send(InferTensor(0, DATA))
        assert client.boot().reset_reason == ResetReason.PANIC
        error = client.message()[1]
        assert (error.code, error.detail) == (ErrorCode.CRASH, ResetReason.PANIC)


def test_a_host_that_takes_nothing_ends_the_stream(flashed, tmp_path):
    faults = Faults(host_gone=30_000)
    with board(flashed("sim"), faults, pictures_in(tmp_path, 1)) as (_, client, _):
        client.ask(Stream(4, 0xFFFFFFFF, 0))
        with contextlib.suppress(TimeoutError):
            while True:
                client.frame(timeout_s=1)
        client.decoder.abandon()  # the frame that was cut
        client.send(HelloRequest())
        error = client.message()[1]
        while not isinstance(error, Error):
            error = client.message()[1]
        assert error.code == ErrorCode.HOST_GONE
        works(client)


def test_a_session_shows_notices_and_goes_on(flashed):
    said: list[str] = []
    faults = Faults(no_psram=1, brownout=1)
    with (
        run_board(load_board("sim"), flashed("sim"), faults=faults, on=False) as running,
        Session(running.port, on_log=said.append, connect=lambda: connect_and_switch_on(running)) as session,
    ):
        assert session.infer_tensor(DATA).result.outputs == reference(DATA)[1].tobytes()
    assert sum("PSRAM" in line for line in said) == 1
    assert sum("supply voltage" in line for line in said) == 1
