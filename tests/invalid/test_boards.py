"""Board names and board folders that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host_tools.toy_folder import write_toy
from tests.invalid.conftest import Refused

GOOD = """
title = "Mine"
chip = "esp32"
kind = "sim"
clock_hz = 240_000_000
toolchain = "host"
max_payload = 4096

[memory]
static_ram = 1000
heap = 1000
heap_block = 1000
psram = 0
flash_app = 1000
app_ram = 0
app_flash = 0

[[build]]
sources = []

[flash]
method = "simulator"
"""


@pytest.fixture
def own_boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "boards"
    (folder / "mine").mkdir(parents=True)
    monkeypatch.setenv("TINYFACE_BOARDS", str(folder))
    return folder / "mine" / "board.toml"


def test_the_template_itself_is_good(own_boards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from host_tools.boards import load_board

    own_boards.write_text(GOOD)
    assert load_board("mine").title == "Mine"


@pytest.mark.parametrize(
    ("before", "after", "fragment"),
    [
        ('title = "Mine"', "title = Mine", "no TOML"),
        ('title = "Mine"', "", "title is missing"),
        ('kind = "sim"', 'kind = "toaster"', "'toaster'"),
        ("clock_hz = 240_000_000", 'clock_hz = "fast"', "clock_hz"),
        ("clock_hz = 240_000_000", 'clock_hz = 240_000_000\ncore = "xtensa-mac32"', "core"),
        ("heap_block = 1000", "heap_block = -1", "heap_block"),
        ('toolchain = "host"', 'toolchain = "magic"', "toolchain"),
        ("psram = 0", "psram = 0\ncolour = 1", "colour"),
        ("sources = []", 'sources = ["absent.c"]', "absent.c"),
        ("[flash]", '[flash]\nmode = "octal"', "'octal'"),
        ("[flash]", '[flash]\nmodes = ["dio", "octal"]', "octal"),
        ("[flash]", '[flash]\nmode = "qio"\nmodes = ["dio"]', "List 'qio' there"),
    ],
)
def test_a_wrong_board_toml(
    before: str, after: str, fragment: str, own_boards: Path, refused: Refused, tmp_path: Path
) -> None:
    assert before in GOOD
    own_boards.write_text(GOOD.replace(before, after))
    said = refused("analyze", write_toy("add", tmp_path), "--board", "mine")
    assert fragment in said
    assert str(own_boards) in said


def test_a_board_that_is_none_lists_the_boards(refused: Refused, tmp_path: Path) -> None:
    said = refused("analyze", write_toy("add", tmp_path), "--board", "arduino-uno")
    assert "'arduino-uno'" in said
    assert "esp32cam" in said


def test_a_folder_of_boards_that_is_not_there(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYFACE_BOARDS", str(tmp_path / "nowhere"))
    assert "TINYFACE_BOARDS" in refused("boards")


def test_a_real_board_needs_a_port(refused: Refused, tmp_path: Path) -> None:
    assert "--port" in refused("validate", write_toy("add", tmp_path), "--board", "esp32cam")


def test_a_real_board_that_is_not_there_is_not_flashed(refused: Refused, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    said = refused("flash", "--board", "esp32cam", "--model", toy, "--port", "/dev/ttyUSB99")
    assert "no such port" in said


@pytest.mark.parametrize(
    "option",
    [
        ("--port", "/dev/ttyUSB0"),
        ("--esptool",),
        ("--project", "x"),
        ("--wait", "9"),
        ("--flash-mode", "dio"),
    ],
)
def test_options_of_real_boards_mean_nothing_to_a_simulated_one(
    option: tuple[str, ...], refused: Refused
) -> None:
    assert option[0] in refused("flash", "--board", "sim", *option)


@pytest.mark.parametrize("verb", ["analyze", "generate", "flash"])
def test_a_board_that_does_not_state_qio_is_not_run_in_it(
    verb: str, refused: Refused, tmp_path: Path
) -> None:
    """On some modules two of the four data lines lead elsewhere."""
    named = ("--board", "xiao-esp32s3-sense", "--flash-mode", "qio")
    said = refused(verb, "--model", write_toy("add", tmp_path), *named)
    assert "does not state that its flash can be read in QIO" in said
    assert 'modes = ["dio", "qio"]' in said


@pytest.mark.parametrize("verb", ["monitor", "simulate"])
def test_a_simulated_board_without_firmware(verb: str, refused: Refused) -> None:
    said = refused(verb, "--board", "sim")
    assert "no firmware" in said
    assert "tinyface flash faces --board sim" in said


def test_validating_a_board_without_firmware(refused: Refused, tmp_path: Path) -> None:
    said = refused("validate", write_toy("add", tmp_path), "--board", "qemu-cortex-m4")
    assert "no firmware" in said
    assert "tinyface flash MODEL --board qemu-cortex-m4" in said


def test_simulated_boards_run_no_tflite_micro(refused: Refused, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    said = refused("flash", "--board", "sim", "--runtime", "tflm", "--model", toy)
    assert "--runtime aot" in said


def test_a_simulated_board_is_not_flashed_through_a_port(refused: Refused, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    assert "--port" in refused("flash", "--board", "sim", "--port", "/dev/ttyUSB0", "--model", toy)
