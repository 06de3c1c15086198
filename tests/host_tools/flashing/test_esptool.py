"""The real esptool flashes the fake ROM: every byte arrives, and each fault is seen."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.simulator.flash import make_image
from tests.fakes.esp_rom import CHIPS, FakeChip, Faults, PtyPort, Rfc2217Port
from tests.host_tools.flashing.esp_board import esp32cam

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY"),
    pytest.mark.skipif(importlib.util.find_spec("esptool") is None, reason="esptool is not installed"),
]
BY_HAND = ("--before", "no-reset", "--after", "no-reset")
AT = 0x10000


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An application image of random and repeated bytes, its length no multiple of a block or sector."""
    program = random.Random(4).randbytes(30_001) + b"tinyface" * 2500
    file = tmp_path / "firmware.bin"
    file.write_bytes(make_image(esp32cam(), program))
    return file


def esptool(port: str, *arguments: object, chip: str = "esp32") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "esptool", "--chip", chip, "--port", port, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def stored(chip: FakeChip, image: Path) -> bool:
    content = image.read_bytes()
    return bytes(chip.flash[AT : AT + len(content)]) == content


@pytest.mark.parametrize("stub", [(), ("--no-stub",)], ids=["stub", "rom"])
def test_every_byte_arrives(stub: tuple[str, ...], image: Path) -> None:
    chip = FakeChip(CHIPS["esp32"])
    chip.bridge = True
    with PtyPort(chip) as port:
        done = esptool(port.name, *stub, *BY_HAND, "write-flash", hex(AT), image)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Hash of data verified" in done.stdout
    assert stored(chip, image)
    assert bytes(chip.flash[:AT]) == b"\xff" * AT
    assert any(loader.stub for loader in chip.loaders) == (not stub)


@pytest.mark.slow  # over RFC 2217 each change of a timeout takes 0.1 s; test_flash.py does it in every run
def test_reset_lines_lead_into_the_loader_and_out(image: Path) -> None:
    chip = FakeChip(CHIPS["esp32"])
    with Rfc2217Port(chip) as port:
        assert not chip.in_download_mode
        done = esptool(port.name, "write-flash", hex(AT), image)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not chip.in_download_mode
    assert stored(chip, image)
    assert chip.resets >= 3  # power on, into the loader (again where the computer was slow), out of it


def test_flash_that_was_not_erased_would_show(image: Path) -> None:
    """The fake's flash only clears bits: a second write is right because esptool lets the ROM erase."""
    chip = FakeChip(CHIPS["esp32"], flash=b"\x00" * (4 << 20))
    chip.bridge = True
    with PtyPort(chip) as port:
        done = esptool(port.name, *BY_HAND, "write-flash", hex(AT), image)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored(chip, image)
    assert chip.flash[AT - 1] == 0


def test_a_corrupted_block_is_found(image: Path) -> None:
    chip = FakeChip(CHIPS["esp32"], faults=Faults(corrupt_block=2))
    chip.bridge = True
    with PtyPort(chip) as port:
        done = esptool(port.name, *BY_HAND, "write-flash", hex(AT), image)
    assert done.returncode != 0
    assert "MD5 of file does not match data in flash" in done.stdout + done.stderr
    assert not stored(chip, image)


@pytest.mark.parametrize("name", ["esp32s3", "esp32c3"])
def test_another_chip_is_refused(name: str, image: Path) -> None:
    chip = FakeChip(CHIPS[name])
    chip.bridge = True
    with PtyPort(chip) as port:
        done = esptool(port.name, "--no-stub", *BY_HAND, "write-flash", hex(AT), image)
    assert done.returncode != 0
    assert f"This chip is ESP32-{name[5:].upper()}, not ESP32" in done.stdout + done.stderr
    assert bytes(chip.flash) == b"\xff" * (4 << 20)


@pytest.mark.slow
@pytest.mark.parametrize("faults", [Faults(silent=True), Faults(cut_after=40_000)], ids=["dead", "cut"])
def test_a_dead_port_ends_in_an_error(faults: Faults, image: Path) -> None:
    chip = FakeChip(CHIPS["esp32"], faults=faults)
    chip.bridge = True
    with PtyPort(chip) as port:
        attempts = ("--connect-attempts", "1")
        done = esptool(port.name, *attempts, "--no-stub", *BY_HAND, "write-flash", hex(AT), image)
    assert done.returncode != 0
    assert not stored(chip, image)
