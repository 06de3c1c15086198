"""The Espressif boards' own sources with the whole application, on a fake ESP-IDF with faults switched on."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from host_tools.boards import load_board
from host_tools.simulator import Faults, RunningBoard, run_board
from host_tools.wire.messages import (
    Ack,
    Configure,
    Error,
    ErrorCode,
    HelloRequest,
    InferPicture,
    InferTensor,
    LedMode,
    Log,
    ResetReason,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    Stats,
    StatsRequest,
    Stream,
    TickUnit,
    Want,
)
from tests.firmware.esp_on_fakes import on_fakes
from tests.firmware.fake_model import reference
from tests.firmware.test_faults import refused_at_once
from tests.firmware.test_text_mode import lines
from tests.firmware.wire_client import WireClient
from tests.toys.sample import sampled

DATA = bytes(range(64))
EVERY = ("esp32cam", "xiao-esp32s3-sense", "freenove-esp32s3-cam", "esp32c3-devkit")


class Fakes:
    """Starts a board on a copy of its flash file; `log` is what the fake devices were told."""

    def __init__(self, flashed, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._flashed, self._folder, self._patch = flashed, folder, monkeypatch
        self._log = folder / "log"
        monkeypatch.setenv("FAKE_LOG", str(self._log))

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.is_file() else ""

    @contextlib.contextmanager
    def run(
        self,
        name: str = "esp32cam",
        faults: Faults | None = None,
        environment: dict[str, str] | None = None,
        **model,
    ) -> Iterator[tuple[RunningBoard, WireClient]]:
        for key, value in (environment or {}).items():
            self._patch.setenv(key, value)
        flash = self._folder / f"{name}.bin"
        if not flash.exists():
            shutil.copy(self._flashed(name, fakes=True, **model), flash)
        with run_board(on_fakes(name), flash, faults=faults) as running, WireClient(running.port) as client:
            client.boot()
            yield running, client


@pytest.fixture
def fakes(flashed, tmp_path, monkeypatch) -> Fakes:
    return Fakes(flashed, tmp_path, monkeypatch)


def stats_of(client: WireClient) -> Stats:
    (stats,) = client.ask(StatsRequest())
    assert isinstance(stats, Stats)
    return stats


def results(client: WireClient, count: int) -> list[Result]:
    found: list[Result] = []
    while len(found) < count:
        message = client.message()[1]
        if isinstance(message, Result):
            found.append(message)
    return found


def unasked_error(client: WireClient) -> Error:
    while True:
        frame, message = client.message()
        if isinstance(message, Error):
            assert (frame.sequence, frame.flags) == (0, 1)
            return message


@pytest.mark.parametrize("name", sampled(EVERY))
def test_every_board_boots_and_computes(fakes, name):
    with fakes.run(name) as (running, client):
        (hello,) = client.ask(HelloRequest())
        camera, cores = name != "esp32c3-devkit", 1 if name == "esp32c3-devkit" else 2
        assert (hello.board, hello.cores, bool(hello.has_camera)) == (name, cores, camera)
        assert (hello.tick_unit, hello.slot, hello.model_source) == (TickUnit.CYCLES, 0, 0)
        for seed in range(20):
            data = np.random.default_rng(seed).integers(0, 256, 64, np.uint8).tobytes()
            layers, result = client.ask(InferTensor(Want.PROFILE, data))
            assert result.outputs == reference(data)[1].tobytes()
            clock = 160 if name == "esp32c3-devkit" else 240
            assert layers.micros == tuple(ticks // clock for ticks in layers.ticks)
        stats = stats_of(client)
        assert (stats.inferences, stats.bad_frames, stats.stack_free) == (20, 0, 2048)
        assert running.stderr_tail() == ""


@pytest.mark.parametrize("name", EVERY)
def test_serial_port_and_led_are_those_of_board_toml(fakes, name):
    board = load_board(name)
    with fakes.run(name) as (_, client):  # lit until it is told otherwise
        assert isinstance(client.ask(replace(SET, led=LedMode.OFF))[0], Settings)
        client.ask(StatsRequest())
    assert ("uart threshold" in fakes.log) == (not board.own_usb)
    levels = re.findall(rf"^pin {board.pins.get('led', -1)} level (\d)$", fakes.log, re.MULTILINE)
    lit, dark = ("0", "1") if board.led_active_low else ("1", "0")
    assert [levels[0], levels[-1]] == [lit, dark] if "led" in board.pins else not levels


def test_frames_are_the_smallest_that_cover_the_model(fakes):
    """The fake model wants 8 x 8: 96 x 96 is the camera's smallest; PSRAM holds one more than is in use."""
    with fakes.run() as (_, client):
        assert isinstance(client.ask(Stream(0, 6, 0))[0], Ack)
        assert [(r.region_width, r.region_height) for r in results(client, 6)] == [(96, 96)] * 6
    assert "camera init size 0 format 3 frames 4 in psram pins 0 35 code 0x0" in fakes.log


