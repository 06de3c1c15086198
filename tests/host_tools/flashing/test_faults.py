"""Everything that goes wrong between a desk and a board ends in one clear message and exit code 2."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tty
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from codegen.errors import TinyfaceError
from host_tools import attach
from host_tools.flashing.esptool import Part
from host_tools.flashing.serial_board import write_and_check
from host_tools.project.write import MANIFEST, Project
from host_tools.simulator.flash import APP_OFFSET, reseal
from host_tools.simulator.link import Link
from host_tools.simulator.process import RunningBoard
from host_tools.wire.timing import Timing
from tests.fakes.esp_rom import CHIPS, FakeChip, Faults, PtyPort, Rfc2217Port
from tests.host_tools.flashing.conftest import Built, FlashByHand, Person
from tests.host_tools.flashing.esp_board import boot, esp32cam


def refusal(
    built: Built, chip: FakeChip, *, direct: bool = True, hand_s: float = 2.0, **person: bool
) -> TinyfaceError:
    """The fault that flashing this chip ends in; PlatformIO's environment is set by the test."""
    somebody = Person(chip, [], **person)
    with PtyPort(chip) as port, pytest.raises(TinyfaceError) as caught:
        write_and_check(built.project, esp32cam(), port.name, direct=direct, step=somebody, hand_s=hand_s)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("name", [pytest.param("esp32s3", marks=pytest.mark.slow), "esp32c3"])
def test_a_wrong_chip(name: str, built: Built) -> None:
    chip = FakeChip(CHIPS[name])
    fault = refusal(built, chip)
    assert f"the chip at the port is an ESP32-{name[5:].upper()}" in fault.cause
    assert "has an ESP32" in fault.cause
    assert bytes(chip.flash) == b"\xff" * len(chip.flash)


def test_a_board_without_power(built: Built) -> None:
    fault = refusal(built, FakeChip(CHIPS["esp32"], faults=Faults(silent=True)))
    assert "nothing answered" in fault.cause
    assert "power" in fault.remedy


def test_a_person_who_does_not_bridge(built: Built) -> None:
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    fault = refusal(built, chip, bridges=False)
    assert "never" in fault.cause or "instead of download mode" in fault.cause
    assert "GPIO0" in fault.remedy


def test_a_corrupted_block(built: Built) -> None:
    fault = refusal(built, FakeChip(CHIPS["esp32"], faults=Faults(corrupt_block=3)))
    assert fault.cause == "the flash holds other bytes than were sent"
    assert "flash again" in fault.remedy


