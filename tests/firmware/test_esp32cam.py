"""The Espressif boards' sources compile against stand-ins of ESP-IDF's headers; their projects are complete.

They have never run on silicon: nothing here can tell whether they would. test_esp_on_fakes.py runs their
logic.
"""

from __future__ import annotations

import configparser
import contextlib
import re
import subprocess
from pathlib import Path

import pytest

import firmware
from codegen.errors import ToolError
from host_tools.boards import board_defines, load_board, project_files
from host_tools.project.toolchains import find_toolchain, host_compiler

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "esp_idf"
SHARED = firmware.ROOT / "chips" / "espressif"
C3 = "esp32c3-devkit"
BOARDS = ("esp32cam", "xiao-esp32s3-sense", "freenove-esp32s3-cam", C3)


def compilers() -> list[str]:
    found = [host_compiler()]
    with contextlib.suppress(ToolError):
        found.append(find_toolchain("xtensa-lx").cc)
    return found


@pytest.mark.parametrize("name", BOARDS)
def test_sources_compile_against_the_api(name: str) -> None:
    board = load_board(name)
    facts = [f"-D{fact}={value}" for fact, value in board_defines(board).items()]
    target = {"IDF_TARGET_ESP32": board.chip == "esp32", "FREERTOS_UNICORE": name == C3}
    facts += [f"-DCONFIG_{option}={int(value)}" for option, value in target.items()]
    places = (firmware.ROOT / "include", firmware.ROOT / "src", board.folder, SHARED, FAKES)
    include = [f"-I{path}" for path in places]
    rooms = (SHARED, board.folder, firmware.ROOT / "src")
    sources = [source for room in rooms for source in sorted(room.glob("*.c"))]
    warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror"]
    flags = ["-std=gnu17", "-fsyntax-only", *warnings]
    for cc in compilers():
        more: list[str] = []
        if "lx106" in cc:  # that compiler has no C library
            own = (firmware.ROOT / "boards" / "qemu-xtensa" / "lx106", FAKES.with_name("no_c_library"))
            more = ["-ffreestanding", *(f"-I{path}" for path in own)]
        subprocess.run([cc, *flags, *more, *facts, *include, *map(str, sources)], check=True)


@pytest.mark.parametrize("name", BOARDS)
def test_every_pin_is_used_and_every_used_pin_is_given(name: str) -> None:
    board = load_board(name)
    text = "".join(path.read_text(encoding="utf-8") for path in SHARED.glob("esp_*.c"))
    used = set(re.findall(r"TINYFACE_PIN_(\w+)", text))
    given = {pin.upper() for pin in board.pins}
    assert given <= used
    optional = {"LED", "FLASH_LED"}
    assert used - given <= (optional if board.camera else used)


def test_the_pins_of_the_cameras() -> None:
    """As the makers print them: D0 to D7, then XCLK, PCLK, VSYNC, HREF, SDA, SCL, PWDN, RESET."""
    order = [f"d{i}" for i in range(8)]
    order += ["xclk", "pclk", "vsync", "href", "sccb_sda", "sccb_scl", "pwdn", "reset"]
    pins = {name: [load_board(name).pins[pin] for pin in order] for name in BOARDS if name != C3}
    assert pins == {
        "esp32cam": [5, 18, 19, 21, 36, 39, 34, 35, 0, 22, 25, 23, 26, 27, 32, -1],
        "xiao-esp32s3-sense": [15, 17, 18, 16, 14, 12, 11, 48, 10, 13, 38, 47, 40, 39, -1, -1],
        "freenove-esp32s3-cam": [11, 9, 8, 10, 12, 18, 17, 16, 15, 13, 6, 7, 4, 5, -1, -1],
    }


@pytest.mark.parametrize("name", BOARDS)
def test_shared_sources_and_templates_come_along(name: str) -> None:
    board = load_board(name)
    files = project_files(board)
    of_chip = {"esp32-revision3.defaults"} if board.chip == "esp32" else set()
    assert set(files) | {"esp32-revision3.defaults"} == set(project_files(load_board("esp32cam")))
    assert {name for name in files if name.endswith(".defaults")} == {"sdkconfig.defaults"} | of_chip
    octal = "CONFIG_SPIRAM_MODE_OCT=y" in files["sdkconfig.defaults"]
    assert octal == (board.chip == "esp32s3")
    assert ("CONFIG_SPIRAM=y" in files["sdkconfig.defaults"]) == (board.memory.psram > 0)
    assert f"[env:{name}]" in files["platformio.ini"]
    assert ("esp32-camera" in files["src/idf_component.yml"]) == board.camera


@pytest.mark.parametrize("runtime", ["aot", "tflm"])
def test_the_project_is_complete(runtime):
    files = project_files(load_board("esp32cam"), runtime)
    assert set(files) == {
        "CMakeLists.txt",
        "README.md",
        "empty_model.py",
        "esp32-revision3.defaults",
        "partitions.csv",
        "platformio.ini",
        "sdkconfig.defaults",
        "src/CMakeLists.txt",
        "src/idf_component.yml",
    }
    assert not [name for name, text in files.items() if re.search(r"@[A-Z_]+@", text)]
    ini = configparser.ConfigParser()
    ini.read_string(files["platformio.ini"])
    section = dict(ini["env:esp32cam"])
    assert section["platform"] == "espressif32@6.13.0"
    assert (section["board"], section["framework"]) == ("esp32cam", "espidf")
    assert ("esp-tflite-micro" in files["src/idf_component.yml"]) == (runtime == "tflm")
    assert "espressif/esp32-camera" in files["src/idf_component.yml"]


def test_other_boards_have_no_platformio_project():
    assert project_files(load_board("sim")) == {}