def test_a_result_carries_when_the_sensor_began_its_frame(fakes):
    with fakes.run() as (_, client):
        assert isinstance(client.ask(Stream(Want.PICTURE, 6, 0))[0], Ack)
        seen = [client.message()[1] for _ in range(12)]
        uptime_ms = stats_of(client).uptime_ms
    pictures, found = seen[::2], seen[1::2]
    times = [result.time_ms for result in found]
    assert [picture.time_ms for picture in pictures] == times
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] <= uptime_ms


@pytest.mark.parametrize(
    ("of_idf", "told"),
    [(1, "POWER_ON"), (6, "WATCHDOG"), (9, "BROWNOUT"), (10, "UNKNOWN"), (11, "EXTERNAL"), (15, "PANIC")],
)
def test_reset_reasons(fakes, of_idf, told):
    """11 is what a chip says that was reset over its own USB port, as after flashing."""
    with fakes.run("xiao-esp32s3-sense", environment={"FAKE_RESET": str(of_idf)}) as (_, client):
        (hello,) = client.ask(HelloRequest())
        assert ResetReason(hello.reset_reason).name == told


def test_what_drivers_print_past_the_log_is_not_sent(fakes):
    """The camera's driver tells of damaged frames through the ROM, which knows nothing of our frames."""
    with fakes.run(environment={"FAKE_CAMERA_TALK": "1"}) as (_, client):
        assert isinstance(client.ask(Stream(0, 6, 0))[0], Ack)
        results(client, 6)
        assert b"cam_hal" not in client.text


def test_a_camera_that_starts_at_the_third_try(fakes):
    with fakes.run(environment={"FAKE_CAMERA": "0x105,0x20001,0"}) as (_, client):
        assert isinstance(client.ask(Stream(0, 3, 0))[0], Ack)
        results(client, 3)
        assert stats_of(client).camera_failures == 2
    assert re.findall(r"code (0x\w+)", fakes.log) == ["0x105", "0x20001", "0x0"]


@pytest.mark.parametrize(
    ("code", "text"),
    [(0x105, "ribbon"), (0x106, "ribbon"), (0x20001, "ribbon"), (0x20003, "frame size or format")],
)
def test_a_camera_that_never_starts(fakes, code, text):
    """Three tries, then an error at once, and frames from the host go on."""
    with fakes.run(environment={"FAKE_CAMERA": hex(code)}) as (_, client):
        sequence = client.send(Stream(0, 3, 0))
        frame, log = client.message()
        assert isinstance(log, Log)
        assert "frames come from the host" in log.text
        frame, error = client.message()
        assert (frame.sequence, error.code, error.detail) == (sequence, ErrorCode.CAMERA, code)
        assert text in error.text
        assert refused_at_once(client, code)
        (result,) = client.ask(InferPicture(0, 0, 1, 8, 8, 0, 0, 8, 8, 0, bytes(64)))
        assert isinstance(result, Result)
        assert stats_of(client).camera_failures == 3
    assert fakes.log.count("camera init") == 3


