"""`tinyface doctor` at a port without a board, and at boards that are well, ill and silent."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.doctor.examine import Report, examine_port
from host_tools.flashing.simulated import flash
from host_tools.models import resolve
from host_tools.pictures.faces import portrait_views
from host_tools.pictures.files import write_frames
from host_tools.simulator import parse_faults, run_board
from host_tools.simulator.link import Link
from host_tools.simulator.state import flash_file
from host_tools.wire.framing import Frame
from host_tools.wire.messages import Error, ErrorCode, Settings, SettingsRequest, Stats, StatsRequest, Stream
from tests.fakes.esp_rom import CHIPS, FakeChip, Faults, PtyPort, Rfc2217Port
from tests.host_tools.fake_board import FakeBoard
from tests.host_tools.test_program_files import write_cascade
from tests.host_tools.toy_folder import write_landmark_toy, write_toy
from tests.toys.sample import sampled

LOGS = Path(__file__).parent / "logs"
needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="needs a PTY")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The played boards print at once: nobody listens for long."""
    monkeypatch.setattr("host_tools.doctor.examine.BOOT_TEXT_S", 0.5)


@pytest.fixture(scope="module")
def chip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flash of a simulated board with a landmark toy, the same for all tests."""
    place = tmp_path_factory.mktemp("ill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(place))
        board = load_board("sim")
        flash(resolve(str(write_landmark_toy(place / "toy"))), board, "aot")
        return flash_file(board)


def doctor(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)], catch_exceptions=False)


def test_no_adapter_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [])
    result = doctor()
    assert result.exit_code == 1
    assert "no USB serial adapter is plugged in" in result.stdout


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may open everything")
def test_no_permission_is_a_finding(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch(mode=0o000)
    result = doctor("--port", port)
    assert result.exit_code == 1
    assert "dialout" in result.stdout


def test_permission_is_explained_with_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> SimpleNamespace:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("serial.serial_for_url", refuse)
    result = doctor("--port", "/dev/ttyUSB0")
    assert result.exit_code == 1
    assert "you may not open the port" in result.stdout
    assert "usermod -aG dialout" in result.stdout


def examined(chip: FakeChip) -> tuple[Report, list[str]]:
    """The report about a chip at a PTY, with somebody who presses reset when asked to."""
    heard: list[str] = []

    def person(text: str) -> None:
        heard.append(text)
        chip.press_reset()

    with PtyPort(chip) as port:
        report = examine_port(load_board("esp32cam"), port.name, tell=person, hand_s=1.0, hello_s=0.5)
    return report, heard


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


class Printing:
    """An application that prints a text at boot and nothing else."""

    def __init__(self, text: bytes, link: Link) -> None:
        link.write(text)

    def close(self) -> None:
        """Nothing runs."""


def printing(name: str) -> Callable[[Path, Link], Printing]:
    text = (LOGS / f"{name}.log").read_bytes().replace(b"\n", b"\r\n")
    return lambda flash, link: Printing(text, link)


@needs_pty
@pytest.mark.parametrize(
    "name", sampled(["brownout", "camera-not-found", "empty-flash", "flash-size", "task-watchdog"])
)
def test_a_board_that_says_what_is_wrong_when_it_boots(name: str) -> None:
    report, heard = examined(FakeChip(CHIPS["esp32"], boot=printing(name)))
    assert rules(report)[0] == name
    assert heard == ["Press the board's reset button."]


@needs_pty
def test_a_board_left_in_download_mode() -> None:
    chip = FakeChip(CHIPS["esp32"])
    chip.bridge = True
    report, heard = examined(chip)
    assert rules(report) == ["download-mode"]
    assert report.facts["chip"] == "ESP32"
    assert heard == []


@needs_pty
def test_another_chip_in_download_mode() -> None:
    chip = FakeChip(CHIPS["esp32c3"])
    chip.bridge = True
    report, _ = examined(chip)
    assert rules(report) == ["download-mode", "another-chip"]
    assert "ESP32-C3" in report.findings[1].cause


@needs_pty
def test_a_board_without_power() -> None:
    report, _ = examined(FakeChip(CHIPS["esp32"], faults=Faults(silent=True)))
    assert rules(report) == ["no-answer"]
    assert "power" in report.findings[0].remedy


@needs_pty
def test_text_that_nobody_knows_is_shown() -> None:
    chip = FakeChip(
        CHIPS["esp32"], boot=lambda flash, link: Printing(b"hello from another firmware\r\n", link)
    )
    report, _ = examined(chip)
    assert report.findings == []
    assert report.verdict == "unknown"
    assert "hello from another firmware" in report.text


@pytest.mark.slow
def test_a_board_with_a_reset_line_is_reset() -> None:
    chip = FakeChip(CHIPS["esp32"], boot=printing("psram"))
    with Rfc2217Port(chip) as port:
        report = examine_port(load_board("esp32cam"), port.name)
    assert rules(report) == ["psram"]
    assert chip.resets == 2


def test_firmware_of_another_version() -> None:
    with FakeBoard() as board:
        board.hello = replace(board.hello, protocol=77)
        result = doctor("--port", board.port)
    assert result.exit_code == 1
    assert "version 77 of the wire protocol" in result.stdout
    assert "newer than this program" in result.stdout


@needs_pty
def test_a_board_that_is_well_and_one_with_another_model(tmp_path: Path) -> None:
    toy, other = write_landmark_toy(tmp_path / "toy"), write_toy("add", tmp_path)
    board = load_board("sim")
    flash(resolve(str(toy)), board, "aot")
    pictures = write_frames(portrait_views(1, 1.3, seed=0), tmp_path)
    with run_board(board, flash_file(board), pictures=pictures) as running:
        well = doctor("--board", "sim", "--port", running.port, "--model", toy)
        ill = doctor("--board", "sim", "--port", running.port, "--model", other)
        stranger = doctor("--board", "esp32cam", "--port", running.port)
    assert well.exit_code == 0, well.stdout
    assert "Nothing is wrong." in well.stdout
    assert resolve(str(toy)).model_hash.hex() in well.stdout
    assert ill.exit_code == stranger.exit_code == 1
    assert resolve(str(other)).model_hash.hex() in ill.stdout
    assert "the board says that it is 'sim', not 'esp32cam'" in stranger.stdout


def test_a_program_is_a_model_that_the_board_should_run(tmp_path: Path) -> None:
    """Not a log: its hash is held against the board's, with a port and without one."""
    program = write_cascade(tmp_path)
    ref = resolve(str(program))
    assert ref.has_stages
    with FakeBoard(answering("OV2640", 0)) as board:
        board.hello = replace(board.hello, board="esp32cam", model=ref.name, model_hash=ref.model_hash)
        well = doctor("--port", board.port, program)
        board.hello = replace(board.hello, model="other", model_hash=bytes(32))
        other = doctor("--port", board.port, program)
    wrong = f"'other' with hash {bytes(32).hex()}"
    assert ref.model_hash.hex() in well.stdout
    assert "with hash" not in well.stdout
    assert other.exit_code == 1
    assert wrong in " ".join(other.stdout.split())


