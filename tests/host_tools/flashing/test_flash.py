"""`tinyface flash --board esp32cam`: PlatformIO, esptool, the ROM, the board that boots from its bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from host_tools.models import resolve
from host_tools.simulator import run_board
from host_tools.simulator.flash import APP_OFFSET, read_image, reseal
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from tests.fakes.esp_rom import CHIPS, FakeChip, Faults, PtyPort, Rfc2217Port
from tests.host_tools.flashing.conftest import Built, FlashByHand
from tests.host_tools.flashing.esp_board import boot, esp32cam, played
from tests.host_tools.followed import write_followed
from tests.host_tools.toy_folder import write_landmark_toy


def assert_stored(chip: FakeChip, images: dict[int, bytes]) -> None:
    """The flash holds these images, and nothing else but the settings that the application writes."""
    expected = bytearray(b"\xff" * len(chip.flash))
    for offset, content in images.items():
        padded = content + b"\xff" * (-len(content) % 4)
        expected[offset : offset + len(padded)] = padded
    expected[0x9000:0xE000] = chip.flash[0x9000:0xE000]
    differing = [
        at for at in range(0, len(expected), 4096) if chip.flash[at : at + 4096] != expected[at : at + 4096]
    ]
    assert not differing, [hex(at) for at in differing]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["platformio", "esptool"])
def test_a_board_that_is_reset_by_hand(
    way: str, built: Built, flash_by_hand: FlashByHand, tmp_path: Path
) -> None:
    """The whole way: model, project, build, download mode, write, release, boot, HELLO."""
    model = write_landmark_toy(tmp_path / "model")
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with PtyPort(chip) as port:
        arguments = ["--model", model, *(["--esptool"] if way == "esptool" else [])]
        status, said = flash_by_hand(chip, port.name, *arguments)
        assert status == 0, said
        assert not chip.in_download_mode
        project = tmp_path / "state" / "esp32cam" / "project" / ".pio" / "build" / "esp32cam"
        names = {0x1000: "bootloader", 0x8000: "partitions", 0xE000: "ota_data_initial", 0x10000: "firmware"}
        assert_stored(chip, {offset: (project / f"{n}.bin").read_bytes() for offset, n in names.items()})
        with Session(port.name, board_name="esp32cam") as session:
            hello = session.board
    assert hello.board == "esp32cam"
    assert bytes(hello.model_hash) == built.ref.model_hash
    assert f"written by {way}" in said
    assert "Bridge GPIO0 to GND" in said
    assert "take the bridge off GPIO0 and press reset" in said
    assert built.ref.model_hash.hex() in said


@pytest.mark.slow  # RFC 2217 takes its time
def test_a_board_with_reset_lines(built: Built, flash_by_hand: FlashByHand) -> None:
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with Rfc2217Port(chip) as port:
        folder = built.project.folder
        status, said = flash_by_hand(chip, port.name, "--project", folder, "--esptool", "--json")
        assert status == 0, said
        assert not chip.in_download_mode
    assert_stored(chip, built.images)
    assert "GPIO0" not in said
    report = json.loads(said[said.index("{") :])
    assert report["auto_reset"] is True
    assert report["model_hash"] == built.ref.model_hash.hex()


@pytest.mark.slow  # RFC 2217 takes its time
def test_a_board_behind_lines_that_lead_nowhere(built: Built, flash_by_hand: FlashByHand) -> None:
    chip = FakeChip(CHIPS["esp32"], boot=boot, faults=Faults(no_auto_reset=True))
    with Rfc2217Port(chip) as port:
        folder = built.project.folder
        status, said = flash_by_hand(chip, port.name, "--project", folder, "--esptool")
    assert status == 0, said
    assert "This board does not reset itself" in said
    assert_stored(chip, built.images)


@pytest.mark.slow
def test_hello_shows_the_hash_that_lies_in_the_flash(
    built: Built, flash_by_hand: FlashByHand, tmp_path: Path
) -> None:
    """Another hash in the very bytes that the ROM received is another hash in HELLO."""
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", built.project.folder, "--esptool")
        assert status == 0, said
    file = tmp_path / "flash.bin"
    file.write_bytes(chip.flash)
    assert read_image(file).program in built.images[APP_OFFSET]
    assert bytes(chip.flash).count(built.ref.model_hash) == 1
    at = bytes(chip.flash).index(built.ref.model_hash)
    assert at > APP_OFFSET
    changed = bytes(chip.flash[at : at + 31]) + bytes([chip.flash[at + 31] ^ 0xFF])
    for content in (built.ref.model_hash, changed):
        chip.flash[at : at + 32] = content
        file.write_bytes(chip.flash)
        reseal(file)
        board = played(esp32cam())
        with run_board(board, file) as running, Session(running.port, timing=Timing(10, 10)) as session:
            assert bytes(session.board.model_hash) == content


def test_the_second_flash_replaces_the_first(built: Built, flash_by_hand: FlashByHand) -> None:
    """What an update over the wire chose before is forgotten: otadata is written too."""
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    chip.flash[0xE000:0xE020] = b"\x01\x00\x00\x00" + b"\xff" * 24 + b"\x9a\x98\x43\x47"
    chip.flash[0x20000:0x90000] = bytes(0x70000)
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", built.project.folder, "--esptool")
    assert status == 0, said
    for offset, content in built.images.items():
        assert bytes(chip.flash[offset : offset + len(content)]) == content


@pytest.mark.slow
def test_a_program_of_several_stages(flash_by_hand: FlashByHand, tmp_path: Path) -> None:
    """The application carries each of its networks; HELLO tells the hash of them all."""
    file = write_followed(tmp_path)
    ref = resolve(str(file))
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, str(file))
    assert status == 0, said
    assert ref.model_hash.hex() in said
    assert all(bytes(network.model_hash) in bytes(chip.flash) for network in ref.networks)