def test_a_camera_that_stops_giving_frames(fakes):
    with fakes.run(environment={"FAKE_CAMERA_NONE": "14"}) as (_, client):
        client.ask(Stream(0, 0xFFFFFFFF, 0))
        codes, frames = [], 0
        while len(codes) < 3:
            message = client.message()[1]
            frames += isinstance(message, Result)
            if isinstance(message, Error):
                codes.append((message.code, message.detail))
        assert codes == [(ErrorCode.CAMERA, 0x107)] * 3
        assert (
            1 <= frames <= 4
        )  # ten are given up while exposure settles, and a newer frame replaces one that still waits
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


def test_without_psram_small_gray_frames_lie_in_internal_memory(fakes):
    with fakes.run(faults=Faults(no_psram=1)) as (_, client):
        error = unasked_error(client)
        assert (error.code, error.detail) == (ErrorCode.PSRAM, 4_194_304)
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)
        client.ask(Stream(0, 3, 0))
        results(client, 3)
        assert stats_of(client).psram_free == 0
    assert "format 3 frames 4 in dram" in fakes.log


def test_a_brownout_is_told(fakes):
    with fakes.run(faults=Faults(brownout=1)) as (_, client):
        error = unasked_error(client)
        assert error.code == ErrorCode.BROWNOUT
        assert "5 V" in error.text
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


@pytest.mark.slow
def test_the_watchdog_is_fed(fakes):
    """A timeout of two seconds, idle and busy for longer: nobody is restarted."""
    with fakes.run(environment={"FAKE_WDT_MS": "2000"}) as (running, client):
        client.ask(Stream(0, 0xFFFFFFFF, 0))
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            results(client, 1)
        client.ask(Stream(0, 0, 0))
        time.sleep(2.5)
        assert stats_of(client).uptime_ms > 4500
        assert running.stderr_tail() == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["esp32cam", "xiao-esp32s3-sense"])
def test_a_host_that_takes_a_picture_slowly(fakes, name):
    """One picture of 9 KB takes 2.7 seconds, the watchdog waits 1.5: it is fed between pieces."""
    with fakes.run(name, environment={"FAKE_WDT_MS": "1500", "FAKE_MS_PER_KB": "300"}) as (running, client):
        client.ask(Stream(Want.PICTURE, 1, 0))
        while not isinstance(client.message(timeout_s=8)[1], Result):
            pass
        assert stats_of(client).uptime_ms > 2700
        assert running.stderr_tail() == ""


@pytest.mark.parametrize("name", EVERY)
def test_text_mode_after_noise(fakes, name):
    """`t` and both line ends, after bytes of another baud rate; a frame ends it."""
    with fakes.run(name) as (_, client):
        client.send_raw(b"\xff\x00\x80noise\xa5\r" + b"t\r\n")
        (hint,) = lines(client, b"letter and Enter")
        assert hint.startswith("tinyface, text mode")
        client.send_raw(b"i\r\n")
        assert lines(client, b"board")[-1].startswith(f"board {name}, model fake ")
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


def test_pictures_are_decoded_before_they_are_sent(fakes):
    """JPEG is none of the wire's formats: the board refuses it and goes on."""
    with fakes.run() as (_, client):
        jpeg = b"\xff\xd8\xff\xe0" + bytes(60)
        (error,) = client.ask(InferPicture(0, 0, 4, 8, 8, 0, 0, 8, 8, 0, jpeg))
        assert error.code == ErrorCode.BAD_REQUEST
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


