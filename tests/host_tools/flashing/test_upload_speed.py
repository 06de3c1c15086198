"""An adapter that does not carry the upload speed: one more try at the loader's own, and the true message."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.errors import TinyfaceError
from host_tools import attach
from host_tools.flashing import esptool
from host_tools.flashing.esptool import LineError
from host_tools.flashing.serial_board import write_and_check
from host_tools.project.write import Project, open_project
from host_tools.wire.session import Session
from host_tools.wire.timing import Timing
from host_tools.wire.upload_speed import SAFE_BAUD, speed_that_failed
from tests.fakes.esp_rom import CHIPS, FakeChip, Faults, PtyPort, Rfc2217Port
from tests.host_tools.flashing.conftest import Built, FlashByHand, Person
from tests.host_tools.flashing.esp_board import boot, esp32cam
from tests.host_tools.toy_folder import write_landmark_toy

BEFORE = "esptool.py v4.5.1\nSerial port COM5\nConnecting....\nUploading stub...\nStub running...\n"
CHANGED = BEFORE + "Changing baud rate to 460800\nChanged.\nConfiguring flash size...\n"
LOST = (
    "A fatal error occurred: No serial data received.",
    "A fatal error occurred: Failed to write to target RAM (result was 01070000: Operation timed out)",
    "A fatal error occurred: Failed to write compressed data to flash after seq 3 (result was C100)",
    "A fatal error occurred: Invalid head of packet (0x08): Possible serial noise or corruption.",
    "A fatal error occurred: The chip stopped responding.",
    "A fatal error occurred: Timed out waiting for packet header",
    "A fatal error occurred: Timed out waiting for packet content",
    "A fatal error occurred: Packet content transfer stopped (received 8 bytes)",
    "A fatal error occurred: Serial data stream stopped: Possible serial noise or corruption.",
)


@pytest.mark.parametrize("line", LOST)
def test_what_is_lost_after_a_change_of_speed_is_the_line(line: str) -> None:
    fault = esptool.known_fault(CHANGED + line, "COM5")
    assert isinstance(fault, LineError)
    assert fault.baud == 460_800
    assert "460800 baud" in fault.cause
    assert "--baud 115200" in fault.remedy
    assert "GPIO0" not in fault.remedy


@pytest.mark.parametrize(
    "line",
    ["A fatal error occurred: MD5 of file does not match data in flash!", "This chip is ESP32-S3 not ESP32."],
)
def test_other_faults_are_not_the_speed(line: str) -> None:
    fault = esptool.known_fault(CHANGED + line, "COM5")
    assert fault is not None
    assert not isinstance(fault, LineError)


@pytest.mark.parametrize(
    "line",
    [
        "Lost connection, retrying...\nA fatal error occurred: No serial data received.",
        "A serial exception error occurred: read failed: [Errno 5] Input/output error",
        "device reports readiness to read but returned no data (device disconnected?)",
    ],
)
def test_a_pulled_cable_is_not_the_speed(line: str) -> None:
    fault = esptool.known_fault(CHANGED + line, "COM5")
    assert isinstance(fault, LineError)
    assert fault.baud == 0
    assert "broke" in fault.cause


def test_a_chip_that_never_answered_is_no_matter_of_speed() -> None:
    fault = esptool.known_fault(
        "Connecting......\nA fatal error occurred: Failed to connect to ESP32: No serial data received.",
        "COM5",
    )
    assert fault is not None
    assert not isinstance(fault, LineError)
    assert "GPIO0" in fault.remedy


def test_a_speed_that_the_driver_refuses() -> None:
    text = BEFORE + "Failed to set baud rate 921600. The driver may not support this rate."
    assert speed_that_failed(text) == 921_600
    fault = esptool.known_fault(text, "COM5")
    assert isinstance(fault, LineError)
    assert fault.baud == 921_600


def slow_line(up_to: int) -> FakeChip:
    """The chip behind an adapter that carries no more than this."""
    return FakeChip(CHIPS["esp32"], boot=boot, faults=Faults(garbles_above=up_to))


def holds(chip: FakeChip, built: Built) -> bool:
    return all(bytes(chip.flash[at : at + len(data)]) == data for at, data in built.images.items())


@pytest.mark.slow
@pytest.mark.parametrize(
    "direct",
    [
        pytest.param(True, id="esptool"),
        pytest.param(False, id="platformio", marks=pytest.mark.slow),
    ],
)
def test_an_upload_that_breaks_is_tried_once_more_and_slower(
    direct: bool, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chip then holds every byte; that its application talks too fast for this line is said."""
    for name, value in built.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(attach.TIMING, "serial", Timing(1.0, 1.0))
    chip = slow_line(SAFE_BAUD)
    person = Person(chip, [])
    with PtyPort(chip) as port, pytest.raises(TinyfaceError) as caught:
        write_and_check(built.project, esp32cam(), port.name, direct=direct, step=person, hand_s=5.0)
    assert holds(chip, built)
    again = [text for text in person.heard if "once more at 115200" in text]
    assert len(again) == 1
    assert "broke at 460800 baud" in again[0]
    assert "it talks at 921600 baud, and this line broke at 460800" in caught.value.cause
    assert "`--baud 115200`" in caught.value.remedy


@pytest.mark.slow
def test_a_board_with_reset_lines_is_brought_back_by_itself(built: Built) -> None:
    chip = slow_line(230_400)
    person = Person(chip, [], bridges=False)
    slower = Project(built.project.folder, {**built.project.manifest, "baud": 230_400})
    with Rfc2217Port(chip) as port:
        done = write_and_check(slower, esp32cam(), port.name, direct=True, step=person, hand_s=5.0)
    assert holds(chip, built)
    assert (done.way, done.baud, done.auto_reset) == ("esptool", 230_400, True)
    assert not any("Bridge" in text for text in person.heard)


@pytest.mark.slow
def test_flash_baud_is_the_speed_of_upload_and_application(
    built: Built, flash_by_hand: FlashByHand, tmp_path: Path
) -> None:
    """Nothing breaks then: the firmware is generated for that speed, and the next verb is told of it."""
    model = write_landmark_toy(tmp_path / "model")
    chip = slow_line(SAFE_BAUD)
    with PtyPort(chip) as port:
        status, said = flash_by_hand(chip, port.name, model, "--baud", SAFE_BAUD)
        assert status == 0, said
        with Session(port.name, board_name="esp32cam", baud=SAFE_BAUD) as session:
            assert bytes(session.board.model_hash) == built.ref.model_hash
    assert "once more" not in said
    assert f"--port {port.name} --baud 115200`" in said
    project = tmp_path / "state" / "esp32cam" / "project"
    assert "TINYFACE_BAUD=115200" in (project / "src" / "CMakeLists.txt").read_text()
    assert open_project(project).manifest["baud"] == SAFE_BAUD


def test_a_line_that_is_bad_at_any_speed_is_tried_twice_at_most(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = []

    def break_at(board: object, port: str, parts: object, *, baud: int, **_: object) -> None:
        speeds.append(baud)
        raise LineError("the connection broke", port, "", baud)

    monkeypatch.setattr("host_tools.flashing.serial_board.write_parts", break_at)
    chip = FakeChip(CHIPS["esp32"])
    with PtyPort(chip) as port, pytest.raises(LineError):
        write_and_check(built.project, esp32cam(), port.name, direct=True, step=Person(chip, []), hand_s=5.0)
    assert speeds == [460_800, SAFE_BAUD]
