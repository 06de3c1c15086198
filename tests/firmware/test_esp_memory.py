"""Flash and memory of the Espressif boards on the fakes: pages, erases in steps, an arena in internal RAM."""

from __future__ import annotations

import hashlib
import re
import shutil
import struct

import pytest

from host_tools.project.build import build
from host_tools.simulator import run_board
from host_tools.simulator.flash import make_image, read_image, write_flash
from host_tools.simulator.partitions import MODEL
from host_tools.wire.messages import (
    Error,
    ErrorCode,
    HelloRequest,
    InferTensor,
    Restart,
    Result,
    UpdateBegin,
    UpdateData,
    UpdateEnd,
    UpdateState,
    UpdateTarget,
)
from host_tools.wire.update import PIECE_BYTES
from tests.firmware.esp_on_fakes import add_fakes, on_fakes
from tests.firmware.fake_model import model_image, write_project
from tests.firmware.test_esp_on_fakes import DATA, Fakes
from tests.firmware.wire_client import WireClient

HALF = MODEL.size // 2


@pytest.fixture
def fakes(flashed, tmp_path, monkeypatch) -> Fakes:
    return Fakes(flashed, tmp_path, monkeypatch)


def sizes(log: str, what: str) -> list[int]:
    return [int(size) for size in re.findall(rf"flash {what} (\d+)", log)]


def send(client, target: UpdateTarget, image: bytes, piece: int = PIECE_BYTES) -> None:
    client.ask(UpdateBegin(target, len(image), hashlib.sha256(image).digest()))
    for at in range(0, len(image), piece):
        client.ask(UpdateData(at, image[at : at + piece]), timeout_s=30)
    assert client.ask(UpdateEnd(), timeout_s=30)[0].state == UpdateState.READY


def large_image(size: int) -> bytes:
    return model_image(struct.pack("<i", 5).ljust(size, b"\x55"), "large")


@pytest.mark.slow
@pytest.mark.parametrize("piece", [PIECE_BYTES, 100_000], ids=["pages", "at once"])
def test_constants_are_erased_step_by_step(fakes, piece):
    """Of 230 KB a sector's erase takes 30 ms: 1.7 s, more than this watchdog waits, and nobody starves."""
    slow = {"FAKE_ERASE_MS": "30", "FAKE_WDT_MS": "1000"}
    image = large_image(230_000)
    with fakes.run(environment=slow, whole=True) as (running, client):
        before = fakes.log
        client.ask(UpdateBegin(UpdateTarget.MODEL, len(image), hashlib.sha256(image).digest()), timeout_s=2)
        assert not sizes(fakes.log[len(before) :], "erase")  # the answer waits for none
        send(client, UpdateTarget.MODEL, image, piece)
        assert running.stderr_tail() == ""
        client.ask(Restart())
        assert client.boot().model == "large"
    erases = sizes(fakes.log, "erase")
    assert set(erases) == {4096}
    assert len(erases) == -(-len(image) // 4096)


def test_an_image_is_read_and_written_by_pages(fakes, flashed):
    """Each access stops both cores."""
    with fakes.run() as (_, client):
        other = flashed("esp32cam", fakes=True, name="newer", constant=5)
        image = make_image(on_fakes("esp32cam"), read_image(other).program)
        before = len(fakes.log)
        send(client, UpdateTarget.FIRMWARE, image, 16_384)
        log = fakes.log[before:]
        pages = -(-len(image) // 4096)
        assert len(sizes(log, "write")) == pages
        assert max(sizes(log, "write")) == 4096
        assert pages <= len(sizes(log, "read")) <= pages + 2
        client.ask(Restart())
        assert client.boot().model == "newer"


def test_the_uart_has_time_until_its_interrupt_must_run(fakes):
    with fakes.run():
        assert "uart threshold 64\n" in fakes.log


@pytest.mark.parametrize("heap", [pytest.param(290_000, marks=pytest.mark.slow), 40_000])
def test_a_model_for_internal_memory_is_never_started_elsewhere(tmp_path, monkeypatch, heap):
    """Compiled without the workaround for PSRAM: where the arena gets no internal memory, it is an error."""
    board = on_fakes("esp32cam")
    project = write_project(tmp_path / "project", board)
    add_fakes(project, board)
    for macros in ([], ["TINYFACE_ARENA_INTERNAL=1"]):
        monkeypatch.setenv("FAKE_HEAP", str(heap))
        flash = tmp_path / f"flash{len(macros)}.bin"
        write_flash(board, build(project, board, macros=macros).path, flash)
        with run_board(board, flash) as running, WireClient(running.port) as client:
            client.boot()
            (hello,) = client.ask(HelloRequest())
            (said,) = client.ask(InferTensor(0, DATA))
            if heap > 100_000:
                assert hello.arena_internal
            if heap > 100_000 or not macros:
                assert isinstance(said, Result)
            else:
                assert isinstance(said, Error)
                assert said.code == ErrorCode.ARENA
        shutil.rmtree(tmp_path / "project" / "build", ignore_errors=True)