@pytest.mark.slow
@pytest.mark.parametrize("started_by_sdkconfig", ["0", "1"])
def test_a_task_that_hangs_restarts_the_board(fakes, started_by_sdkconfig):
    environment = {"FAKE_WDT_MS": "1500", "FAKE_CAMERA_HANG": "13", "FAKE_WDT_RUNS": started_by_sdkconfig}
    with fakes.run(environment=environment) as (running, client):
        client.ask(Stream(0, 0xFFFFFFFF, 0))
        results(client, 1)  # of three after ten that settle: a newer frame replaces one that still waits
        client.boot()
        assert unasked_error(client).code == ErrorCode.CRASH
        assert "task watchdog" in running.stderr_tail()
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)


SET = Configure(1, 40, -100, LedMode.BUSY, 1, 300, 5, -1, 2, 1, 0)


def test_settings_reach_the_camera_and_live_in_nvs(fakes):
    with fakes.run("freenove-esp32s3-cam") as (_, client):
        client.ask(Stream(0, 1, 0))
        usual = ("exposure_ctrl 1", "gain_ctrl 1", "brightness 0", "contrast 0", "hmirror 0", "vflip 1")
        assert "".join(f"sensor {line}\n" for line in usual) in fakes.log  # mounted upside down
        (settings,) = client.ask(SET)
        assert isinstance(settings, Settings)
        for line in (
            "exposure_ctrl 0",
            "aec_value 300",
            "gain_ctrl 0",
            "agc_gain 5",
            "brightness -1",
            "contrast 2",
        ):
            assert f"sensor {line}\n" in fakes.log
        assert "sensor hmirror 1\nsensor vflip 1\n" in fakes.log
        client.ask(Restart())
        client.boot()
        assert client.ask(SettingsRequest())[0] == settings


def test_leds(fakes):
    with fakes.run() as (_, client):
        assert "pin 33 level 0\n" in fakes.log  # the status LED lights at low level
        assert fakes.log.rstrip().endswith("pin 4 level 0")  # the flash LED stays dark
        client.ask(SET)
        assert "pin 4 level 1\n" in fakes.log


@pytest.mark.parametrize("code", [0x110D, 0x1110])
def test_a_full_or_old_nvs_is_erased(fakes, code):
    with fakes.run(environment={"FAKE_NVS": hex(code)}) as (_, client):
        assert isinstance(client.ask(SET)[0], Settings)


def test_an_nvs_that_fails_is_an_error_and_the_settings_hold(fakes):
    with fakes.run(environment={"FAKE_NVS_WRITE": "0x1105"}) as (_, client):
        (error,) = client.ask(SET)
        assert (error.code, error.detail) == (ErrorCode.STORAGE, 0x1105)
        assert client.ask(SettingsRequest())[0].period_ms == 40


def test_the_newest_frame_wins(fakes):
    """Inference takes 90 ms, a frame comes every 20 ms: most are dropped, and the port stays alive."""
    with fakes.run(wait_ms=90) as (_, client):
        client.ask(Stream(0, 0xFFFFFFFF, 0))
        results(client, 3)
        before, waits = stats_of(client), []
        for _ in range(5):
            start = time.monotonic()
            stats_of(client)
            waits.append(time.monotonic() - start)
        results(client, 5)
        after = stats_of(client)
        assert min(waits) < 0.08  # while an inference runs
        assert after.dropped_frames - before.dropped_frames >= 5


def test_a_usb_host_that_is_gone_ends_the_stream_only(fakes):
    with fakes.run("xiao-esp32s3-sense", environment={"FAKE_USB_DEAF": "60"}) as (_, client):
        client.ask(Stream(0, 0xFFFFFFFF, 0))
        with contextlib.suppress(TimeoutError):
            while True:
                client.frame(timeout_s=1.5)
        heard = None
        for _ in range(5):  # the first answers are lost too
            client.send(HelloRequest())
            with contextlib.suppress(TimeoutError):
                heard = client.message(timeout_s=0.5)[1]
                break
        assert isinstance(heard, Error)
        assert heard.code == ErrorCode.HOST_GONE
        assert isinstance(client.ask(InferTensor(0, DATA))[0], Result)
