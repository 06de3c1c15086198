"""Settings over the wire: what is out of range is refused, what is kept is there after a restart."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

from codegen.errors import ToolError
from host_tools.boards import load_board
from host_tools.project.toolchains import find_toolchain
from host_tools.simulator import run_board
from host_tools.simulator.partitions import NVS
from host_tools.wire.framing import encode
from host_tools.wire.messages import (
    Configure,
    Error,
    ErrorCode,
    InferTensor,
    LedMode,
    Restart,
    Result,
    Settings,
    SettingsRequest,
    StatsRequest,
    Stream,
)
from tests.firmware.camera_pictures import pictures_in
from tests.firmware.wire_client import WireClient

DEFAULTS = Settings(0, -128, LedMode.ON, 0, -1, -1, 0, 0, 0, 0, refused=0)
FIELDS = [field.name for field in fields(Configure) if field.name != "keep"]
MINE = Settings(250, 12, LedMode.OFF, 1, 1200, 30, -2, 2, 1, 1, refused=0)


def configure(settings, keep):
    return Configure(keep, *(getattr(settings, name) for name in FIELDS))


@pytest.fixture(params=["sim", "qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"])
def switched_on(request, flashed, tmp_path):
    board = load_board(request.param)
    try:
        variant = find_toolchain(board.toolchain).variant if board.kind == "qemu" else "default"
    except ToolError as error:
        pytest.skip(str(error))
    flash = tmp_path / "flash.bin"
    shutil.copy(flashed(request.param, **({"variant": variant} if board.kind == "qemu" else {})), flash)

    @contextlib.contextmanager
    def start():
        with run_board(board, flash) as running, WireClient(running.port) as client:
            client.boot()
            yield client

    start.flash = flash
    return start


def test_kept_settings_survive_restart_and_power(switched_on):
    with switched_on() as client:
        assert client.ask(SettingsRequest())[0] == DEFAULTS
        assert client.ask(configure(MINE, keep=1))[0] == MINE
        other = replace(MINE, period_ms=7)
        assert client.ask(configure(other, keep=0))[0] == other  # until the restart only
        client.ask(Restart())
        client.boot()
        assert client.ask(SettingsRequest())[0] == MINE
    with switched_on() as client:
        assert client.ask(SettingsRequest())[0] == MINE


def test_damaged_settings_give_way_to_the_older_ones(switched_on):
    with switched_on() as client:
        client.ask(configure(MINE, keep=1))
        client.ask(configure(replace(MINE, period_ms=7), keep=1))
    chip = bytearray(switched_on.flash.read_bytes())
    newest = 1 if chip[NVS.offset + 0x1000] == 2 else 0
    chip[NVS.offset + newest * 0x1000 + 20] ^= 1
    switched_on.flash.write_bytes(chip)
    with switched_on() as client:
        assert client.ask(SettingsRequest())[0] == MINE


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        ("period_ms", 3_600_001, 1),
        ("led", 3, 3),
        ("flash_led", 2, 4),
        ("exposure", 1201, 5),
        ("exposure", -2, 5),
        ("gain", 31, 6),
        ("brightness", 3, 7),
        ("contrast", -3, 8),
        ("mirror", 2, 9),
        ("flip", 255, 10),
    ],
)
def test_settings_out_of_range_change_nothing(sim, field, value, number):
    _, client = sim
    (error,) = client.ask(configure(replace(MINE, **{field: value}), keep=0))
    assert isinstance(error, Error)
    assert (error.code, error.detail) == (ErrorCode.BAD_REQUEST, number)
    assert client.ask(SettingsRequest())[0] == DEFAULTS


def test_a_payload_of_another_length_is_refused(sim):
    _, client = sim
    client.send_raw(encode(0x08, 3, configure(MINE, 0).pack()[:-1]))
    _, error = client.message()
    assert (error.code, error.detail) == (ErrorCode.BAD_REQUEST, len(configure(MINE, 0).pack()))


@contextlib.contextmanager
def with_camera(flash, tmp_path, pictures=()):
    pictures = pictures or pictures_in(tmp_path, 2)
    with (
        run_board(load_board("sim"), flash, pictures=pictures) as running,
        WireClient(running.port) as client,
    ):
        client.boot()
        yield client


def test_the_period_is_a_lower_bound(flashed, tmp_path):
    with with_camera(flashed("sim"), tmp_path) as client:
        client.ask(configure(replace(DEFAULTS, period_ms=60), keep=0))
        start = client.ask(StatsRequest())[0]
        client.ask(Stream(0, 0xFFFFFFFF, 5))
        for _ in range(5):  # the first one comes at once
            client.message()
        assert client.ask(StatsRequest())[0].uptime_ms - start.uptime_ms >= 4 * 60


def test_results_below_the_threshold_are_not_sent(flashed, tmp_path):
    """The fake model's largest output for a picture is known: one above it holds every result back."""
    with with_camera(flashed("sim"), tmp_path) as client:
        client.ask(Stream(0, 6, 0))
        found = [client.message()[1] for _ in range(6)]
        peaks = [max(int.from_bytes([b], "little", signed=True) for b in r.outputs) for r in found]
        assert len(set(peaks)) == 2
        client.ask(configure(replace(DEFAULTS, threshold=max(peaks)), keep=0))
        before = client.ask(StatsRequest())[0].below_threshold
        client.ask(Stream(0, 4, 0))
        kept = [client.message()[1] for _ in range(4)]
        assert [r.frame for r in kept] == [0, 1, 2, 3]
        assert {r.outputs for r in kept} == {
            r.outputs for r, p in zip(found, peaks, strict=True) if p == max(peaks)
        }
        assert client.ask(StatsRequest())[0].below_threshold - before >= 3
        assert isinstance(
            client.ask(InferTensor(0, bytes(64)))[0], Result
        )  # what was asked for is always sent


def test_the_default_threshold_holds_back_no_output_of_any_type(flashed, tmp_path):
    """Outputs of 16 bits lie below -128 often; another threshold means what it says for them too."""
    levels = range(97, 161, 8)
    pictures = [tmp_path / f"{level}.png" for level in levels]
    for level, path in zip(levels, pictures, strict=True):
        Image.new("L", (64, 64), level).save(path)
    with with_camera(flashed("sim", dtype="int16"), tmp_path, pictures) as client:
        client.ask(Stream(0, 8, 0))
        peaks = [int(np.frombuffer(client.message()[1].outputs, np.int16).max()) for _ in range(8)]
        assert min(peaks) < -128 < max(peaks)
        assert client.ask(StatsRequest())[0].below_threshold == 0
        assert client.ask(configure(replace(DEFAULTS, threshold=max(peaks)), keep=0))[0].threshold == max(
            peaks
        )
        client.ask(Stream(0, 2, 0))
        kept = [int(np.frombuffer(client.message()[1].outputs, np.int16).max()) for _ in range(2)]
        assert kept == [max(peaks)] * 2
