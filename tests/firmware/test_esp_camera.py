"""The camera's frames on a driver that behaves as esp32-camera 2.1: a queue, buffers, a sensor that goes on.

The fake driver writes into each frame which turn of the sensor it is, and at which turn it is handed out.
"""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from host_tools.simulator import Faults
from host_tools.wire.messages import (
    Configure,
    Error,
    ErrorCode,
    HelloRequest,
    LedMode,
    Log,
    Picture,
    Pixels,
    Refused,
    Restart,
    SettingsRequest,
    Stream,
    Want,
)
from tests.firmware.test_esp_on_fakes import Fakes, results, stats_of, unasked_error


@pytest.fixture
def fakes(flashed, tmp_path, monkeypatch) -> Fakes:
    return Fakes(flashed, tmp_path, monkeypatch)


def turns(client, count: int) -> list[tuple[int, int]]:
    """(the frame's turn, the turn it was handed out at) of the next pictures."""
    found: list[tuple[int, int]] = []
    while len(found) < count:
        message = client.message(timeout_s=10)[1]
        if isinstance(message, Picture):
            found.append(struct.unpack_from("<II", message.pixels))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("period_ms", [0, 700])
def test_the_frame_is_the_newest_one(fakes, period_ms):
    """Handed out in the turn after its own, however long nobody asked before; one may be late by a turn."""
    with fakes.run(environment={"FAKE_FRAME_MS": "100"}) as (_, client):
        client.ask(Stream(Want.PICTURE, 6, period_ms))
        seen = turns(client, 6)
    late = [handed - taken - 1 for taken, handed in seen]
    assert min(late) == 0, seen
    assert sum(late) <= 1, seen
    assert [taken for taken, _ in seen] == sorted({taken for taken, _ in seen})


@pytest.mark.slow
def test_no_turn_of_the_sensor_is_lost(fakes):
    """An inference takes longer than a turn: one frame is in work, one waits, and one is free."""
    with fakes.run(environment={"FAKE_FRAME_MS": "60"}, wait_ms=100) as (_, client):
        client.ask(Stream(Want.PICTURE, 15, 0))
        seen = [taken for taken, _ in turns(client, 15)]
        lost = fakes.log.count(" lost")
    assert seen[-1] > 20
    assert 8 * lost <= seen[-1], (lost, seen)


def test_a_slow_model_gets_the_newest_frame_too(fakes):
    """An inference takes 300 ms, a frame comes each 50: nothing of what passed meanwhile is kept."""
    with fakes.run(environment={"FAKE_FRAME_MS": "50"}, wait_ms=300) as (_, client):
        client.ask(Stream(Want.PICTURE, 6, 0))
        seen = turns(client, 6)
    assert sum(handed - taken - 1 for taken, handed in seen) <= 1, seen
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(seen)]
    assert sum(steps) >= 4 * len(steps), seen


def test_without_psram_as_many_frames_as_fit(fakes):
    with fakes.run(faults=Faults(no_psram=1), environment={"FAKE_FRAME_MS": "60"}) as (_, client):
        client.ask(Stream(0, 10, 0))
        results(client, 10)
    assert "frames 4 in dram" in fakes.log


def said_until_picture(client) -> tuple[list[str], Picture]:
    """The log lines up to the next picture, and the picture."""
    lines: list[str] = []
    while True:
        message = client.message(timeout_s=10)[1]
        if isinstance(message, Log):
            lines.append(message.text)
        if isinstance(message, Picture):
            return lines, message


HAND = Configure(1, 0, -128, LedMode.ON, 0, 300, 5, -1, 0, 1, 0)


def test_the_sensor_and_what_it_refuses_are_told(fakes):
    """A GC2145: named once it has been started; what it does not take stands in SETTINGS and in the log."""
    with fakes.run(environment={"FAKE_SENSOR": "GC2145"}) as (_, client):
        assert client.ask(HelloRequest())[0].sensor == stats_of(client).sensor == ""
        assert client.ask(HAND)[0].refused == 0  # nobody has been asked yet
        client.send(Stream(Want.PICTURE, 2, 0))
        lines, picture = said_until_picture(client)
        assert lines == [
            "camera GC2145, gray frames of width 96",
            "this camera does not take these settings: exposure gain brightness",
        ]
        assert (picture.format, len(picture.pixels)) == (Pixels.GRAY8, 96 * 96)
        results(client, 2)
        assert client.ask(HelloRequest())[0].sensor == stats_of(client).sensor == "GC2145"
        (settings,) = client.ask(SettingsRequest())
        assert settings.refused == Refused.EXPOSURE | Refused.GAIN | Refused.BRIGHTNESS
        assert (settings.exposure, settings.gain, settings.brightness) == (300, 5, -1)
        (settings,) = client.ask(Configure(1, 0, -128, LedMode.ON, 0, -1, 5, 0, 0, 1, 0))
        assert settings.refused == Refused.GAIN
        client.ask(Restart())  # the settings were kept: they are refused again at the camera's start
        assert client.boot().sensor == ""
        assert client.ask(SettingsRequest())[0].refused == 0
        client.send(Stream(Want.PICTURE, 1, 0))
        assert said_until_picture(client)[0][1] == "this camera does not take these settings: gain"


def test_a_sensor_that_takes_everything(fakes):
    with fakes.run(environment={"FAKE_SENSOR": "OV2640"}) as (_, client):
        client.ask(HAND)
        client.send(Stream(Want.PICTURE, 2, 0))
        assert said_until_picture(client)[0] == ["camera OV2640, gray frames of width 96"]
        assert client.ask(SettingsRequest())[0].refused == 0


def test_half_of_the_psram(fakes):
    """A module with 2 MB: said at boot, and the camera works."""
    with fakes.run(environment={"FAKE_PSRAM": str(2 << 20)}) as (_, client):
        error = unasked_error(client)
        assert isinstance(error, Error)
        assert (error.code, error.detail) == (ErrorCode.PSRAM, 2 << 20)
        assert "all or some" in error.text
        client.ask(Stream(0, 5, 0))
        results(client, 5)
    assert "frames 4 in psram" in fakes.log