@pytest.mark.slow
def test_a_corrupted_block_through_platformio(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in built.env.items():
        monkeypatch.setenv(name, value)
    fault = refusal(built, FakeChip(CHIPS["esp32"], faults=Faults(corrupt_block=3)), direct=False)
    assert fault.cause == "the flash holds other bytes than were sent"


@pytest.mark.slow
def test_a_cut_cable(built: Built) -> None:
    fault = refusal(built, FakeChip(CHIPS["esp32"], faults=Faults(cut_after=30_000)))
    assert fault.cause == "the connection broke while flashing"
    assert "flash again" in fault.remedy


@pytest.mark.slow
def test_a_cut_cable_through_platformio(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    """esptool tries to open the port again and complains of that at last."""
    for name, value in built.env.items():
        monkeypatch.setenv(name, value)
    fault = refusal(built, FakeChip(CHIPS["esp32"], faults=Faults(cut_after=30_000)), direct=False)
    assert fault.cause == "the connection broke while flashing"


def test_a_cable_cut_before_the_first_byte(built: Built) -> None:
    fault = refusal(built, FakeChip(CHIPS["esp32"], faults=Faults(cut_after=20)))
    assert "gone" in fault.cause or "nothing answered" in fault.cause


@pytest.mark.slow
def test_reset_pressed_with_the_bridge_still_on(built: Built) -> None:
    """The first press leads into download mode again; the person is told, and does it right."""
    chip, heard = FakeChip(CHIPS["esp32"], boot=boot), list[str]()
    person = Person(chip, heard, releases=False)

    def hesitant(text: str) -> None:
        person(text)
        if text.startswith("Now take the bridge off"):
            chip.press_reset()
        if text.startswith("GPIO0 is still at GND"):
            chip.bridge = False
            chip.press_reset()

    with PtyPort(chip) as port:
        done = write_and_check(built.project, esp32cam(), port.name, direct=True, step=hesitant, hand_s=10)
    assert done.model_hash == built.ref.model_hash.hex()
    assert any(text.startswith("GPIO0 is still at GND") for text in heard)


@pytest.mark.slow
@pytest.mark.parametrize("releases", [True, False])
def test_a_bridge_left_on_a_board_that_resets_itself(
    releases: bool, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put on while the flash was written: the reset leads into the loader, and the person is asked."""
    chip, heard = FakeChip(CHIPS["esp32"], boot=boot), list[str]()
    person = Person(chip, heard, releases=releases)

    def bridging(board: object, port: object, parts: Sequence[Part], **_: object) -> None:
        for part in parts:
            content = part.file.read_bytes()
            chip.flash[part.offset : part.offset + len(content)] = content
        chip.bridge = True
        chip.press_reset()

    monkeypatch.setattr("host_tools.flashing.serial_board.write_parts", bridging)
    monkeypatch.setitem(attach.TIMING, "serial", Timing(2.0, 2.0))
    with Rfc2217Port(chip) as port:
        flashing = partial(write_and_check, built.project, esp32cam(), port.name, direct=True, step=person)
        if releases:
            assert flashing(hand_s=10.0).auto_reset
        else:
            with pytest.raises(TinyfaceError) as caught:
                flashing(hand_s=2.0)
            assert caught.value.cause == "the board is still in download mode"
    assert any(text.startswith("Now take the bridge off GPIO0") for text in heard)


def test_esptool_is_missed_before_anybody_bridges(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host_tools.flashing.program.importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("host_tools.flashing.program.shutil.which", lambda _: None)
    chip = FakeChip(CHIPS["esp32"])
    person = Person(chip, [])
    with PtyPort(chip) as port, pytest.raises(TinyfaceError) as caught:
        write_and_check(built.project, esp32cam(), port.name, direct=True, step=person)
    assert "not installed" in caught.value.cause
    assert person.heard == []


@pytest.mark.slow
def test_a_bridge_that_stays(built: Built) -> None:
    chip = FakeChip(CHIPS["esp32"], boot=boot)
    fault = refusal(built, chip, releases=False)
    assert fault.cause == "the board is still in download mode"
    assert "Take the bridge off GPIO0" in fault.remedy
    assert bytes(chip.flash[APP_OFFSET : APP_OFFSET + 1000]) == built.images[APP_OFFSET][:1000]


@pytest.mark.slow
def test_a_board_that_boots_another_model(built: Built) -> None:
    def other_model(flash: Path, link: Link) -> RunningBoard:
        digest = hashlib.sha256(b"another model").digest()
        flash.write_bytes(flash.read_bytes().replace(built.ref.model_hash, digest))
        if digest in flash.read_bytes():
            reseal(flash)
        return boot(flash, link)

    fault = refusal(built, FakeChip(CHIPS["esp32"], boot=other_model))
    assert "the board runs another model" in fault.cause
    assert built.ref.model_hash.hex() in fault.cause
    assert hashlib.sha256(b"another model").hexdigest() in fault.cause


class Talking:
    """An application that prints a text again and again, as a board in trouble does."""

    def __init__(self, text: bytes, link: Link) -> None:
        link.write(text)

    def close(self) -> None:
        """Nothing runs."""


def printing(text: str) -> Callable[[Path, Link], Talking]:
    return lambda flash, link: Talking(text.replace("\n", "\r\n").encode(), link)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nBrownout detector was triggered\n", "the supply voltage collapses (brownout)"),
        ("E (70) psram: PSRAM ID read error: 0xffffffff\n", "the PSRAM does not answer"),
        ("flash read err, 1000\nets_main.c 371\n", "the ROM can't read a boot loader from the flash chip"),
    ],
)
def test_an_application_that_does_not_come_up(text: str, said: str, built: Built) -> None:
    """What the boot text says is the message, not that HELLO is missing."""
    chip = FakeChip(CHIPS["esp32"], boot=printing(text))
    person = Person(chip, [])
    with PtyPort(chip) as port, pytest.raises(TinyfaceError) as caught:
        write_and_check(built.project, esp32cam(), port.name, direct=True, step=person, hand_s=2.0)
    assert caught.value.cause == f"the flash is written, but {said}"


def copy_of(built: Built, folder: Path, **changes: object) -> Project:
    """The project with another manifest; its build folder is the same."""
    folder.mkdir()
    (folder / ".pio").symlink_to(built.project.folder / ".pio")
    manifest = {**built.project.manifest, **changes}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return Project(folder, manifest)


def test_a_build_that_holds_another_model(built: Built, flash_by_hand: FlashByHand, tmp_path: Path) -> None:
    stranger = copy_of(built, tmp_path / "other", model_hash="ab" * 32)
    chip = FakeChip(CHIPS["esp32"])
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", stranger.folder)
    assert status == 2
    assert "does not hold the model with hash abab" in said
    assert chip.loaders == []


def test_a_project_for_another_board(built: Built, flash_by_hand: FlashByHand, tmp_path: Path) -> None:
    stranger = copy_of(built, tmp_path / "other", board="sim")
    chip = FakeChip(CHIPS["esp32"])
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", stranger.folder)
    assert status == 2
    assert "the project is for the board sim, not esp32cam" in said


def test_a_project_that_was_not_built(built: Built, flash_by_hand: FlashByHand, tmp_path: Path) -> None:
    stranger = copy_of(built, tmp_path / "other")
    (stranger.folder / ".pio").unlink()
    chip = FakeChip(CHIPS["esp32"])
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", stranger.folder)
    assert status == 2
    assert "nothing is built here" in said


def test_a_busy_port(flash_by_hand: FlashByHand) -> None:
    from host_tools.wire.transport import open_transport

    ours, theirs = os.openpty()
    tty.setraw(theirs)
    holder = open_transport(os.ttyname(theirs))
    status, said = flash_by_hand(FakeChip(CHIPS["esp32"]), os.ttyname(theirs))
    holder.close()
    os.close(ours)
    os.close(theirs)
    assert status == 2
    assert "the port is busy" in said
    assert "generate" not in said


def test_a_port_that_is_not_there(flash_by_hand: FlashByHand) -> None:
    status, said = flash_by_hand(FakeChip(CHIPS["esp32"]), "/dev/ttyUSB99")
    assert status == 2
    assert "there is no such port" in said


def test_a_fault_is_one_message(built: Built, flash_by_hand: FlashByHand) -> None:
    chip = FakeChip(CHIPS["esp32"], faults=Faults(corrupt_block=3))
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, "--project", built.project.folder, "--esptool")
    assert status == 2
    assert len(re.findall(r"^ error: ", said, re.MULTILINE)) == 1
    assert "Traceback" not in said


def test_a_compile_error_is_shown(built: Built, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from host_tools.flashing import platformio
    from host_tools.project.workspace import refresh_project

    for name, value in built.env.items():
        monkeypatch.setenv(name, value)
    folder = refresh_project(built.ref, esp32cam(), "aot", tmp_path / "project").folder
    (folder / "model.c").write_text("int no such thing;\n")
    with pytest.raises(TinyfaceError) as caught:
        platformio.build(folder, esp32cam())
    assert "model.c" in caught.value.cause
    assert "error" in caught.value.cause
