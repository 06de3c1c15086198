"""The ESP32-CAM's sources compile in form against stand-ins of ESP-IDF's headers; its project is complete.

They have never run on silicon: nothing here can tell whether they would.
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
from host_tools.toolchains import find_toolchain, host_compiler

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "esp_idf"
BOARD = firmware.ROOT / "boards" / "esp32cam"


def compilers() -> list[str]:
    found = [host_compiler()]
    with contextlib.suppress(ToolError):
        found.append(find_toolchain("xtensa-lx").cc)
    return found


@pytest.mark.parametrize(
    "source", sorted(BOARD.glob("*.c")) + sorted((firmware.ROOT / "src").glob("*.c")), ids=lambda p: p.name
)
def test_sources_compile_against_the_api(source):
    facts = [f"-D{name}={value}" for name, value in board_defines(load_board("esp32cam")).items()]
    include = [f"-I{path}" for path in (firmware.ROOT / "include", firmware.ROOT / "src", BOARD, FAKES)]
    flags = [
        "-std=gnu17",
        "-fsyntax-only",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-Wno-sign-conversion",
        "-Werror",
    ]
    for cc in compilers():
        more = []
        if "lx106" in cc:  # that compiler has no C library, so no stdio.h
            if source.parent == BOARD:
                continue
            more = ["-ffreestanding", f"-I{firmware.ROOT / 'boards' / 'qemu-xtensa' / 'lx106'}"]
        subprocess.run([cc, *flags, *more, *facts, *include, str(source)], check=True)


def test_every_pin_is_used_and_every_used_pin_is_given():
    board = load_board("esp32cam")
    text = "".join(path.read_text(encoding="utf-8") for path in BOARD.glob("*.c"))
    used = set(re.findall(r"TINYFACE_PIN_(\w+)", text))
    assert used == {name.upper() for name in board.pins} - {"FLASH_LED"}
    assert (board.pins["xclk"], board.pins["pclk"], board.pins["sccb_sda"]) == (0, 22, 26)


@pytest.mark.parametrize("runtime", ["aot", "tflm"])
def test_the_project_is_complete(runtime):
    files = project_files(load_board("esp32cam"), runtime)
    assert set(files) == {
        "CMakeLists.txt",
        "README.md",
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