def test_a_program_without_a_port_is_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    result = doctor(write_cascade(tmp_path))
    assert result.exit_code == 1
    assert "no USB serial adapter" in " ".join(result.stdout.split())


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = doctor("--port", "nowhere", tmp_path / "faces.toml")
    assert result.exit_code == 2
    assert "the program can't be read" in " ".join(result.stderr.split())


@needs_pty
def test_a_simulated_board_without_pictures_is_well(chip_file: Path) -> None:
    with run_board(load_board("sim"), chip_file) as running:
        well = doctor("--port", running.port)
    assert well.exit_code == 0, well.stdout
    assert "Nothing is wrong." in well.stdout
    assert "the simulated camera has no pictures" in " ".join(well.stdout.split())
    assert "wrong:" not in well.stdout


def test_a_damaged_arena_is_told() -> None:
    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == StatsRequest.CODE:
            ill = {field.name: 0 for field in fields(Stats)} | {"psram_free": 1000, "sensor": ""}
            board.send(Stats(**ill), frame.sequence)
            return True
        return False

    with FakeBoard(answer) as board:
        board.hello = replace(board.hello, board="esp32cam")
        report = examine_port(load_board("esp32cam"), board.port)
    assert rules(report) == ["arena", "heap"]


@needs_pty
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("camera=261", "camera-not-found"),
        ("camera=131073", "camera-not-found"),
        ("camera=131075", "camera-format"),
        ("camera=262", "camera-not-supported"),
        ("brownout=1", "brownout"),
        ("no_psram=1", "psram"),
    ],
)
def test_a_running_board_that_is_ill(fault: str, rule: str, chip_file: Path, tmp_path: Path) -> None:
    """The simulated board with one fault switched on, otherwise well."""
    board = load_board("sim")
    pictures = write_frames(portrait_views(1, 1.3, seed=0), tmp_path)
    with run_board(board, chip_file, pictures=pictures, faults=parse_faults(fault)) as running:
        report = examine_port(board, running.port)
    assert rules(report)[0] == rule
    assert report.findings[0].remedy


def answering(sensor: str, refused: int, camera_error: Error | None = None) -> Callable[..., bool]:
    """A board with this sensor in STATS, and SETTINGS with what it refuses."""

    def answer(board: FakeBoard, frame: Frame) -> bool:
        if frame.type == SettingsRequest.CODE:
            board.send(Settings(0, -128, 1, 0, 300, 5, 0, 0, 0, 0, refused), frame.sequence)
        elif frame.type == Stream.CODE and camera_error is not None:
            board.send(camera_error, frame.sequence)
        else:
            return False
        return True

    return answer


@pytest.mark.parametrize(
    ("refused", "told"), [(0, "GC2145"), (3, "GC2145, which does not take exposure, gain")]
)
def test_the_sensor_and_what_it_does_not_take(refused: int, told: str) -> None:
    with FakeBoard(answering("GC2145", refused)) as board:
        board.hello = replace(board.hello, sensor="GC2145")
        report = examine_port(load_board("sim"), board.port)
    assert report.facts["camera"] == told


@pytest.mark.parametrize(
    ("sensor", "rule", "told"), [("", "camera-not-supported", "latch"), ("HM0360", "camera", "HM0360")]
)
def test_a_sensor_that_gives_no_picture_is_named(sensor: str, rule: str, told: str) -> None:
    """The ribbon is only advised where no sensor answered."""
    error = Error(ErrorCode.CAMERA, 0x20004, "no picture on this chip")
    with FakeBoard(answering(sensor, 0, error)) as board:
        board.hello = replace(board.hello, sensor=sensor)
        report = examine_port(load_board("sim"), board.port)
    (finding,) = [finding for finding in report.findings if finding.rule.startswith("camera")]
    assert finding.rule == rule
    assert told in finding.cause + finding.remedy
    assert ("ribbon in straight" in finding.remedy) == (sensor == "")
